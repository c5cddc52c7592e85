using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Training.LanguageModels;

/// <summary>A matrix with its bias that is trained: one product of all rows forward, one for each gradient. Packed again after every update.</summary>
/// <param name="weight">[outputs, inputs] or [inputs, outputs].</param>
/// <param name="bias">[outputs], or null.</param>
/// <param name="outputs">Width of an output row.</param>
/// <param name="inputs">Width of an input row.</param>
/// <param name="layout">How the weight lies.</param>
internal sealed class TrainedLinear(ParameterBlock weight, ParameterBlock? bias, int outputs, int inputs, WeightLayout layout)
{
    private readonly StoredMatrix _stored = layout == WeightLayout.OutputsByInputs
        ? StoredMatrix.OverPinned(weight.Values, outputs, inputs)
        : StoredMatrix.OverPinned(weight.Values, inputs, outputs);

    private PackedMatrix? _forward, _backward;

    /// <summary>Width of an output row.</summary>
    public int Outputs => outputs;

    /// <summary>Width of an input row.</summary>
    public int Inputs => inputs;

    /// <summary>Packs the weights as they are now, for the forward pass and for the gradient of the inputs.</summary>
    public void Pack(Workers workers)
    {
        WeightLayout across = layout == WeightLayout.OutputsByInputs ? WeightLayout.InputsByOutputs : WeightLayout.OutputsByInputs;
        if (_forward is null || _backward is null)
        {
            _forward = PackedMatrix.Pack(_stored, layout, workers: workers);
            _backward = PackedMatrix.Pack(_stored, across, workers: workers);
            return;
        }

        _forward.Refill(_stored, layout, workers);
        _backward.Refill(_stored, across, workers);
    }

    /// <summary>output [rows, outputs] = input [rows, inputs] · Wᵀ + b.</summary>
    public void Forward(ReadOnlySpan<float> input, int rows, Span<float> output, Workers workers) =>
        MatrixProduct.Multiply(input[..(rows * inputs)], rows, _forward!, bias is null ? default : bias.Values.AsSpan(), output[..(rows * outputs)], workers);

    /// <summary>dX [rows, inputs] = dY · W.</summary>
    public void InputGradient(ReadOnlySpan<float> outputGradient, int rows, Span<float> inputGradient, Workers workers) =>
        MatrixProduct.Multiply(outputGradient[..(rows * outputs)], rows, _backward!, default, inputGradient[..(rows * inputs)], workers);

    /// <summary>dW += dYᵀ · X, db += Σ dY, where they train.</summary>
    /// <param name="input">[rows, inputs].</param>
    /// <param name="outputGradient">[rows, outputs].</param>
    /// <param name="rows">Rows of both.</param>
    /// <param name="workers">Threads.</param>
    public void WeightGradient(float[] input, float[] outputGradient, int rows, Workers workers)
    {
        if (weight.Gradient is { } gradient)
        {
            StridedMatrix x = StridedMatrix.Of(input, inputs), dy = StridedMatrix.Of(outputGradient, outputs);
            if (layout == WeightLayout.OutputsByInputs)
                StridedProduct.Multiply(dy.Transposed, x, StridedMatrix.Of(gradient, inputs), outputs, inputs, rows, adds: true, workers);
            else
                StridedProduct.Multiply(x.Transposed, dy, StridedMatrix.Of(gradient, outputs), inputs, outputs, rows, adds: true, workers);
        }

        if (bias?.Gradient is { } biasGradient)
            ColumnSums.Add(outputGradient, rows, outputs, biasGradient, workers);
    }
}

/// <summary>Sums of columns, in an order that depends only on the number of rows.</summary>
internal static class ColumnSums
{
    private const int Rows = 256;

    /// <summary>sums[c] += Σ rows[r, c]: chunks of rows by themselves, then their sums in order.</summary>
    public static void Add(float[] values, int rows, int width, float[] sums, Workers workers)
    {
        int chunks = (rows + Rows - 1) / Rows;
        float[] partial = System.Buffers.ArrayPool<float>.Shared.Rent(chunks * width);
        workers.Run(chunks, chunk =>
        {
            Span<float> sum = partial.AsSpan(chunk * width, width);
            sum.Clear();
            for (int r = chunk * Rows; r < Math.Min(rows, (chunk + 1) * Rows); r++)
                TensorPrimitives.Add(sum, values.AsSpan(r * width, width), sum);
        });
        for (int chunk = 0; chunk < chunks; chunk++)
            TensorPrimitives.Add(sums, partial.AsSpan(chunk * width, width), sums);
        System.Buffers.ArrayPool<float>.Shared.Return(partial);
    }
}
