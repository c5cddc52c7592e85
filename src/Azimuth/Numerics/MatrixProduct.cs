using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Azimuth.Numerics;

/// <summary>The matrix product of the whole library.</summary>
public static unsafe class MatrixProduct
{
    /// <summary>
    /// Inputs summed as one chain of fused multiply-adds; the sums of the blocks are added in order. Part of the definition of the result: every kernel keeps to it.
    /// </summary>
    internal const int InputBlock = 256;

    /// <summary>
    /// output[r, o] = Σₖ input[r, k] · weights[o, k] (+ bias[o]); input [rows, inputs], output [rows, outputs], both row-major.
    /// Each output's order of summation depends only on the number of inputs and the stored type: never on the number of rows, of
    /// outputs or of threads, so one row alone and the same row in a batch give the same bits.
    /// </summary>
    /// <param name="input">[rows, inputs].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="weights">Packed weights.</param>
    /// <param name="bias">[outputs], or empty for none.</param>
    /// <param name="output">[rows, outputs], overwritten; may not overlap the input.</param>
    /// <param name="workers">The threads to use.</param>
    /// <remarks>
    /// NaN and infinity follow IEEE 754: a NaN in an input row reaches that row's outputs, one in a weight the outputs it belongs to, and nothing else.
    /// </remarks>
    /// <exception cref="ArgumentException">A span of another length than the shapes need.</exception>
    public static void Multiply(ReadOnlySpan<float> input, int rows, PackedMatrix weights, ReadOnlySpan<float> bias, Span<float> output, Workers workers) =>
        Multiply(input, rows, weights, bias, output, workers, Widest);

    internal static VectorWidth Widest =>
        Avx512F.IsSupported && Vector512.IsHardwareAccelerated ? VectorWidth.Bits512 : Vector128.IsHardwareAccelerated ? VectorWidth.Bits256 : VectorWidth.Scalar;

    /// <summary>The same with a chosen kernel; all give the same bits.</summary>
    internal static void Multiply(
        ReadOnlySpan<float> input, int rows, PackedMatrix weights, ReadOnlySpan<float> bias, Span<float> output, Workers workers, VectorWidth width)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        int n = weights.Outputs, k = weights.Inputs;
        if (input.Length != (long)rows * k || output.Length != (long)rows * n || (bias.Length != 0 && bias.Length != n))
            throw new ArgumentException($"input [{rows}, {k}], output [{rows}, {n}] and bias [{n}] expected, found {input.Length}, {output.Length} and {bias.Length} values");
        if (rows == 0 || n == 0)
            return;
        fixed (float* x = input, y = output, b = bias)
        {
            var product = new TiledProduct(x, rows, weights, bias.IsEmpty ? null : b, y, width);
            if (product.IsFewRows)
                product.RunFewRows(workers);
            else
                product.Run(workers);
        }

        GC.KeepAlive(weights);
    }
}

/// <summary>The kernels of the matrix product.</summary>
internal enum VectorWidth
{
    /// <summary>One value at a time.</summary>
    Scalar,

    /// <summary>8 floats.</summary>
    Bits256,

    /// <summary>16 floats.</summary>
    Bits512,
}
