using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>The mapped file with its byte order: every number of it is read here. Offsets have been checked by <see cref="GgufCursor"/> or lie within.</summary>
internal sealed record GgufSource(StoredBytes Bytes, string Path, bool BigEndian)
{
    public byte Byte(long at) => (byte)Number(at, 1);

    public ushort UInt16(long at) => (ushort)Number(at, 2);

    public uint UInt32(long at) => (uint)Number(at, 4);

    public ulong UInt64(long at) => Number(at, 8);

    /// <summary>The bytes of the text whose length field is at <paramref name="at"/>. The caller keeps this object reachable while using them.</summary>
    public ReadOnlySpan<byte> Text(long at) => Bytes.Span(at + sizeof(ulong), (int)UInt64(at));

    private ulong Number(long at, int width)
    {
        var bytes = Bytes.Span(at, width);
        ulong value = width switch
        {
            1 => bytes[0],
            2 => BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            4 => BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        };
        GC.KeepAlive(Bytes);
        return value;
    }
}

/// <summary>Walks through the header once, checking that each thing lies in the file before it is read.</summary>
internal sealed class GgufCursor(GgufSource source, long position)
{
    /// <summary>How deep arrays may lie in arrays. The format has no limit; no known file has more than one level.</summary>
    public const int MaximumArrayDepth = 8;

    /// <summary>Bytes of the smallest array: its element type and a count of 0.</summary>
    private const int EmptyArrayBytes = sizeof(uint) + sizeof(ulong);

    public long Position { get; private set; } = position;

    /// <summary>What is being read, for messages: a kind of thing and its number from 1 on. Worded only when there is an error.</summary>
    public (string Kind, int Number, int Count)? Item { get; set; }

    private long Remaining => source.Bytes.Length - Position;

    public uint UInt32(string what)
    {
        Need(sizeof(uint), what);
        uint value = source.UInt32(Position);
        Position += sizeof(uint);
        return value;
    }

    public ulong UInt64(string what)
    {
        Need(sizeof(ulong), what);
        ulong value = source.UInt64(Position);
        Position += sizeof(ulong);
        return value;
    }

    /// <summary>Passes a text; returns where its length field is.</summary>
    public long SkipText(string what, ulong maximumBytes = int.MaxValue)
    {
        long at = Position;
        ulong length = UInt64(what);
        if (length > (ulong)Remaining)
            throw Bad($"expected {length} bytes for {Named(what)}, found {Remaining} until the end of the file. Download it again", at, "Truncated");
        if (length > maximumBytes)
            throw Bad($"expected at most {maximumBytes} bytes for {Named(what)}, found {length}{CheckpointFormatException.Malformed}", at, "TextTooLong");
        Position += (long)length;
        return at;
    }

    /// <summary>Passes a value of a type, checking all of it; returns where it starts.</summary>
    public long SkipValue(GgufType type, string key, int depth = 0)
    {
        long at = Position;
        int size = GgufTypes.SizeOf(type);
        if (size > 0)
            Skip(1, size, type, key);
        else if (type == GgufType.String)
            SkipText(key);
        else
            SkipArray(key, depth);
        return at;
    }

    public GgufType ValueType(string key)
    {
        long at = Position;
        uint number = UInt32("the type of " + key);
        return GgufTypes.SizeOf((GgufType)number) >= 0
            ? (GgufType)number
            : throw Bad($"expected a value type from 0 to 12 for {key}, found {number}{CheckpointFormatException.Malformed}", at, "UnknownValueType");
    }

    private void SkipArray(string key, int depth)
    {
        long at = Position;
        if (depth == MaximumArrayDepth)
            throw Bad($"expected arrays at most {MaximumArrayDepth} deep in {key}, found more{CheckpointFormatException.Malformed}", at, "NestedTooDeep");
        var type = ValueType(key);
        ulong count = UInt64(key);
        int size = GgufTypes.SizeOf(type);
        // A count is compared with the bytes that are left before anything is done as often as it says.
        int least = type switch { GgufType.String => sizeof(ulong), GgufType.Array => EmptyArrayBytes, _ => size };
        if (count > (ulong)(Remaining / least))
            throw Bad($"expected {count} values of {GgufTypes.Name(type)} for {key}, found {Remaining} bytes until the end of the file. Download it again", at, "Truncated");
        if (size > 0)
        {
            Skip((long)count, size, type, key);
            return;
        }

        if (type == GgufType.String)
        {
            SkipTexts((long)count, key, null);
            return;
        }

        for (ulong i = 0; i < count; i++)
            SkipArray(key, depth + 1);
    }

    /// <summary>
    /// Passes texts, noting where each starts if <paramref name="places"/> is given. A vocabulary has a hundred thousand of them and this runs once:
    /// compiled well at once, it need not wait for the runtime to notice.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe void SkipTexts(long count, string key, long[]? places)
    {
        byte* start = source.Bytes.Pointer;
        long position = Position, end = source.Bytes.Length;
        for (long i = 0; i < count; i++)
        {
            ulong length = 0;
            bool whole = end - position >= sizeof(ulong);
            if (whole)
            {
                length = Unsafe.ReadUnaligned<ulong>(start + position);
                if (source.BigEndian == BitConverter.IsLittleEndian)
                    length = BinaryPrimitives.ReverseEndianness(length);
            }

            if (!whole || length > int.MaxValue || (long)length > end - position - sizeof(ulong))
            {
                // The careful reader finds the same defect and words the error.
                Position = position;
                SkipText(key);
                throw new UnreachableException();
            }

            if (places is not null)
                places[i] = position;
            position += sizeof(ulong) + (long)length;
        }

        Position = position;
        GC.KeepAlive(source);
    }

    private void Skip(long count, int size, GgufType type, string key)
    {
        Need(count * size, key);
        if (type == GgufType.Bool)
            CheckBools(count, key);
        Position += count * size;
    }

    private void CheckBools(long count, string key)
    {
        const int Part = 1 << 20;
        for (long i = 0; i < count; i += Part)
        {
            var part = source.Bytes.Span(Position + i, (int)Math.Min(Part, count - i));
            int wrong = part.IndexOfAnyExceptInRange((byte)0, (byte)1);
            if (wrong >= 0)
                throw Bad($"expected 0 or 1 for {key}, found {part[wrong]}{CheckpointFormatException.Malformed}", Position + i + wrong, "BadBool");
        }
    }

    private void Need(long bytes, string what)
    {
        if (bytes > Remaining)
            throw Bad($"expected {bytes} bytes for {Named(what)}, found {Remaining} until the end of the file. Download it again", Position, "Truncated");
    }

    private string Named(string what) => Item is { } item ? $"{what} of {item.Kind} {item.Number} of {item.Count}" : what;

    private CheckpointFormatException Bad(string problem, long at, string kind) => new(source.Path, problem, offset: at, kind: kind);
}
