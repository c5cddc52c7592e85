namespace Azimuth.Numerics;

/// <summary>The matrix product of the whole library.</summary>
public static class MatrixProduct
{
    /// <summary>
    /// output[r, o] = Σₖ input[r, k] · weights[o, k] (+ bias[o]); input [rows, inputs], output [rows, outputs], both row-major.
    /// Each output's order of summation depends only on the number of inputs and the stored type: never on the number of rows, of
    /// outputs or of threads, so one row alone and the same row in a batch give the same bits.
    /// </summary>
    /// <param name="input">[rows, inputs].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="weights">Packed weights.</param>
    /// <param name="bias">[outputs], or empty for none.</param>
    /// <param name="output">[rows, outputs], overwritten.</param>
    /// <param name="workers">The threads to use.</param>
    public static void Multiply(ReadOnlySpan<float> input, int rows, PackedMatrix weights, ReadOnlySpan<float> bias, Span<float> output, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(weights);
        int n = weights.Outputs, k = weights.Inputs;
        if (input.Length != (long)rows * k || output.Length != (long)rows * n || (bias.Length != 0 && bias.Length != n))
            throw new ArgumentException($"input [{rows}, {k}], output [{rows}, {n}] and bias [{n}] expected, found {input.Length}, {output.Length} and {bias.Length} values");
        for (int r = 0; r < rows; r++)
        {
            for (int o = 0; o < n; o++)
                output[r * n + o] = Vectors.Dot(input.Slice(r * k, k), weights.Values.AsSpan(o * k, k)) + (bias.IsEmpty ? 0 : bias[o]);
        }
    }
}
