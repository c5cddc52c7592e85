using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Training.LanguageModels;

/// <summary>What a trained tensor is for: which optimiser moves it, and whether it trains at all.</summary>
internal enum ParameterRole
{
    /// <summary>The table of tokens, at the input or the output.</summary>
    Table,

    /// <summary>The table of positions.</summary>
    Positions,

    /// <summary>A matrix of a block.</summary>
    Matrix,

    /// <summary>A bias, of a matrix, a norm or the logits.</summary>
    Bias,

    /// <summary>A norm's gain.</summary>
    Gain,
}

/// <summary>Weights that are used as one matrix or vector, and their gradient. Tensors that a file keeps apart (queries, keys, values) lie in it one behind the other.</summary>
internal sealed class ParameterBlock
{
    public ParameterBlock(int count, bool trains)
    {
        Values = GC.AllocateArray<float>(count, pinned: true);
        Gradient = trains ? new float[count] : null;
    }

    /// <summary>The weights, at one address for good.</summary>
    public float[] Values { get; }

    /// <summary>The gradient, added up since it was last cleared; null where nothing is trained.</summary>
    public float[]? Gradient { get; }
}

/// <summary>A tensor of the checkpoint: a part of a block.</summary>
/// <param name="Name">Its whole name in the file.</param>
/// <param name="Shape">Slowest dimension first.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Block">Where it lies.</param>
/// <param name="Offset">Its first value there.</param>
internal sealed record ParameterTensor(string Name, IReadOnlyList<long> Shape, ParameterRole Role, ParameterBlock Block, int Offset)
{
    /// <summary>The values that move, where only some rows of a table do; null for all.</summary>
    public (int From, int End)? Moves { get; init; }

    /// <summary>Which row of the file makes each row of the block, where a family keeps queries, keys and values in an order of its own; null for the same.</summary>
    public int[]? RowOrder { get; init; }

    /// <summary>True for matrices whose result is added to the residual stream.</summary>
    public bool WritesToStream { get; init; }

    /// <summary>True for a gain that is stored as its difference from one.</summary>
    public bool GainIsOffset { get; init; }

    /// <summary>The product of the dimensions.</summary>
    public int Length { get; } = checked((int)TensorInfo.Product(Shape));

    /// <summary>Its weights.</summary>
    public Span<float> Values => Block.Values.AsSpan(Offset, Length);

    /// <summary>Its gradient; empty where it is frozen.</summary>
    public Span<float> Gradient => Block.Gradient is { } gradient ? gradient.AsSpan(Offset, Length) : default;

    /// <summary>True where it is moved by training.</summary>
    public bool Trains => Block.Gradient is not null;

    /// <summary>Takes the weights from a checkpoint, widened.</summary>
    public void Read(Checkpoint checkpoint)
    {
        if (Shape.Count == 1)
        {
            Arrange(checkpoint.Vector(Name, Length), 1, Values);
            return;
        }

        int columns = checked((int)Shape[1]);
        StoredMatrix stored = checkpoint.Matrix(Name);
        var row = new float[columns];
        for (int r = 0; r < Shape[0]; r++)
            stored.ReadRow(RowOrder?[r] ?? r, Values.Slice(r * columns, columns));
    }

    /// <summary>Values of the block's order in the file's order.</summary>
    public float[] InFileOrder(ReadOnlySpan<float> values)
    {
        if (RowOrder is null)
            return values.ToArray();
        int columns = Length / RowOrder.Length;
        var result = new float[Length];
        for (int r = 0; r < RowOrder.Length; r++)
            values.Slice(r * columns, columns).CopyTo(result.AsSpan(RowOrder[r] * columns));
        return result;
    }

    private void Arrange(ReadOnlySpan<float> file, int columns, Span<float> block)
    {
        if (RowOrder is null)
        {
            file.CopyTo(block);
            return;
        }

        for (int r = 0; r < RowOrder.Length; r++)
            file.Slice(RowOrder[r] * columns, columns).CopyTo(block.Slice(r * columns, columns));
    }
}
