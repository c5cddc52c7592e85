using Azimuth.Numerics;

namespace Azimuth.Checkpoints;

/// <summary>
/// Named tensors of one model in one file or several. The header has been validated whole; data is memory-mapped and not touched before it is
/// asked for. Safe for many threads; nobody disposes it.
/// </summary>
public abstract class Checkpoint
{
    /// <summary>The file (or index file) it was opened from.</summary>
    public abstract string Path { get; }

    /// <summary>"safetensors", "GGUF", "PyTorch" or "PyTorch before 1.6", the first and the last two also with "sharded" before them.</summary>
    public abstract string Format { get; }

    /// <summary>All tensors, in file order.</summary>
    public abstract IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Bytes of all files of the checkpoint together, headers included.</summary>
    public abstract long FileBytes { get; }

    /// <summary>Remarks that do not stop the reading: unlisted shards, a wrong total size.</summary>
    public virtual IReadOnlyList<string> Warnings => [];

    /// <summary>The tensor's header entry, or null when there is none of that name.</summary>
    public abstract TensorInfo? Find(string name);

    /// <summary>The tensor's bytes, without copying; from a big-endian or compressed file and of a view in another order, a copy.</summary>
    /// <exception cref="CheckpointFormatException">No tensor of that name (the message lists the nearest names).</exception>
    public StoredBytes Bytes(string name) => Data(Require(name));

    /// <summary>A two-dimensional tensor as a matrix [shape0, shape1] over the file's own bytes.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="rows">Expected rows; −1 to accept any.</param>
    /// <param name="columns">Expected columns; −1 to accept any.</param>
    /// <exception cref="CheckpointFormatException">Missing, misshapen, or of a type that has no float reading.</exception>
    public StoredMatrix Matrix(string name, long rows = -1, long columns = -1)
    {
        var tensor = Require(name);
        if (tensor.Shape.Count != 2 || (rows >= 0 && tensor.Shape[0] != rows) || (columns >= 0 && tensor.Shape[1] != columns))
            throw Misshapen(tensor, $"[{Expected(rows)}, {Expected(columns)}]");
        var type = RequireFloats(tensor);
        if (tensor.Shape[1] > int.MaxValue)
            throw Misshapen(tensor, $"at most {int.MaxValue} columns");
        return new StoredMatrix(type, tensor.Shape[0], (int)tensor.Shape[1], Data(tensor));
    }

    /// <summary>A one-dimensional tensor widened to floats.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="length">Expected length; −1 to accept any.</param>
    /// <exception cref="CheckpointFormatException">Missing, misshapen, or of a type that has no float reading.</exception>
    public float[] Vector(string name, long length = -1)
    {
        var tensor = Require(name);
        if (tensor.Shape.Count != 1 || (length >= 0 && tensor.Shape[0] != length))
            throw Misshapen(tensor, $"[{Expected(length)}]");
        var type = RequireFloats(tensor);
        if (tensor.SizeBytes > int.MaxValue || tensor.Shape[0] > Array.MaxLength)
            throw Misshapen(tensor, "a vector of less than 2 GiB");
        var values = new float[tensor.Shape[0]];
        var data = Data(tensor);
        RowDecoder.Decode(type, data.Span(0, (int)data.Length), values);
        GC.KeepAlive(data);
        return values;
    }

    /// <summary>The bytes of one of this checkpoint's own tensors.</summary>
    private protected abstract StoredBytes Data(TensorInfo tensor);

    private protected TensorInfo Require(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Find(name) ?? throw new CheckpointFormatException(
            Path, Tensors.Count == 0 ? "the file holds no tensors at all. Where it is a vocabulary alone, `azimuth tokenize` reads it; give a file with weights for the rest"
            : $"there is no such tensor among the {Tensors.Count}{NearestNames.Hint(name, Tensors.Select(t => t.Name))}", name, kind: "TensorMissing");
    }

    private static TensorType RequireFloats(TensorInfo tensor) =>
        tensor.Type is { } type && type.IsReadableAsFloat()
            ? type
            : throw new CheckpointFormatException(
                tensor.File, $"expected numbers readable as float (F32, F16, BF16, F64, or a block type of GGUF), found {tensor.TypeName}. Convert the file to one of these", tensor.Name, kind: "TypeNotReadable");

    private static CheckpointFormatException Misshapen(TensorInfo tensor, string expected) =>
        new(tensor.File, $"expected {expected}, found {tensor.ShapeText}. Check the sizes in the model's configuration", tensor.Name, kind: "TensorMisshapen");

    private static string Expected(long size) => size < 0 ? "any" : size.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
