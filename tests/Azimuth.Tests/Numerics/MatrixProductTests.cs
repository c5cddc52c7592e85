using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Azimuth.Numerics;

namespace Azimuth.Tests.Numerics;

public class MatrixProductTests
{
    private static readonly TensorType[] Types = [TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.F64, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1];

    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 1, 32, 256 }, { 1, 33, 257 }, { 2, 15, 31 }, { 3, 17, 64 }, { 4, 31, 300 }, { 5, 65, 512 }, { 7, 64, 513 }, { 8, 1, 1000 },
        { 9, 100, 33 }, { 10, 96, 96 }, { 11, 47, 260 }, { 12, 32, 256 }, { 13, 129, 767 }, { 25, 50, 576 }, { 241, 70, 288 }, { 1, 577, 1 },
        { 1, 70, 800 }, { 17, 40, 300 }, { 18, 100, 512 }, { 19, 70, 1024 }, { 22, 64, 544 }, { 24, 33, 512 }, { 150, 70, 576 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_kernel_thread_count_and_batch_gives_the_bits_of_the_scalar_oracle(int rows, int outputs, int inputs)
    {
        using var one = new Workers(1);
        using var three = new Workers(3);
        float[] input = GramTests.RandomFloats(rows * inputs, 1), bias = GramTests.RandomFloats(outputs, 2);
        foreach (var type in Types)
        {
            int k = inputs / type.BlockLength() * type.BlockLength();
            var x = input.AsSpan(0, rows * k).ToArray();
            var weights = RandomStored(type, outputs, k, 3);
            var packed = PackedMatrix.Pack(weights);
            float[] expected = Oracle(x, rows, weights, bias);
            foreach (var width in new[] { VectorWidth.Scalar, VectorWidth.Bits256, VectorWidth.Bits512 })
            {
                foreach (var workers in new[] { one, three })
                {
                    var output = new float[rows * outputs];
                    MatrixProduct.Multiply(x, rows, packed, bias, output, workers, width);
                    AssertSameBits(expected, output, $"{type} {width} {workers.ThreadCount} threads");
                }
            }

            var alone = new float[rows * outputs];
            for (int r = 0; r < rows; r++)
                MatrixProduct.Multiply(x.AsSpan(r * k, k), 1, packed, bias, alone.AsSpan(r * outputs, outputs), three);
            AssertSameBits(expected, alone, $"{type} row by row");
        }
    }

    /// <summary>Inputs that are copied into tiles come in blocks of rows when there are many.</summary>
    [Fact]
    public void More_rows_than_are_copied_at_a_time_give_the_bits_of_each_row_alone()
    {
        const int Rows = 16_400, Inputs = 512, Outputs = 5;
        using var workers = new Workers(2);
        var random = new SeededRandom(6);
        var packed = PackedMatrix.Pack(StoredMatrix.FromFloats([.. Enumerable.Range(0, Outputs * Inputs).Select(_ => (float)random.NextDouble())], Outputs, Inputs));
        float[] input = [.. Enumerable.Range(0, Rows * Inputs).Select(_ => (float)(random.NextDouble() - 0.5))], output = new float[Rows * Outputs], alone = new float[Outputs];
        MatrixProduct.Multiply(input, Rows, packed, [], output, workers);
        foreach (int row in new[] { 0, 11, 12, 16_367, 16_368, 16_379, 16_380, 16_399 })
        {
            MatrixProduct.Multiply(input.AsSpan(row * Inputs, Inputs), 1, packed, [], alone, workers);
            Assert.Equal(alone, output[(row * Outputs)..((row + 1) * Outputs)]);
        }
    }

    [Fact]
    public void The_product_is_the_mathematical_one_to_single_precision()
    {
        const int rows = 7, outputs = 45, inputs = 1000;
        using var workers = new Workers(2);
        float[] input = GramTests.RandomFloats(rows * inputs, 1), values = GramTests.RandomFloats(outputs * inputs, 2);
        var output = new float[rows * outputs];
        MatrixProduct.Multiply(input, rows, PackedMatrix.Pack(StoredMatrix.FromFloats(values, outputs, inputs)), [], output, workers);
        for (int r = 0; r < rows; r++)
        {
            for (int o = 0; o < outputs; o++)
            {
                double expected = 0, magnitudes = 0;
                for (int k = 0; k < inputs; k++)
                {
                    double product = (double)input[r * inputs + k] * values[o * inputs + k];
                    expected += product;
                    magnitudes += Math.Abs(product);
                }

                // A chain of at most 256 + 4 roundings, each at most 2⁻²⁴ of the magnitudes so far.
                Assert.Equal(expected, output[r * outputs + o], 260 * Math.ScaleB(1, -24) * magnitudes);
            }
        }
    }

    [Fact]
    public void Both_layouts_give_the_same_bits_for_types_that_keep_their_values()
    {
        const int outputs = 75, inputs = 64, rows = 3;
        using var workers = new Workers(2);
        float[] input = GramTests.RandomFloats(rows * inputs, 1);
        foreach (var type in Types)
        {
            // The transposed matrix is in blocks along the outputs, so it is made from what was decoded.
            int n = type.BlockLength() == 1 ? outputs : 96;
            var stored = RandomStored(type, inputs, n, 5); // [inputs, outputs]
            var transposed = new float[n * inputs];
            for (int k = 0; k < inputs; k++)
            {
                float[] row = stored.Row(k);
                for (int o = 0; o < n; o++)
                    transposed[o * inputs + k] = row[o];
            }

            float[] expected = new float[rows * n], found = new float[rows * n];
            MatrixProduct.Multiply(input, rows, PackedMatrix.Pack(StoredMatrix.FromFloats(transposed, n, inputs)), [], expected, workers);
            MatrixProduct.Multiply(input, rows, PackedMatrix.Pack(stored, WeightLayout.InputsByOutputs, null, workers), [], found, workers);
            AssertSameBits(expected, found, $"{type}");
        }
    }

    [Theory]
    [InlineData(WeightLayout.OutputsByInputs)]
    [InlineData(WeightLayout.InputsByOutputs)]
    public void Chosen_outputs_come_in_the_chosen_order(WeightLayout layout)
    {
        const int outputs = 128, inputs = 96, rows = 2;
        using var workers = new Workers(2);
        float[] input = GramTests.RandomFloats(rows * inputs, 1);
        int[] chosen = [.. Enumerable.Range(0, 77).Select(i => (i * 37 + 5) % outputs)];
        foreach (var type in Types)
        {
            var stored = layout == WeightLayout.OutputsByInputs ? RandomStored(type, outputs, inputs, 6) : RandomStored(type, inputs, outputs, 6);
            float[] all = new float[rows * outputs], some = new float[rows * chosen.Length];
            MatrixProduct.Multiply(input, rows, PackedMatrix.Pack(stored, layout), [], all, workers);
            MatrixProduct.Multiply(input, rows, PackedMatrix.Pack(stored, layout, chosen), [], some, workers);
            for (int r = 0; r < rows; r++)
            {
                for (int i = 0; i < chosen.Length; i++)
                    Assert.Equal(all[r * outputs + chosen[i]], some[r * chosen.Length + i]);
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => PackedMatrix.Pack(RandomStored(TensorType.F32, 4, 4, 1), layout, [4]));
    }

    [Fact]
    public void Packing_keeps_the_stored_size()
    {
        foreach (var type in Types.Where(t => t is not (TensorType.F64 or TensorType.Q4_0)))
        {
            var stored = RandomStored(type, 64, 64, 1);
            Assert.Equal(stored.Bytes.Length, PackedMatrix.Pack(stored).SizeBytes);
            Assert.Equal(type, PackedMatrix.Pack(stored).Type);
        }

        Assert.Equal(TensorType.Q4_1, PackedMatrix.Pack(RandomStored(TensorType.Q4_0, 64, 64, 1)).Type);
    }

    [Theory]
    [InlineData(0x0001)] // the smallest subnormal scale
    [InlineData(0x8001)]
    [InlineData(0x6FFF)] // the largest with −8 · scale a half
    [InlineData(0x7000)] // 8192
    [InlineData(0x7BFF)]
    [InlineData(0xFBFF)]
    [InlineData(0x7C00)] // infinite
    public void Blocks_around_eight_multiply_the_same_whatever_their_scale(int scale)
    {
        using var one = new Workers(1);
        var bytes = new byte[2 * 18];
        new Random(scale).NextBytes(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)scale);
        BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(18), (Half)0.5f);
        var weights = new StoredMatrix(TensorType.Q4_0, 2, 32, StoredBytes.FromBytes(bytes));
        float[] input = GramTests.RandomFloats(32, 1), bias = new float[2], found = new float[2];
        MatrixProduct.Multiply(input, 1, PackedMatrix.Pack(weights), bias, found, one);
        AssertSameBits(Oracle(input, 1, weights, bias), found, $"scale {scale:X4}");
    }

    [Fact]
    public void Not_a_number_reaches_its_own_row_or_output_only()
    {
        const int rows = 14, outputs = 40, inputs = 64;
        using var workers = new Workers(2);
        float[] input = GramTests.RandomFloats(rows * inputs, 1), values = GramTests.RandomFloats(outputs * inputs, 2);
        input[13 * inputs + 5] = float.NaN;
        values[33 * inputs + 60] = float.PositiveInfinity;
        var output = new float[rows * outputs];
        MatrixProduct.Multiply(input, rows, PackedMatrix.Pack(StoredMatrix.FromFloats(values, outputs, inputs)), [], output, workers);
        for (int r = 0; r < rows; r++)
        {
            for (int o = 0; o < outputs; o++)
            {
                float value = output[r * outputs + o];
                Assert.True(r == 13 ? float.IsNaN(value) : o == 33 ? float.IsInfinity(value) : float.IsFinite(value), $"[{r}, {o}] is {value}");
            }
        }
    }

    [Fact]
    public void No_rows_no_outputs_and_no_inputs_are_products_too()
    {
        using var workers = new Workers(2);
        foreach (int rows in new[] { 1, 5 })
        {
            MatrixProduct.Multiply([], 0, PackedMatrix.Pack(RandomStored(TensorType.F32, 3, 4, 1)), [], [], workers);
            MatrixProduct.Multiply(new float[rows * 4], rows, PackedMatrix.Pack(RandomStored(TensorType.F32, 0, 4, 1)), [], [], workers);
            var output = new float[rows * 3];
            Array.Fill(output, 9);
            MatrixProduct.Multiply([], rows, PackedMatrix.Pack(RandomStored(TensorType.F32, 3, 0, 1)), [1, 2, 3], output, workers);
            for (int i = 0; i < output.Length; i++)
                Assert.Equal(1 + i % 3, output[i]);
        }
    }

    [Fact]
    public void Spans_of_another_length_are_refused()
    {
        using var workers = new Workers(1);
        var weights = PackedMatrix.Pack(RandomStored(TensorType.F32, 3, 4, 1));
        Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(new float[4], 2, weights, [], new float[6], workers));
        Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(new float[8], 2, weights, [], new float[5], workers));
        Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(new float[8], 2, weights, new float[2], new float[6], workers));
    }

    /// <summary>Random finite numbers in any stored type.</summary>
    internal static StoredMatrix RandomStored(TensorType type, int rows, int columns, int seed)
    {
        float[] values = GramTests.RandomFloats(rows * columns, seed);
        var random = new Random(seed);
        var bytes = new byte[(long)rows * columns / type.BlockLength() * type.BlockBytes()];
        if (type == TensorType.F32)
            MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(bytes);
        else if (type.BlockLength() == 1)
        {
            for (int i = 0; i < values.Length; i++)
            {
                if (type == TensorType.F64)
                    BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8 * i), values[i] + random.NextDouble() * 1e-9);
                else if (type == TensorType.F16)
                    BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(2 * i), (Half)values[i]);
                else
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16));
            }
        }
        else
        {
            random.NextBytes(bytes);
            for (int block = 0; block < bytes.Length; block += type.BlockBytes())
            {
                BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(block), (Half)(random.NextDouble() * 0.1));
                if (type == TensorType.Q4_1)
                    BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(block + 2), (Half)(random.NextDouble() - 0.5));
            }
        }

        return new StoredMatrix(type, rows, columns, StoredBytes.FromBytes(bytes));
    }

    /// <summary>The definition: chains of 256 fused multiply-adds over the decoded weights, the chains' sums added in order, then the bias.</summary>
    private static float[] Oracle(float[] input, int rows, StoredMatrix weights, float[] bias)
    {
        int outputs = (int)weights.Rows, inputs = weights.Columns;
        var output = new float[rows * outputs];
        for (int o = 0; o < outputs; o++)
        {
            float[] w = weights.Row(o);
            for (int r = 0; r < rows; r++)
            {
                float total = inputs == 0 ? 0 : -0f;
                for (int from = 0; from < inputs; from += 256)
                {
                    float sum = 0;
                    for (int k = from; k < Math.Min(inputs, from + 256); k++)
                        sum = MathF.FusedMultiplyAdd(input[r * inputs + k], w[k], sum);
                    total += sum;
                }

                output[r * outputs + o] = total + bias[o];
            }
        }

        return output;
    }

    private static void AssertSameBits(float[] expected, float[] found, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(found[i]),
                $"{what}: value {i} of {expected.Length} is {found[i]:R}, the oracle has {expected[i]:R}");
        }
    }
}
