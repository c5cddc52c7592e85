namespace Azimuth.Numerics;

/// <summary>How a weight matrix lies in its checkpoint.</summary>
public enum WeightLayout
{
    /// <summary>[outputs, inputs]: a row makes one output (torch.nn.Linear, GGUF).</summary>
    OutputsByInputs,

    /// <summary>[inputs, outputs]: GPT-2's Conv1D.</summary>
    InputsByOutputs,
}

/// <summary>
/// A weight matrix repacked once for the matrix product: output o is Σ over inputs of input·weight[o]. Immutable, safe for many threads.
/// </summary>
public sealed class PackedMatrix
{
    private PackedMatrix(int outputs, int inputs, float[] values) => (Outputs, Inputs, Values) = (outputs, inputs, values);

    /// <summary>Number of outputs n.</summary>
    public int Outputs { get; }

    /// <summary>Number of inputs k.</summary>
    public int Inputs { get; }

    internal float[] Values { get; } // [output, input]

    /// <summary>
    /// Packs <paramref name="weights"/>. <paramref name="outputRows"/> chooses and orders the outputs (part of a fused matrix, rows in another
    /// order); all of them in order when null.
    /// </summary>
    public static PackedMatrix Pack(StoredMatrix weights, WeightLayout layout = WeightLayout.OutputsByInputs, int[]? outputRows = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        int rows = checked((int)weights.Rows);
        var all = new float[checked(rows * weights.Columns)];
        weights.ReadRows(0, rows, all);
        bool straight = layout == WeightLayout.OutputsByInputs;
        int outputs = outputRows?.Length ?? (straight ? rows : weights.Columns), inputs = straight ? weights.Columns : rows;
        var packed = new float[checked(outputs * inputs)];
        for (int o = 0; o < outputs; o++)
        {
            int from = outputRows?[o] ?? o;
            for (int i = 0; i < inputs; i++)
                packed[o * inputs + i] = straight ? all[from * inputs + i] : all[i * weights.Columns + from];
        }

        return new PackedMatrix(outputs, inputs, packed);
    }
}
