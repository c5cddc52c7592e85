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
    public void Prepare(Workers workers) =>
        _packed ??= PackedMatrix.Pack(_parts.Count == 1 ? _parts[0] : Stack(_parts), _layout, _rowOrder, workers);

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

    private PackedMatrix Packed => _packed ?? throw new InvalidOperationException("the matrix has not been packed");

    /// <summary>The parts one below the other; in their own type when they share it, else widened.</summary>
    private static StoredMatrix Stack(IReadOnlyList<StoredMatrix> parts)
    {
        long rows = parts.Sum(part => part.Rows);
        TensorType type = parts[0].Type;
        if (parts.Any(part => part.Type != type))
        {
            var widened = new float[checked(rows * parts[0].Columns)];
            int row = 0;
            foreach (StoredMatrix part in parts)
            {
                part.ReadRows(0, (int)part.Rows, widened.AsSpan(row * part.Columns, (int)part.Rows * part.Columns));
                row += (int)part.Rows;
            }

            return StoredMatrix.FromFloats(widened, rows, parts[0].Columns);
        }

        var bytes = new byte[checked(parts.Sum(part => part.Bytes.Length))];
        int at = 0;
        foreach (StoredMatrix part in parts)
        {
            part.Bytes.Span(0, checked((int)part.Bytes.Length)).CopyTo(bytes.AsSpan(at));
            at += (int)part.Bytes.Length;
            GC.KeepAlive(part.Bytes);
        }

        return new StoredMatrix(type, rows, parts[0].Columns, StoredBytes.FromBytes(bytes));
    }
}
