using Azimuth.Numerics;

namespace Azimuth.Transformers.Weights;

/// <summary>
/// A weight matrix and its bias: output = input · Wᵀ + b. It may be made of several tensors stacked one below the other (queries, keys and values;
/// gate and up), so that one product does for all. Safe for many threads once prepared.
/// </summary>
internal sealed class Linear
{
    private readonly IReadOnlyList<StoredMatrix> _parts;
    private readonly WeightLayout _layout;
    private readonly int[]? _rowOrder;
    private PackedMatrix? _packed;

    /// <param name="parts">[outputs, inputs] each, or one [inputs, outputs].</param>
    /// <param name="layout">How the parts lie.</param>
    /// <param name="rowOrder">Which row of the stacked parts makes each output; null for all in order.</param>
    /// <param name="bias">[outputs] in the stacked parts' order, or null.</param>
    public Linear(IReadOnlyList<StoredMatrix> parts, WeightLayout layout = WeightLayout.OutputsByInputs, int[]? rowOrder = null, float[]? bias = null)
    {
        if (parts.Count > 1 && layout == WeightLayout.InputsByOutputs)
            throw new ArgumentException("matrices stored as [inputs, outputs] cannot be stacked", nameof(parts));
        (_parts, _layout, _rowOrder) = (parts, layout, rowOrder);
        Bias = bias is not null && rowOrder is not null ? [.. rowOrder.Select(row => bias[row])] : bias;
        bool straight = layout == WeightLayout.OutputsByInputs;
        Inputs = straight ? parts[0].Columns : checked((int)parts[0].Rows);
        Outputs = rowOrder?.Length ?? (straight ? checked((int)parts.Sum(part => part.Rows)) : parts[0].Columns);
    }

    /// <summary>Width of an input row.</summary>
    public int Inputs { get; }

    /// <summary>Width of an output row.</summary>
    public int Outputs { get; }

    /// <summary>[outputs], or null.</summary>
    public float[]? Bias { get; }

    /// <summary>Packs the matrix; the decoder does so for all of them before its first run, on one thread at a time.</summary>
    public void Prepare(Workers workers)
    {
        if (_packed is not null)
            return;
        if (_parts is [var only])
        {
            _packed = PackedMatrix.Pack(only, _layout, _rowOrder, workers);
            return;
        }

        StoredMatrix stacked = StoredMatrix.Stack(_parts, out IDisposable memory);
        using (memory)
            _packed = PackedMatrix.Pack(stacked, _layout, _rowOrder, workers);
    }

    /// <summary>output [rows, outputs] = input [rows, inputs] · Wᵀ + b.</summary>
    public void Apply(ReadOnlySpan<float> input, int rows, Span<float> output, Workers workers) =>
        MatrixProduct.Multiply(input, rows, Packed, Bias, output, workers);

    /// <summary>The same without the bias.</summary>
    public void ApplyWithoutBias(ReadOnlySpan<float> input, int rows, Span<float> output, Workers workers) =>
        MatrixProduct.Multiply(input, rows, Packed, default, output, workers);

    /// <summary>W · output: from [outputs] back to [inputs]. Reads the stored matrix; for one vector now and then.</summary>
    public float[] TransposedProduct(ReadOnlySpan<float> output)
    {
        var sums = new double[Inputs];
        var row = new float[Inputs];
        StoredMatrix stored = _parts is [var only] && _layout == WeightLayout.OutputsByInputs && _rowOrder is null
            ? only
            : throw new InvalidOperationException("only a plain matrix [outputs, inputs] is transposed");
        for (int o = 0; o < Outputs; o++)
        {
            stored.ReadRow(o, row);
            for (int i = 0; i < Inputs; i++)
                sums[i] += (double)output[o] * row[i];
        }

        return [.. sums.Select(sum => (float)sum)];
    }

    /// <summary>The packed matrix.</summary>
    public PackedMatrix Packed => _packed ?? throw new InvalidOperationException("the matrix has not been packed");
}
