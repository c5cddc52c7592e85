using System.Numerics;
using System.Text;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>
/// The header of a GGUF file: metadata and the table of tensors, validated whole against the format's rules (README.md beside this file) and
/// against the file's length. Reading it touches no tensor data.
/// </summary>
public sealed class GgufHeader
{
    /// <summary>The most metadata keys this reader takes: far beyond any real file, so that a hostile one costs bounded memory.</summary>
    public const int MaximumKeys = 65_536;

    /// <summary>The most tensors this reader takes, for the same reason.</summary>
    public const int MaximumTensors = 131_072;

    private const int DefaultAlignment = 32;
    private const int MaximumKeyBytes = 65_535;

    private GgufHeader(int version, bool bigEndian, int alignment, GgufMetadata metadata, IReadOnlyList<TensorInfo> tensors, IReadOnlyList<string> warnings) =>
        (Version, IsBigEndian, Alignment, Metadata, Tensors, Warnings) = (version, bigEndian, alignment, metadata, tensors, warnings);

    /// <summary>2 or 3.</summary>
    public int Version { get; }

    /// <summary>True when every number of the file is stored most significant byte first.</summary>
    public bool IsBigEndian { get; }

    /// <summary>Tensors start at multiples of this many bytes after the header.</summary>
    public int Alignment { get; }

    /// <summary>Keys and values in file order.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>All tensors in the order of the table; shapes slowest dimension first, the reverse of the file's order; offsets count from the start of the file.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Departures from the specification that do no harm.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Reads and validates the header of a file.</summary>
    /// <exception cref="CheckpointFormatException">Missing, unreadable or malformed.</exception>
    public static GgufHeader Inspect(string path) => Read(MappedFile.Open(path), path);

    internal static GgufHeader Read(StoredBytes file, string path)
    {
        var (version, bigEndian) = ReadVersion(file, path);
        var source = new GgufSource(file, path, bigEndian);
        var cursor = new GgufCursor(source, 8);
        ulong tensorCount = cursor.UInt64("the number of tensors"), keyCount = cursor.UInt64("the number of metadata keys");
        Limit(tensorCount, MaximumTensors, "tensors", path, 8);
        Limit(keyCount, MaximumKeys, "metadata keys", path, 16);
        var metadata = ReadMetadata(cursor, source, (int)keyCount);
        int alignment = ReadAlignment(metadata, path);
        var (tensors, warnings) = new GgufTensorTable(source, cursor).Read((int)tensorCount, alignment);
        return new GgufHeader(version, bigEndian, alignment, metadata, tensors, warnings);
    }

    private static (int Version, bool BigEndian) ReadVersion(StoredBytes file, string path)
    {
        if (file.Length < 8)
            throw new CheckpointFormatException(path, $"expected at least 24 bytes of header, found {file.Length}. Download the file again", kind: "Truncated");
        var magic = file.Span(0, 4);
        if (!magic.SequenceEqual("GGUF"u8))
        {
            string found = Encoding.Latin1.GetString(magic);
            string hint = found is "GGML" or "lmgg" or "fmgg" or "tjgg"
                ? ". It is of GGML, the format before GGUF: convert it with llama.cpp's conversion script"
                : ForeignFormat.HintOrMalformed(file);
            throw new CheckpointFormatException(path, $"expected the letters GGUF, found \"{found}\"{hint}", offset: 0, kind: "BadMagic");
        }

        uint little = new GgufSource(file, path, BigEndian: false).UInt32(4);
        uint big = new GgufSource(file, path, BigEndian: true).UInt32(4);
        // Big-endian files exist since version 3; read in the wrong order their version is 3·2²⁴.
        return (little, big) switch
        {
            (2 or 3, _) => ((int)little, false),
            (_, 3) => ((int)big, true),
            (1, _) => throw new CheckpointFormatException(path, "expected version 2 or 3, found 1, whose counts have 32 bits. Convert it with llama.cpp", offset: 4, kind: "UnknownVersion"),
            _ => throw new CheckpointFormatException(path, $"expected version 2 or 3, found {little}{(little > 3 ? ". Look for a newer version of this program" : CheckpointFormatException.Malformed)}", offset: 4, kind: "UnknownVersion"),
        };
    }

    private static void Limit(ulong count, int maximum, string what, string path, long at)
    {
        if (count > (ulong)maximum)
            throw new CheckpointFormatException(path, $"expected at most {maximum} {what}, found {count}. Download the file again", offset: at, kind: "TooMany");
    }

    private static GgufMetadata ReadMetadata(GgufCursor cursor, GgufSource source, int count)
    {
        var values = new OrderedDictionary<string, GgufValue>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            cursor.Item = ("metadata entry", i + 1, count);
            long at = cursor.SkipText("the key", MaximumKeyBytes);
            string key = Encoding.UTF8.GetString(source.Text(at));
            var type = cursor.ValueType(key);
            var value = new GgufValue(source, key, type, cursor.SkipValue(type, key));
            if (!values.TryAdd(key, value))
                throw new CheckpointFormatException(source.Path, $"the metadata key {key} appears twice{CheckpointFormatException.Malformed}", offset: at, kind: "DuplicateKey");
        }

        return new GgufMetadata(source.Path, values);
    }

    private static int ReadAlignment(GgufMetadata metadata, string path)
    {
        if (metadata.Find("general.alignment") is not { } value)
            return DefaultAlignment;
        if (value.Type != GgufType.UInt32 || value.AsInt64() is < 8 or > int.MaxValue || !BitOperations.IsPow2(value.AsInt64()))
            throw new CheckpointFormatException(path, $"expected a power of two from 8 to 2^30 for general.alignment, found {GgufTypes.Name(value.Type)} {value}{CheckpointFormatException.Malformed}", kind: "BadAlignment");
        return value.AsInt32();
    }
}
