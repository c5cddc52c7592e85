using System.Buffers.Binary;
using System.Text;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Compression;

/// <summary>One file of a zip archive.</summary>
/// <param name="Name">As the archive spells it.</param>
/// <param name="Method">0 stored, 8 deflated.</param>
/// <param name="Checksum">CRC-32 of the content.</param>
/// <param name="PackedBytes">Bytes in the archive.</param>
/// <param name="SizeBytes">Bytes of the content.</param>
/// <param name="HeaderOffset">Where its local header begins.</param>
internal sealed record ZipEntry(string Name, int Method, uint Checksum, long PackedBytes, long SizeBytes, long HeaderOffset);

/// <summary>
/// The directory of a zip archive (PKWARE's APPNOTE 6.3, also Zip64), read from a mapping so that stored entries need no copy. Names are only
/// names: nothing is ever written under them. Immutable.
/// </summary>
internal sealed class ZipDirectory
{
    private const int EndBytes = 22, CentralBytes = 46, LocalBytes = 30, LargestComment = 0xFFFF;
    private const long DeflateLimit = 1032; // no deflate stream expands further

    private readonly string _path;
    private readonly StoredBytes _bytes;

    private ZipDirectory(string path, StoredBytes bytes, IReadOnlyList<ZipEntry> entries) => (_path, _bytes, Entries) = (path, bytes, entries);

    /// <summary>In the directory's order.</summary>
    public IReadOnlyList<ZipEntry> Entries { get; }

    /// <summary>Reads the directory and the entries' own headers; no content is looked at.</summary>
    /// <exception cref="CheckpointFormatException">No archive, a damaged or split one, encrypted or oddly packed entries, names that leave the archive.</exception>
    public static ZipDirectory Read(string path, StoredBytes bytes)
    {
        (long count, long offset, long length) = FindEnd(path, bytes);
        if (offset < 0 || length < 0 || offset > bytes.Length || length > bytes.Length - offset || count > length / CentralBytes)
            throw Bad(path, "its directory reaches outside the file");
        List<ZipEntry> entries = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (long at = offset; count > 0; count--)
        {
            (ZipEntry entry, long next) = ReadEntry(path, bytes, at, offset + length);
            if (!names.Add(entry.Name))
                throw Bad(path, $"the entry {entry.Name} comes twice");
            entries.Add(entry);
            at = next;
        }

        ZipDirectory directory = new(path, bytes, entries);
        // Each entry's own header must agree: a damaged name would otherwise make an array disappear.
        foreach (ZipEntry entry in entries)
            directory.Packed(entry);
        return directory;
    }

    /// <summary>The content of an entry, checked against its size and checksum: a part of the mapping where it is stored, memory of its own where it is packed.</summary>
    /// <exception cref="CheckpointFormatException">The entry is damaged.</exception>
    public StoredBytes Content(ZipEntry entry, CancellationToken cancellation = default)
    {
        (StoredBytes packed, long at) = Packed(entry);
        StoredBytes content = entry.Method == 0 ? packed : Unpack(entry, at, cancellation);
        uint checksum = 0;
        const int Step = 1 << 20;
        for (long from = 0; from < content.Length; from += Step)
        {
            cancellation.ThrowIfCancellationRequested();
            checksum = Crc32.Add(checksum, content.Span(from, (int)Math.Min(Step, content.Length - from)));
        }

        return content.Length == entry.SizeBytes && checksum == entry.Checksum ? content : throw Bad(_path, $"the size or the checksum of the entry {entry.Name} is wrong");
    }

    /// <summary>The first bytes of an entry's content, unchecked: for looking at headers.</summary>
    /// <exception cref="CheckpointFormatException">The entry is not where the directory says, or damaged at its beginning.</exception>
    public byte[] Start(ZipEntry entry, int count)
    {
        (StoredBytes packed, long at) = Packed(entry);
        byte[] start = new byte[(int)Math.Min(count, entry.SizeBytes)];
        if (entry.Method == 0)
        {
            packed.Span(0, start.Length).CopyTo(start);
            return start;
        }

        Inflater inflater = Inflate(entry, at);
        int length = 0;
        for (int read = -1; read != 0 && length < start.Length; length += read)
            read = inflater.Read(start.AsSpan(length));
        return start[..length];
    }

    /// <summary>An entry's bytes in the archive, and where they begin.</summary>
    /// <exception cref="CheckpointFormatException">The entry is not where the directory says.</exception>
    public (StoredBytes Packed, long At) Packed(ZipEntry entry)
    {
        long at = entry.HeaderOffset;
        if (at < 0 || at > _bytes.Length - LocalBytes || !_bytes.Span(at, 4).SequenceEqual("PK\u0003\u0004"u8))
            throw Bad(_path, $"the entry {entry.Name} has no header where the directory says");
        ReadOnlySpan<byte> header = _bytes.Span(at, LocalBytes);
        int nameLength = Short(header, 26);
        at += LocalBytes + nameLength + Short(header, 28);
        if (at <= _bytes.Length && Encoding.UTF8.GetString(_bytes.Span(entry.HeaderOffset + LocalBytes, nameLength)) != entry.Name)
            throw Bad(_path, $"the entry {entry.Name} has another name where the directory says it is");
        return at <= _bytes.Length && entry.PackedBytes <= _bytes.Length - at ? (_bytes.Slice(at, entry.PackedBytes), at)
            : throw Bad(_path, $"the entry {entry.Name} reaches outside the file");
    }

    private Inflater Inflate(ZipEntry entry, long at) =>
        new(new ByteWindow(_bytes.Slice(0, at + entry.PackedBytes)), at, problem => Bad(_path, $"the entry {entry.Name} is damaged: {problem}"));

