using System.Buffers.Binary;
using System.Text.Unicode;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Safetensors;

/// <summary>
/// The header of a safetensors file, validated whole against the format's rules (README.md beside this file) and against the file's length.
/// Reading it touches no tensor data.
/// </summary>
public sealed class SafetensorsHeader
{
    /// <summary>The largest JSON header the format allows, in bytes.</summary>
    public const int MaximumJsonBytes = 100_000_000;

    /// <summary>The most tensors this reader takes from one file: far beyond any real model, so that a hostile header costs bounded memory.</summary>
    public const int MaximumTensors = 131_072;

    private SafetensorsHeader(IReadOnlyList<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata, long sizeBytes) =>
        (Tensors, Metadata, SizeBytes) = (tensors, metadata, sizeBytes);

    /// <summary>All tensors by ascending offset; offsets count from the start of the file.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The free texts of <c>__metadata__</c>; empty when there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Bytes before the first tensor's data: the length field and the JSON text.</summary>
    public long SizeBytes { get; }

    /// <summary>Reads and validates the header of a file.</summary>
    /// <exception cref="CheckpointFormatException">Missing, unreadable or malformed; <see cref="CheckpointFormatException.Kind"/> names the rule that is broken.</exception>
    public static SafetensorsHeader Inspect(string path) => Read(MappedFile.Open(path), path);

    internal static SafetensorsHeader Read(StoredBytes file, string path)
    {
        var json = Json(file, path);
        var (entries, metadata) = new SafetensorsHeaderParser(path).Parse(json);
        GC.KeepAlive(file);
        long dataStart = sizeof(ulong) + json.Length;
        // Offsets of empty tensors repeat, so that the end must be compared too: an empty tensor precedes the one that starts where it does.
        entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        var tensors = new TensorInfo[entries.Count];
        ulong end = 0;
        for (int i = 0; i < tensors.Length; i++)
        {
            tensors[i] = Validate(entries[i], end, dataStart, path);
            end = entries[i].End;
        }

        ulong available = (ulong)(file.Length - dataStart);
        if (end != available)
        {
            throw new CheckpointFormatException(
                path,
                end > available
                    ? $"expected {end} bytes of tensor data behind the header, found {available}: the file is cut off. Download it again"
                    : $"expected {end} bytes of tensor data behind the header, found {available}: the last {available - end} bytes belong to no tensor. Download it again",
                kind: "MetadataIncompleteBuffer");
        }

        return new SafetensorsHeader(tensors, metadata, dataStart);
    }

    private static ReadOnlySpan<byte> Json(StoredBytes file, string path)
    {
        if (file.Length < sizeof(ulong))
            throw new CheckpointFormatException(path, $"expected at least 8 bytes (the header's length), found {file.Length}. Download the file again", kind: "HeaderTooSmall");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Span(0, sizeof(ulong)));
        if (length > MaximumJsonBytes)
            throw new CheckpointFormatException(path, $"expected a header of at most {MaximumJsonBytes} bytes, found a length of {length}{ForeignFormat.HintOrMalformed(file)}", offset: 0, kind: "HeaderTooLarge");
        if (length > (ulong)(file.Length - sizeof(ulong)))
            throw new CheckpointFormatException(path, $"expected a header of {length} bytes, found {file.Length - sizeof(ulong)} until the end of the file. Download it again", offset: 0, kind: "InvalidHeaderLength");
        var json = file.Span(sizeof(ulong), (int)length);
        if (!Utf8.IsValid(json))
            throw new CheckpointFormatException(path, $"expected a header in UTF-8, found other bytes{ForeignFormat.HintOrMalformed(file)}", offset: sizeof(ulong), kind: "InvalidHeader");
        var start = json.TrimStart(" \t\r\n"u8);
        if (start.IsEmpty || start[0] != (byte)'{')
            throw new CheckpointFormatException(path, "expected a header that begins with {, found " + (start.IsEmpty ? "nothing" : $"the byte 0x{start[0]:X2}") + CheckpointFormatException.Malformed, offset: sizeof(ulong), kind: "InvalidHeaderStart");
        return json;
    }

    private static TensorInfo Validate(in SafetensorsHeaderEntry entry, ulong expectedBegin, long dataStart, string path)
    {
        if (entry.Begin != expectedBegin || entry.End < entry.Begin)
        {
            throw new CheckpointFormatException(
                path,
                $"expected data from {expectedBegin} on (tensors follow each other without holes or overlaps), found data_offsets [{entry.Begin}, {entry.End}]{CheckpointFormatException.Malformed}",
                entry.Name,
                kind: "InvalidOffset");
        }

        long elements, bits;
        try
        {
            elements = TensorInfo.Product(entry.Shape);
            bits = checked(elements * entry.TypeBits);
        }
        catch (OverflowException)
        {
            throw new CheckpointFormatException(path, $"the size of its shape [{string.Join(", ", entry.Shape)}] in {entry.TypeName} exceeds 63 bits{CheckpointFormatException.Malformed}", entry.Name, kind: "ValidationOverflow");
        }

        if (bits % 8 != 0)
            throw new CheckpointFormatException(path, $"expected a whole number of bytes, found {elements} elements of {entry.TypeBits} bits ({entry.TypeName}){CheckpointFormatException.Malformed}", entry.Name, kind: "MisalignedSlice");
        if ((ulong)(bits / 8) != entry.End - entry.Begin)
        {
            throw new CheckpointFormatException(
                path,
                $"expected {bits / 8} bytes for shape [{string.Join(", ", entry.Shape)}] in {entry.TypeName}, found data_offsets [{entry.Begin}, {entry.End}] ({entry.End - entry.Begin} bytes){CheckpointFormatException.Malformed}",
                entry.Name,
                kind: "TensorInvalidInfo");
        }

        // The end lies within 63 bits: every tensor before this one has a size of at most 2⁶⁰ bytes, and the sum is compared with the file afterwards.
        long offset;
        try
        {
            offset = checked((long)entry.Begin + dataStart);
        }
        catch (OverflowException)
        {
            throw new CheckpointFormatException(path, $"data_offsets [{entry.Begin}, {entry.End}] exceed 63 bits{CheckpointFormatException.Malformed}", entry.Name, kind: "InvalidOffset");
        }

        return new TensorInfo(entry.Name, entry.Type, entry.TypeName, entry.Shape, path, offset, bits / 8);
    }
}
