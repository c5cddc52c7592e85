using System.Collections.Concurrent;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Torch;

/// <summary>
/// One file of PyTorch's torch.save, memory-mapped: the zip form and the form before version 1.6. Its pickle is read by a machine that knows tensors and plain
/// containers only and runs nothing. Tensors that lie in row-major order are mapped; views in another order, big-endian and compressed ones are copied when
/// first asked for, and kept. Checksums of mapped storages are not computed.
/// </summary>
public sealed class TorchFile : Checkpoint
{
    /// <summary>Copies may take this much and <see cref="CopiesPerByte"/> times the file: a view that repeats one number must not fill the memory.</summary>
    private const long FreeCopies = 48 << 20, CopiesPerByte = 4;

    private readonly StoredBytes _file;
    private readonly TorchContent _content;
    private readonly Dictionary<string, (TensorInfo Info, TorchTensor View)> _byName;
    private readonly ConcurrentDictionary<string, Lazy<StoredBytes>> _copies = new(StringComparer.Ordinal);

    private TorchFile(string path, StoredBytes file, TorchContent content, StateDict state)
    {
        (Path, _file, _content) = (path, file, content);
        _byName = state.Tensors.ToDictionary(t => t.Key, t => (Describe(t.Key, t.Value), t.Value), StringComparer.Ordinal);
        Tensors = [.. state.Tensors.Select(t => _byName[t.Key].Info)];
        Warnings = [.. content.Remarks, .. state.Remarks];
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <summary>"PyTorch" or "PyTorch before 1.6".</summary>
    public override string Format => _content.Format;

    /// <summary>The state dict's tensors in its order. A compressed or copied tensor's offset is where its storage begins.</summary>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public override long FileBytes => _file.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings { get; }

    /// <summary>Maps and validates a file.</summary>
    /// <exception cref="CheckpointFormatException">Missing, unreadable, malformed, or with anything but tensors in plain containers; the message names it.</exception>
    public static TorchFile Open(string path) => FromBytes(MappedFile.Open(path), path);

    /// <summary>A file that is in memory already; <paramref name="path"/> is what messages call it.</summary>
    /// <exception cref="CheckpointFormatException">Malformed.</exception>
    public static TorchFile FromBytes(StoredBytes file, string path)
    {
        ArgumentNullException.ThrowIfNull(file);
        TorchContent content = TorchArchive.Is(file) ? TorchArchive.Read(path, file)
            : TorchLegacy.MagicLength(file.Span(0, (int)Math.Min(TorchLegacy.Looked, file.Length))) > 0 ? TorchLegacy.Read(path, file)
            : throw new CheckpointFormatException(
                path, $"expected what torch.save writes (a zip archive, or before version 1.6 a pickled magic number), found {(file.Length == 0 ? "an empty file" : "other bytes")}{ForeignFormat.HintOrMalformed(file)}", kind: "NotTorch");
        StateDict state = StateDict.Find(path, content.Root);
        CheckCopies(path, file, content, state);
        GC.KeepAlive(file);
        return new TorchFile(path, file, content, state);
    }

    /// <inheritdoc/>
    public override TensorInfo? Find(string name) => _byName.TryGetValue(name, out var found) ? found.Info : null;

    /// <summary>True for a file that begins as torch.save's do. False where it cannot be read.</summary>
    internal static bool Looks(string path)
    {
        try
        {
            if (new FileInfo(path) is not { Exists: true, Length: > 0 })
                return false;
            using var handle = File.OpenHandle(path);
            Span<byte> start = stackalloc byte[TorchLegacy.Looked];
            start = start[..RandomAccess.Read(handle, start, 0)];
            return start.StartsWith("PK\u0003\u0004"u8) || TorchLegacy.MagicLength(start) > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private protected override StoredBytes Data(TensorInfo tensor)
    {
        TorchTensor view = _byName[tensor.Name].View;
        StorageRecord record = _content.Records[view.Storage.Key];
        return IsCopied(_content, view)
            ? _copies.GetOrAdd(tensor.Name, _ => new Lazy<StoredBytes>(() => TensorCopy.Of(view, record.Bytes, _content.IsBigEndian))).Value
            : record.Bytes.Slice(view.Offset * view.Type.Bytes, view.SizeBytes);
    }

    private static bool IsCopied(TorchContent content, TorchTensor view) => !view.IsContiguous || (content.IsBigEndian && view.Type.Bytes > 1);

    private static void CheckCopies(string path, StoredBytes file, TorchContent content, StateDict state)
    {
        // In floating point: the sizes of views may each be near 2⁶³.
        double most = FreeCopies + ((double)CopiesPerByte * file.Length);
        double sum = content.Records.Values.Where(record => !record.IsMapped).Sum(record => (double)record.SizeBytes);
        foreach (var (name, view) in state.Tensors)
        {
            if (IsCopied(content, view))
                sum += view.SizeBytes;
            if (sum > most)
                throw new CheckpointFormatException(path, FormattableString.Invariant($"views and compressed storages up to it would take {sum:0} bytes, at most {most:0} are copied from a file of this size. Save contiguous tensors without compression"), name, kind: "TooLarge");
        }
    }

    private TensorInfo Describe(string name, TorchTensor view)
    {
        StorageRecord record = _content.Records[view.Storage.Key];
        long offset = record.FileOffset + (record.IsMapped && !IsCopied(_content, view) ? view.Offset * view.Type.Bytes : 0);
        return new TensorInfo(name, view.Type.Type, view.Type.TypeName!, view.Sizes, Path, offset, view.SizeBytes);
    }
}
