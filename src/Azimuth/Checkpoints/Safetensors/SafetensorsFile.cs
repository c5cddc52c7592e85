using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Safetensors;

/// <summary>One safetensors file, memory-mapped. The header is validated when it is opened, tensor data is touched when it is read.</summary>
public sealed class SafetensorsFile : Checkpoint
{
    private readonly StoredBytes _file;
    private readonly Dictionary<string, TensorInfo> _byName;

    private SafetensorsFile(string path, StoredBytes file, SafetensorsHeader header)
    {
        (Path, _file, Header) = (path, file, header);
        _byName = header.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <inheritdoc/>
    public override string Format => "safetensors";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors => Header.Tensors;

    /// <inheritdoc/>
    public override long FileBytes => _file.Length;

    /// <summary>The validated header, with the free texts of <c>__metadata__</c>.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>Maps and validates a file.</summary>
    /// <exception cref="CheckpointFormatException">Missing, unreadable or malformed; <see cref="CheckpointFormatException.Kind"/> names the rule that is broken.</exception>
    public static SafetensorsFile Open(string path) => FromBytes(MappedFile.Open(path), path);

    /// <summary>A file that is in memory already; <paramref name="path"/> is what messages call it.</summary>
    /// <exception cref="CheckpointFormatException">Malformed.</exception>
    public static SafetensorsFile FromBytes(StoredBytes file, string path) => new(path, file, SafetensorsHeader.Read(file, path));

    /// <inheritdoc/>
    public override TensorInfo? Find(string name) => _byName.GetValueOrDefault(name);

    private protected override StoredBytes Data(TensorInfo tensor) => _file.Slice(tensor.Offset, tensor.SizeBytes);
}
