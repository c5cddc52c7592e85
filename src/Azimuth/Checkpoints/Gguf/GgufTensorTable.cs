using System.Globalization;
using System.Text;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>Reads the table of tensors and checks it against the file's length: types, shapes, sizes, places, overlaps.</summary>
internal sealed class GgufTensorTable(GgufSource source, GgufCursor cursor)
{
    private const int MaximumDimensions = 4;

    /// <summary>The specification's limit; longer names do no harm and are only remarked.</summary>
    private const int SpecifiedNameBytes = 64;
    private const int MaximumNameBytes = 65_535;

    private readonly List<string> _warnings = [];

    public (TensorInfo[] Tensors, List<string> Warnings) Read(int count, int alignment)
    {
        var entries = new List<Entry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            var entry = ReadEntry(FormattableString.Invariant($"tensor {i + 1} of {count}"));
            if (!names.Add(entry.Name))
                throw Bad(entry, "the name appears twice in the table", "DuplicateTensor");
            entries.Add(entry);
        }

        long dataStart = checked(cursor.Position + alignment - 1) / alignment * alignment;
        var tensors = entries.ConvertAll(e => Place(e, dataStart, alignment)).ToArray();
        CheckOverlaps(tensors);
        return (tensors, _warnings);
    }

    private Entry ReadEntry(string which)
    {
        long at = cursor.Position;
        long nameAt = cursor.SkipText("the name of " + which, MaximumNameBytes);
        var nameBytes = source.Text(nameAt);
        string name = Encoding.UTF8.GetString(nameBytes);
        if (nameBytes.Length is 0 or > SpecifiedNameBytes)
            _warnings.Add(FormattableString.Invariant($"the name of {which} has {nameBytes.Length} bytes; the specification allows 1 to {SpecifiedNameBytes}"));
        uint dimensions = cursor.UInt32("the dimensions of " + which);
        if (dimensions > MaximumDimensions)
            throw new CheckpointFormatException(source.Path, $"expected at most {MaximumDimensions} dimensions, found {dimensions}", name, at, "TooManyDimensions");
        var shape = new long[dimensions]; // slowest first; the file has the fastest first
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            ulong size = cursor.UInt64("the dimensions of " + which);
            if (size > long.MaxValue)
                throw new CheckpointFormatException(source.Path, $"expected dimensions of at most 63 bits, found {size}", name, at, "ValidationOverflow");
            shape[d] = (long)size;
        }

        uint number = cursor.UInt32("the type of " + which);
        if (GgmlTypes.Find(number) is not { } type)
        {
            string reason = GgmlTypes.WasRemoved(number) ? "which was removed from the format. Convert the model anew" : "which is not known. Look for a newer version of this program";
            throw new CheckpointFormatException(source.Path, $"expected a tensor type of GGUF, found {number}, {reason}", name, at, "UnknownType");
        }

        return new Entry(name, at, type, shape, cursor.UInt64("the offset of " + which));
    }

    private TensorInfo Place(in Entry entry, long dataStart, int alignment)
    {
        long size = SizeBytes(entry);
        if (entry.Offset % (ulong)alignment != 0)
            throw Bad(entry, $"expected an offset that is a multiple of {alignment}, found {entry.Offset}", "MisalignedOffset");
        long available = Math.Max(0, source.Bytes.Length - dataStart);
        // Compared without a sum, which could wrap.
        if (entry.Offset > (ulong)available || size > available - (long)entry.Offset)
            throw Bad(entry, $"expected {size} bytes of data at offset {entry.Offset} behind byte {dataStart}, found a file of {source.Bytes.Length} bytes: it is cut off. Download it again", "Truncated");
        // The minimum: an empty tensor at the very end needs no data, not even the padding before it.
        return new TensorInfo(entry.Name, entry.Type.Type, entry.Type.Name, entry.Shape, source.Path, Math.Min(source.Bytes.Length, dataStart + (long)entry.Offset), size);
    }

    private long SizeBytes(in Entry entry)
    {
        var type = entry.Type;
        long row = entry.Shape.Length == 0 ? 1 : entry.Shape[^1];
        if (row % type.BlockLength != 0)
            throw Bad(entry, $"expected rows of a multiple of {type.BlockLength} values for {type.Name}, found {row}", "BadRowLength");
        try
        {
            return checked(TensorInfo.Product(entry.Shape) / type.BlockLength * type.BlockBytes);
        }
        catch (OverflowException)
        {
            string shape = string.Join(", ", entry.Shape.Select(d => d.ToString(CultureInfo.InvariantCulture)));
            throw Bad(entry, $"the size of its shape [{shape}] in {type.Name} exceeds 63 bits", "ValidationOverflow");
        }
    }

    private void CheckOverlaps(TensorInfo[] tensors)
    {
        TensorInfo? before = null;
        foreach (var tensor in tensors.Where(t => t.SizeBytes > 0).OrderBy(t => t.Offset))
        {
            if (before is not null && tensor.Offset < before.Offset + before.SizeBytes)
                throw new CheckpointFormatException(source.Path, $"its data overlaps that of {before.Name}", tensor.Name, tensor.Offset, "Overlap");
            before = tensor;
        }
    }

    private CheckpointFormatException Bad(in Entry entry, string problem, string kind) => new(source.Path, problem, entry.Name, entry.At, kind);

    /// <summary>One line of the table; <paramref name="At"/> is where the line starts.</summary>
    private readonly record struct Entry(string Name, long At, GgmlType Type, long[] Shape, ulong Offset);
}
