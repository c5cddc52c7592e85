using Azimuth.Numerics;

namespace Azimuth.Checkpoints;

/// <summary>What a checkpoint's header says of one tensor. <paramref name="Shape"/> is in the usual order: slowest dimension first.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="Type">How its numbers are stored; null for a type that is known but not read, see <paramref name="TypeName"/>.</param>
/// <param name="TypeName">The type as the file spells it.</param>
/// <param name="Shape">Dimensions, slowest first; empty for a scalar.</param>
/// <param name="File">The file that holds it.</param>
/// <param name="Offset">Where its data starts in that file.</param>
/// <param name="SizeBytes">How many bytes it takes there.</param>
public sealed record TensorInfo(string Name, TensorType? Type, string TypeName, IReadOnlyList<long> Shape, string File, long Offset, long SizeBytes)
{
    /// <summary>The product of the dimensions.</summary>
    public long ElementCount => Shape.Aggregate(1L, (a, b) => checked(a * b));

    /// <summary>"[2048, 512]".</summary>
    public string ShapeText => "[" + string.Join(", ", Shape.Select(d => d.ToString(System.Globalization.CultureInfo.InvariantCulture))) + "]";
}

/// <summary>
/// Named tensors of one model in one file or several. The header has been validated whole; data is memory-mapped and not touched before it is
/// asked for. Safe for many threads; nobody disposes it.
/// </summary>
public abstract class Checkpoint
{
    /// <summary>The file (or index file) it was opened from.</summary>
    public abstract string Path { get; }

    /// <summary>"safetensors", "sharded safetensors" or "GGUF".</summary>
    public abstract string Format { get; }

    /// <summary>All tensors, in file order.</summary>
    public abstract IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Remarks that do not stop the reading: unlisted shards, a wrong total size.</summary>
    public virtual IReadOnlyList<string> Warnings => [];

    /// <summary>The tensor's header entry, or null when there is none of that name.</summary>
    public abstract TensorInfo? Find(string name);

    /// <summary>The tensor's bytes as stored, without copying.</summary>
    /// <exception cref="CheckpointFormatException">No tensor of that name (the message lists the nearest names).</exception>
    public abstract StoredBytes Bytes(string name);

    /// <summary>A two-dimensional tensor as a matrix [shape0, shape1] over the file's own bytes.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="rows">Expected rows; −1 to accept any.</param>
    /// <param name="columns">Expected columns; −1 to accept any.</param>
    /// <exception cref="CheckpointFormatException">Missing, misshapen, or of a type that has no float reading.</exception>
    public abstract StoredMatrix Matrix(string name, long rows = -1, long columns = -1);

    /// <summary>A one-dimensional tensor widened to floats.</summary>
    /// <exception cref="CheckpointFormatException">Missing, misshapen, or of a type that has no float reading.</exception>
    public abstract float[] Vector(string name, long length = -1);
}
