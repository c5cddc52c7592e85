using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Azimuth.Numerics;
using Azimuth.Quantization;

namespace Azimuth.Tests.Quantization;

public class RowEncoderTests
{
    private static readonly TensorType[] Types = [TensorType.F32, TensorType.F64, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1];

    [Theory]
    [InlineData("BF16", TensorType.BF16)]
    [InlineData("Q8_0", TensorType.Q8_0)]
    [InlineData("Q4_0", TensorType.Q4_0)]
    [InlineData("Q4_1", TensorType.Q4_1)]
    public void Real_rows_give_the_reference_s_bytes(string name, TensorType type)
    {
        string folder = TestFiles.Shared("data", "gguf-conformance", "dequantize");
        float[] source = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, "source_gpt2_wpe_rows1-4.f32"))).ToArray();
        byte[] expected = File.ReadAllBytes(Path.Combine(folder, name + ".wpe.bin")), found = new byte[expected.Length];
        RowEncoder.Encode(type, source, found);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Every_half_and_every_bfloat_is_written_back_as_it_was_read()
    {
        var bytes = new byte[2 * 65536];
        for (int i = 0; i < 65536; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)i);
        foreach (var type in new[] { TensorType.F16, TensorType.BF16 })
        {
            float[] values = new float[65536], again = new float[65536];
            var written = new byte[bytes.Length];
            RowDecoder.Decode(type, bytes, values);
            RowEncoder.Encode(type, values, written);
            RowDecoder.Decode(type, written, again);
            Assert.Equal(values, again); // NaN stays NaN, with whichever bits
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-45f)]
    [InlineData(-1e-40f)]
    [InlineData(1e-7f)]
    public void Blocks_too_small_for_a_scale_become_finite(float value)
    {
        foreach (var type in Types)
        {
            float[] values = new float[32], found = new float[32];
            Array.Fill(values, value);
            var bytes = new byte[32 / type.BlockLength() * type.BlockBytes()];
            RowEncoder.Encode(type, values, bytes);
            RowDecoder.Decode(type, bytes, found);
            Assert.All(found, f => Assert.True(float.IsFinite(f) && Math.Abs(f - value) <= 1e-6f, $"{type}: {value:g9} became {f:g9}"));
        }
    }

    [Fact]
    public void What_was_restored_is_stored_without_further_loss()
    {
        // A block's largest code is that of the value its scale came from, so a second pass finds the same codes; halves make the scale differ by one step at most.
        var random = new Random(5);
        foreach (var type in new[] { TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1 })
        {
            float[] values = new float[3200], once = new float[3200], twice = new float[3200];
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)(random.NextDouble() - 0.5);
            var bytes = new byte[3200 / 32 * type.BlockBytes()];
            RowEncoder.Encode(type, values, bytes);
            RowDecoder.Decode(type, bytes, once);
            RowEncoder.Encode(type, once, bytes);
            RowDecoder.Decode(type, bytes, twice);
            double first = values.Zip(once, (a, b) => Math.Abs(a - b)).Max(), second = once.Zip(twice, (a, b) => Math.Abs(a - b)).Max();
            Assert.True(first > 0 && second <= first / 16, $"{type}: first loss {first:g3}, second {second:g3}");
        }
    }

    [Fact]
    public void Partial_blocks_short_destinations_and_whole_number_types_are_refused()
    {
        Assert.Throws<ArgumentException>(() => RowEncoder.Encode(TensorType.Q4_0, new float[33], new byte[100]));
        Assert.Throws<ArgumentException>(() => RowEncoder.Encode(TensorType.Q8_0, new float[32], new byte[33]));
        Assert.Throws<ArgumentException>(() => RowEncoder.Encode(TensorType.I32, new float[2], new byte[8]));
    }
}
