using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Torch.Pickle;

/// <summary>The bytes of a pickle, read forward, and the memory that its objects may take. Belongs to one thread.</summary>
internal sealed class PickleSource
{
    private const long FreeMemory = 32 << 20;
    private const int LongestLine = 1000; // of a module's or a class's name

    private readonly string _path;
    private readonly StoredBytes _bytes;
    private readonly long? _fileOffset;
    private long _memory;

    /// <summary>Starts at a place.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="bytes">The bytes the pickle lies in.</param>
    /// <param name="position">Its first byte.</param>
    /// <param name="fileOffset">Where <paramref name="bytes"/> begin in the file; null where they were compressed there.</param>
    /// <param name="fileBytes">The file's size: objects may take as much and 32 MiB more.</param>
    public PickleSource(string path, StoredBytes bytes, long position, long? fileOffset, long fileBytes) =>
        (_path, _bytes, Position, _fileOffset, _memory) = (path, bytes, position, fileOffset, FreeMemory + fileBytes);

    /// <summary>The next byte.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes that are left.</summary>
    public long Left => _bytes.Length - Position;

    /// <summary>Goes on with another pickle of the same file.</summary>
    public void MoveTo(long position) => Position = position;

    /// <summary>Notes memory that is about to be taken.</summary>
    /// <exception cref="CheckpointFormatException">It is out of proportion to the file.</exception>
    public void Spend(long bytes)
    {
        _memory -= bytes;
        if (_memory < 0)
            throw Error("its objects would take more memory than the file's size and 32 MiB", "TooLarge");
    }

    public byte Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>A length of eight bytes; negative for one of 2⁶³ or more, which nothing has.</summary>
    public long Length64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>The next bytes.</summary>
    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > Left || count > int.MaxValue)
            throw Error(FormattableString.Invariant($"expected {(ulong)count} bytes, found {Left} until the end"));
        ReadOnlySpan<byte> taken = _bytes.Span(Position, (int)count);
        Position += count;
        return taken;
    }

    /// <summary>A text in UTF-8.</summary>
    public string Text(long length)
    {
        ReadOnlySpan<byte> bytes = Take(length);
        if (!Utf8.IsValid(bytes))
            throw Error("expected a text in UTF-8, found other bytes");
        Spend(32 + (2L * bytes.Length));
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>A text up to a line feed.</summary>
    public string Line()
    {
        int looked = (int)Math.Min(LongestLine + 1, Left), length = _bytes.Span(Position, looked).IndexOf((byte)'\n');
        if (length < 0)
            throw Error($"expected a line of at most {LongestLine} bytes, found no end of it");
        string line = Text(length);
        Position++;
        return line;
    }

    /// <summary>An error at the place that was read last.</summary>
    public CheckpointFormatException Error(string problem, string kind = "BadPickle", string advice = CheckpointFormatException.Malformed) =>
        new(_path, $"in the pickle: {problem}{advice}", offset: _fileOffset + Position, kind: kind);
}
