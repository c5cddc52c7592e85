using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Tests.Numerics;

public class RowDecoderTests
{
    private static readonly TensorType[] Types = [TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.F64, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1];

    [Fact]
    public void Every_16_bit_pattern_is_read_exactly()
    {
        var bytes = new byte[2 * 65536];
        for (int i = 0; i < 65536; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)i);
        foreach (var type in new[] { TensorType.F16, TensorType.BF16 })
        {
            var found = new float[65536];
            RowDecoder.Decode(type, bytes, found);
            AssertSame(Oracle(type, bytes, 65536), found, $"{type}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(96)]
    [InlineData(1000)]
    public void Every_type_and_length_agrees_with_the_scalar_oracle(int length)
    {
        foreach (var type in Types)
        {
            int count = length / type.BlockLength() * type.BlockLength();
            var bytes = new byte[count / type.BlockLength() * type.BlockBytes()];
            // Any bits: NaN, infinities and subnormal scales are among them.
            new Random(length).NextBytes(bytes);
            var found = new float[count];
            RowDecoder.Decode(type, bytes, found);
            AssertSame(Oracle(type, bytes, count), found, $"{type}");
        }
    }

    /// <summary>The reference has no decoder for Q8_1 and Q8_K, which stand in no file: they hold activations while a product runs.</summary>
    [Fact]
    public void Reference_blocks_of_every_type_give_the_reference_floats()
    {
        string folder = TestFiles.Shared("data", "gguf-conformance", "dequantize");
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")));
        var missing = new List<string>();
        int files = 0;
        foreach (JsonElement entry in manifest.RootElement.EnumerateArray())
        {
            string name = entry.GetProperty("type").GetString()!;
            TensorType type = Enum.Parse<TensorType>(name);
            if (!entry.GetProperty("decode").GetBoolean())
            {
                missing.Add(name);
                continue;
            }

            Assert.Equal((entry.GetProperty("block").GetInt32(), entry.GetProperty("bytes").GetInt32()), (type.BlockLength(), type.BlockBytes()));
            foreach (string kind in new[] { "random", "wpe" })
            {
                string path = Path.Combine(folder, $"{name}.{kind}.bin");
                if (!File.Exists(path))
                    continue;
                byte[] bytes = File.ReadAllBytes(path);
                float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.ChangeExtension(path, ".f32"))).ToArray();
                var found = new float[expected.Length];
                RowDecoder.Decode(type, bytes, found);
                AssertSame(expected, found, $"{name}.{kind}");
                files++;
            }
        }

        Assert.Equal(["Q8_1", "Q8_K"], missing);
        Assert.Equal(Directory.GetFiles(folder, "*.bin").Length, files);
        TestContext.Current.TestOutputHelper?.WriteLine($"{files} files of {manifest.RootElement.GetArrayLength() - missing.Count} types, every value to the last bit");
    }

    [Fact]
    public void Types_that_the_reference_does_not_read_follow_their_definition()
    {
        var eighths = new byte[36];
        BinaryPrimitives.WriteHalfLittleEndian(eighths, (Half)0.125f);
        (eighths[4], eighths[35]) = (0x81, 0x7F);
        var values = new float[32];
        RowDecoder.Decode(TensorType.Q8_1, eighths, values);
        Assert.Equal((-15.875f, 0f, 15.875f), (values[0], values[1], values[31]));

        var wide = new byte[292];
        BinaryPrimitives.WriteSingleLittleEndian(wide, 0.1f);
        (wide[4], wide[259]) = (0xFF, 0x80);
        values = new float[256];
        RowDecoder.Decode(TensorType.Q8_K, wide, values);
        Assert.Equal((-0.1f, 0f, 0.1f * -128), (values[0], values[1], values[255]));

        byte[] bits = [0, 0x38, .. Enumerable.Repeat((byte)0b0000_0101, 16)]; // 0.5
        values = new float[128];
        RowDecoder.Decode(TensorType.Q1_0, bits, values);
        Assert.Equal([0.5f, -0.5f, 0.5f, -0.5f, -0.5f, -0.5f, -0.5f, -0.5f, 0.5f], values[..9]);

        byte[] pairs = [0, 0x38, .. Enumerable.Repeat((byte)0b11_10_01_00, 16)];
        values = new float[64];
        RowDecoder.Decode(TensorType.Q2_0, pairs, values);
        Assert.Equal([-0.5f, 0, 0.5f, 1, -0.5f], values[..5]);
    }

