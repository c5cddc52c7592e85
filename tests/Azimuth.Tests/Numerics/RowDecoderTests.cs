using System.Buffers.Binary;
using System.Runtime.InteropServices;
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
            AssertSame(Oracle(type, bytes, 65536), found, type);
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
            AssertSame(Oracle(type, bytes, count), found, type);
        }
    }

    [Theory]
    [InlineData("BF16", TensorType.BF16)]
    [InlineData("Q8_0", TensorType.Q8_0)]
    [InlineData("Q4_0", TensorType.Q4_0)]
    [InlineData("Q4_1", TensorType.Q4_1)]
    public void Reference_blocks_give_the_reference_floats(string name, TensorType type)
    {
        foreach (string kind in new[] { "random", "wpe" })
        {
            byte[] bytes = File.ReadAllBytes(TestFiles.Shared("data", "gguf-conformance", "dequantize", $"{name}.{kind}.bin"));
            float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(TestFiles.Shared("data", "gguf-conformance", "dequantize", $"{name}.{kind}.f32"))).ToArray();
            var found = new float[expected.Length];
            RowDecoder.Decode(type, bytes, found);
            AssertSame(expected, found, type);
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

    private static void AssertSame(float[] expected, float[] found, TensorType type)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = float.IsNaN(expected[i]) ? float.IsNaN(found[i]) : BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(found[i]);
            Assert.True(same, $"{type}: value {i} is {found[i]:R}, expected {expected[i]:R}");
        }
    }
}
