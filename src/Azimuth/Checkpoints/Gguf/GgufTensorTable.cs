using System.Globalization;
using System.Text;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>Reads the table of tensors and checks it against the file's length: types, shapes, sizes, places, overlaps.</summary>
internal sealed class GgufTensorTable(GgufSource source, GgufCursor cursor)
{
    private const int MaximumDimensions = 4;

    /// <summary>An empty name, no dimension, the type and the offset.</summary>
    private const int SmallestEntryBytes = sizeof(ulong) + sizeof(uint) + sizeof(uint) + sizeof(ulong);

    /// <summary>The specification's limit; longer names do no harm and are only remarked.</summary>
    private const int SpecifiedNameBytes = 64;
    private const int MaximumNameBytes = 65_535;

    private int _oddNames;
    private int _firstOddName;

    public (TensorInfo[] Tensors, string[] Warnings) Read(int count, int alignment)
    {
        // The count has been bounded, but nothing yet says that so many tensors are there.
        int capacity = (int)Math.Min(count, (source.Bytes.Length - cursor.Position) / SmallestEntryBytes);
        var entries = new List<Entry>(capacity);
        var names = new HashSet<string>(capacity, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            cursor.Item = ("tensor", i + 1, count);
            var entry = ReadEntry(i + 1);
            if (!names.Add(entry.Name))
                throw Bad(entry, $"the name appears twice in the table{CheckpointFormatException.Malformed}", "DuplicateTensor");
            entries.Add(entry);
        }

        long dataStart = checked(cursor.Position + alignment - 1) / alignment * alignment;
        var tensors = new TensorInfo[entries.Count];
        for (int i = 0; i < tensors.Length; i++)
            tensors[i] = Place(entries[i], dataStart, alignment);
        CheckOverlaps(tensors);
        return (tensors, _oddNames == 0 ? [] : [$"names outside the 1 to {SpecifiedNameBytes} bytes of the specification: {_oddNames}, the first that of tensor {_firstOddName}"]);
    }

    private Entry ReadEntry(int number)
    {
        long at = cursor.Position;
        long nameAt = cursor.SkipText("the name", MaximumNameBytes);
        var nameBytes = source.Text(nameAt);
        string name = Encoding.UTF8.GetString(nameBytes);
        if ((nameBytes.Length is 0 or > SpecifiedNameBytes) && _oddNames++ == 0)
            _firstOddName = number;
        uint dimensions = cursor.UInt32("the dimensions");
        if (dimensions > MaximumDimensions)
            throw new CheckpointFormatException(source.Path, $"expected at most {MaximumDimensions} dimensions, found {dimensions}{CheckpointFormatException.Malformed}", name, at, "TooManyDimensions");
        var shape = new long[dimensions]; // slowest first; the file has the fastest first
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            ulong size = cursor.UInt64("the dimensions");
            if (size > long.MaxValue)
                throw new CheckpointFormatException(source.Path, $"expected dimensions of at most 63 bits, found {size}{CheckpointFormatException.Malformed}", name, at, "ValidationOverflow");
            shape[d] = (long)size;
        }

        uint typeNumber = cursor.UInt32("the type");
        if (GgmlTypes.Find(typeNumber) is not { } type)
        {
            string reason = GgmlTypes.WasRemoved(typeNumber) ? "which was removed from the format. Convert the model anew" : "which is not known. Look for a newer version of this program";
            throw new CheckpointFormatException(source.Path, $"expected a tensor type of GGUF, found {typeNumber}, {reason}", name, at, "UnknownType");
        }

        return new Entry(name, at, type, shape, cursor.UInt64("the offset"));
    }

    private TensorInfo Place(in Entry entry, long dataStart, int alignment)
    {
        long size = SizeBytes(entry);
        if (entry.Offset % (ulong)alignment != 0)
            throw Bad(entry, $"expected an offset that is a multiple of {alignment}, found {entry.Offset}{CheckpointFormatException.Malformed}", "MisalignedOffset");
        long available = Math.Max(0, source.Bytes.Length - dataStart);
        // Compared without a sum, which could wrap.
        if (entry.Offset > (ulong)available || size > available - (long)entry.Offset)
            throw Bad(entry, $"expected {size} bytes of data at offset {entry.Offset} behind byte {dataStart}, found a file of {source.Bytes.Length} bytes: it is cut off. Download it again", "Truncated");
        // The minimum: an empty tensor at the very end needs no data, not even the padding before it.
        return new TensorInfo(entry.Name, entry.Type, entry.Type.ToString(), entry.Shape, source.Path, Math.Min(source.Bytes.Length, dataStart + (long)entry.Offset), size);
    }

    private long SizeBytes(in Entry entry)
    {
        var type = entry.Type;
        long row = entry.Shape.Length == 0 ? 1 : entry.Shape[^1];
        if (row % type.BlockLength() != 0)
            throw Bad(entry, $"expected rows of a multiple of {type.BlockLength()} values for {type}, found {row}{CheckpointFormatException.Malformed}", "BadRowLength");
        try
        {
            return checked(TensorInfo.Product(entry.Shape) / type.BlockLength() * type.BlockBytes());
        }
        catch (OverflowException)
        {
            string shape = string.Join(", ", entry.Shape.Select(d => d.ToString(CultureInfo.InvariantCulture)));
            throw Bad(entry, $"the size of its shape [{shape}] in {type} exceeds 63 bits{CheckpointFormatException.Malformed}", "ValidationOverflow");
        }
    }

    private void CheckOverlaps(TensorInfo[] tensors)
    {
        TensorInfo? before = null;
        foreach (var tensor in tensors.Where(t => t.SizeBytes > 0).OrderBy(t => t.Offset))
        {
            if (before is not null && tensor.Offset < before.Offset + before.SizeBytes)
                throw new CheckpointFormatException(source.Path, $"its data overlaps that of {before.Name}{CheckpointFormatException.Malformed}", tensor.Name, tensor.Offset, "Overlap");
            before = tensor;
        }
    }

    private CheckpointFormatException Bad(in Entry entry, string problem, string kind) => new(source.Path, problem, entry.Name, entry.At, kind);

    /// <summary>One line of the table; <paramref name="At"/> is where the line starts.</summary>
    private readonly record struct Entry(string Name, long At, TensorType Type, long[] Shape, ulong Offset);
}