    [Fact]
    public void Any_block_of_any_type_is_read_and_counted_where_it_is_not_finite()
    {
        using var workers = new Workers(1);
        foreach (TensorType type in Enum.GetValues<TensorType>().Where(type => type.BlockLength() > 1))
        {
            var bytes = new byte[50 * type.BlockBytes()];
            new Random(7).NextBytes(bytes);
            var values = new float[50 * type.BlockLength()];
            RowDecoder.Decode(type, bytes, values);
            long expected = values.LongCount(value => !float.IsFinite(value));
            var found = NonFinite.Find(type, StoredBytes.FromBytes(bytes), workers);
            Assert.Equal(expected, found?.Count ?? 0);
            if (found is { } some)
                Assert.Equal(Array.FindIndex(values, value => !float.IsFinite(value)), some.FirstIndex);
        }
    }

    [Fact]
    public void Short_sources_partial_blocks_and_types_without_floats_are_refused()
    {
        Assert.Throws<ArgumentException>(() => RowDecoder.Decode(TensorType.F16, new byte[9], new float[5]));
        Assert.Throws<ArgumentException>(() => RowDecoder.Decode(TensorType.Q4_1, new byte[100], new float[33]));
        Assert.Throws<ArgumentException>(() => RowDecoder.Decode(TensorType.I32, new byte[100], new float[3]));
    }

    [Fact]
    public void Rows_read_together_are_the_rows_read_one_by_one()
    {
        foreach (var type in Types)
        {
            var matrix = MatrixProductTests.RandomStored(type, 9, 64, 2);
            var together = new float[4 * 64];
            matrix.ReadRows(3, 4, together);
            for (int r = 0; r < 4; r++)
                Assert.Equal(matrix.Row(3 + r), together[(r * 64)..((r + 1) * 64)]);
        }

        var small = MatrixProductTests.RandomStored(TensorType.F32, 3, 4, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => small.ReadRows(2, 2, new float[8]));
        Assert.Throws<ArgumentException>(() => small.ReadRows(1, 2, new float[7]));
    }

    private static float[] Oracle(TensorType type, byte[] bytes, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            var block = bytes.AsSpan(i / type.BlockLength() * type.BlockBytes(), type.BlockBytes());
            int at = i % type.BlockLength();
            values[i] = type switch
            {
                TensorType.F32 => BinaryPrimitives.ReadSingleLittleEndian(block),
                TensorType.F64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(block),
                TensorType.F16 => (float)BinaryPrimitives.ReadHalfLittleEndian(block),
                TensorType.BF16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(block) << 16),
                TensorType.Q8_0 => (float)BinaryPrimitives.ReadHalfLittleEndian(block) * (sbyte)block[2 + at],
                TensorType.Q4_0 => (float)BinaryPrimitives.ReadHalfLittleEndian(block) * ((at < 16 ? block[2 + at] & 15 : block[2 + at - 16] >> 4) - 8),
                _ => (float)BinaryPrimitives.ReadHalfLittleEndian(block) * (at < 16 ? block[4 + at] & 15 : block[4 + at - 16] >> 4)
                    + (float)BinaryPrimitives.ReadHalfLittleEndian(block[2..]),
            };
        }

        return values;
    }

    /// <summary>Equal bits; NaN of any bits.</summary>
    internal static void AssertSame(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, string what)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = float.IsNaN(expected[i]) ? float.IsNaN(found[i]) : BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(found[i]);
            Assert.True(same, $"{what}: value {i} is {found[i]:R}, expected {expected[i]:R}");
        }
    }
}