    private StoredBytes Unpack(ZipEntry entry, long at, CancellationToken cancellation)
    {
        Inflater inflater = Inflate(entry, at);
        using GrowingMemory memory = new(1, null, _ => { });
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = inflater.Read(memory.Free());
            if (count == 0)
                return memory.Join();
            memory.Commit(count);
            if (memory.Length > entry.SizeBytes)
                throw Bad(_path, $"the entry {entry.Name} is larger than the directory says");
        }
    }

    private static (long Count, long Offset, long Length) FindEnd(string path, StoredBytes bytes)
    {
        int looked = (int)Math.Min(bytes.Length, EndBytes + LargestComment);
        ReadOnlySpan<byte> tail = bytes.Span(bytes.Length - looked, looked);
        for (int at = looked - EndBytes; at >= 0; at--)
        {
            ReadOnlySpan<byte> end = tail[at..];
            if (!end.StartsWith("PK\u0005\u0006"u8) || Short(end, 20) != looked - at - EndBytes)
                continue;
            long count = Short(end, 10), length = Word(end, 12), offset = Word(end, 16);
            bool large = count == 0xFFFF || length == 0xFFFFFFFF || offset == 0xFFFFFFFF;
            if (Short(end, 4) is not (0 or 0xFFFF) || (!large && Short(end, 8) != count))
                throw Bad(path, "it is one part of several");
            return large ? FindLargeEnd(path, bytes, bytes.Length - looked + at) : (count, offset, length);
        }

        throw Bad(path, "its directory is missing, as in a file that was cut off");
    }

    /// <summary>Zip64's end: a locator of 20 bytes before the ordinary end says where it is.</summary>
    private static (long Count, long Offset, long Length) FindLargeEnd(string path, StoredBytes bytes, long end)
    {
        const int Locator = 20, LargeEnd = 56;
        if (end < Locator || !bytes.Span(end - Locator, 4).SequenceEqual("PK\u0006\u0007"u8))
            throw Bad(path, "its directory's large form is missing");
        long at = Long(bytes.Span(end - Locator, Locator), 8);
        if (at < 0 || at > bytes.Length - LargeEnd || !bytes.Span(at, 4).SequenceEqual("PK\u0006\u0006"u8))
            throw Bad(path, "its directory's large form is not where it should be");
        ReadOnlySpan<byte> large = bytes.Span(at, LargeEnd);
        return (Math.Max(0, Long(large, 32)), Long(large, 48), Long(large, 40));
    }

    private static (ZipEntry Entry, long Next) ReadEntry(string path, StoredBytes bytes, long at, long end)
    {
        if (at > end - CentralBytes || !bytes.Span(at, 4).SequenceEqual("PK\u0001\u0002"u8))
            throw Bad(path, "its directory is damaged");
        ReadOnlySpan<byte> fixedPart = bytes.Span(at, CentralBytes);
        int flags = Short(fixedPart, 8), method = Short(fixedPart, 10), nameLength = Short(fixedPart, 28), extraLength = Short(fixedPart, 30);
        long next = at + CentralBytes + nameLength + extraLength + Short(fixedPart, 32);
        if (next > end)
            throw Bad(path, "its directory is damaged");
        string name = Encoding.UTF8.GetString(bytes.Span(at + CentralBytes, nameLength));
        if ((flags & 1) != 0 || method is not (0 or 8))
            throw Bad(path, $"the entry {name} is {((flags & 1) != 0 ? "encrypted" : FormattableString.Invariant($"packed by method {method}; stored and deflated are read"))}");
        if (name.Length == 0 || name[0] is '/' or '\\' || name.Contains(':', StringComparison.Ordinal) || name.Split('/', '\\').Contains(".."))
            throw Bad(path, $"the entry {name} has a name that leaves the archive");
        long size = Word(fixedPart, 24), packed = Word(fixedPart, 20), offset = Word(fixedPart, 42);
        if (size == 0xFFFFFFFF || packed == 0xFFFFFFFF || offset == 0xFFFFFFFF)
            ReadLarge(path, name, bytes.Span(at + CentralBytes + nameLength, extraLength), ref size, ref packed, ref offset);
        if (size < 0 || packed < 0 || offset < 0 || packed > bytes.Length || (method == 0 ? size != packed : size / DeflateLimit > packed))
            throw Bad(path, $"the entry {name} claims {packed} bytes that hold {size}");
        return (new ZipEntry(name, method, (uint)Word(fixedPart, 16), packed, size, offset), next);
    }

    /// <summary>Zip64's extra field: those of the three numbers that did not fit, in this order.</summary>
    private static void ReadLarge(string path, string name, ReadOnlySpan<byte> extra, ref long size, ref long packed, ref long offset)
    {
        while (extra.Length >= 4)
        {
            int kind = Short(extra, 0), length = Short(extra, 2);
            if (length > extra.Length - 4)
                break;
            ReadOnlySpan<byte> field = extra.Slice(4, length);
            extra = extra[(4 + length)..];
            if (kind != 1)
                continue;
            if (Take(ref size, ref field) && Take(ref packed, ref field) && Take(ref offset, ref field))
                return;
            break;
        }

        throw Bad(path, $"the entry {name} lacks its large sizes");

        static bool Take(ref long value, ref ReadOnlySpan<byte> field)
        {
            if (value != 0xFFFFFFFF)
                return true;
            if (field.Length < 8)
                return false;
            value = Long(field, 0);
            field = field[8..];
            return true;
        }
    }

    private static int Short(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static long Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Long(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private static CheckpointFormatException Bad(string path, string problem) =>
        new(path, $"expected a zip archive, found damage: {problem}. Download the file again or write it anew", kind: "BadZip");
}
