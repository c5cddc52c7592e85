using System.Collections.Concurrent;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>
/// One GGUF file, memory-mapped. The header is validated when it is opened, tensor data is touched when it is read. Tensors of a big-endian
/// file are copied into memory of their own, in little-endian order, when first asked for.
/// </summary>
public sealed class GgufFile : Checkpoint
{
    private readonly StoredBytes _file;
    private readonly Dictionary<string, TensorInfo> _byName;
    private readonly ConcurrentDictionary<string, StoredBytes> _swapped = new(StringComparer.Ordinal);

    private GgufFile(string path, StoredBytes file, GgufHeader header)
    {
        (Path, _file, Header) = (path, file, header);
        _byName = header.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <inheritdoc/>
    public override string Format => "GGUF";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors => Header.Tensors;

    /// <inheritdoc/>
    public override long FileBytes => _file.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings => Header.Warnings;

    /// <summary>Version, byte order, alignment.</summary>
    public GgufHeader Header { get; }

    /// <summary>Keys and values in file order.</summary>
    public GgufMetadata Metadata => Header.Metadata;

    /// <summary>Maps and validates a file.</summary>
    /// <exception cref="CheckpointFormatException">Missing, unreadable or malformed.</exception>
    public static GgufFile Open(string path) => FromBytes(MappedFile.Open(path), path);

    /// <summary>A file that is in memory already; <paramref name="path"/> is what messages call it.</summary>
    /// <exception cref="CheckpointFormatException">Malformed.</exception>
    public static GgufFile FromBytes(StoredBytes file, string path) => new(path, file, GgufHeader.Read(file, path));

    /// <inheritdoc/>
    public override TensorInfo? Find(string name) => _byName.GetValueOrDefault(name);

    private protected override StoredBytes Data(TensorInfo tensor)
    {
        var bytes = _file.Slice(tensor.Offset, tensor.SizeBytes);
        return Header.IsBigEndian ? _swapped.GetOrAdd(tensor.Name, _ => SwappedTensor.Copy(bytes, tensor.Type!.Value)) : bytes;
    }
}
