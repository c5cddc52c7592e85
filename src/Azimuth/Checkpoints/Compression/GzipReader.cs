using System.Buffers.Binary;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Compression;

/// <summary>
/// Reads a gzip file (RFC 1952), all its members one after the other, checking every length and checksum. Zeros after the last member are
/// padding; anything else there is refused. Belongs to one thread.
/// </summary>
internal sealed class GzipReader
{
    private readonly string _path;
    private readonly ByteWindow _source;
    private readonly Inflater _inflater;
    private uint _checksum, _length;
    private bool _inMember;
    private long _next;

    public GzipReader(string path, ByteWindow source)
    {
        (_path, _source) = (path, source);
        _inflater = new Inflater(source, 0, problem => Error(problem));
    }

    /// <summary>Compressed bytes used so far.</summary>
    public long Position => _inMember ? _inflater.Position : _next;

    /// <summary>True for bytes that begin as a gzip file does.</summary>
    public static bool IsGzip(StoredBytes bytes) => bytes.Length >= 2 && bytes.Span(0, 2).SequenceEqual<byte>([0x1F, 0x8B]);

    /// <summary>Fills some of <paramref name="destination"/>; 0 only at the end.</summary>
    /// <exception cref="CheckpointFormatException">The file ends early, is damaged, or goes on after its end.</exception>
    public int Read(Span<byte> destination)
    {
        while (true)
        {
            if (!_inMember && !BeginMember())
                return 0;
            int count = _inflater.Read(destination);
            if (count > 0)
            {
                _checksum = Crc32.Add(_checksum, destination[..count]);
                _length += (uint)count;
                return count;
            }

            EndMember();
        }
    }

    /// <summary>Skips a member's header (RFC 1952, section 2.3); false at the end of the file.</summary>
    private bool BeginMember()
    {
        if (_next > 0 && IsPadding())
            return false;
        const int Fixed = 10;
        ReadOnlySpan<byte> header = Need(_next, Fixed);
        if (header[0] != 0x1F || header[1] != 0x8B)
            throw Error("after the end of the compressed data other bytes follow");
        if (header[2] != 8 || (header[3] & 0xE0) != 0)
            throw Error("it is compressed in a way that gzip does not know");
        int flags = header[3];
        long at = _next + Fixed;
        if ((flags & 4) != 0)
            at += 2 + BinaryPrimitives.ReadUInt16LittleEndian(Need(at, 2));
        if ((flags & 8) != 0)
            at = AfterZero(at);
        if ((flags & 16) != 0)
            at = AfterZero(at);
        if ((flags & 2) != 0)
            at += 2;
        if (at > _source.Length)
            throw Error("the file ends inside a header");
        _inflater.Restart(at);
        (_inMember, _checksum, _length) = (true, 0, 0);
        return true;
    }

    private void EndMember()
    {
        long at = _inflater.Position;
        ReadOnlySpan<byte> trailer = Need(at, 8);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != _checksum)
            throw Error("the checksum is wrong");
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != _length)
            throw Error("the length is another than the file says");
        (_inMember, _next) = (false, at + 8);
    }

    private bool IsPadding()
    {
        const int Step = 1 << 16;
        for (long at = _next; at < _source.Length; at += Step)
        {
            if (_source.Span(at, (int)Math.Min(Step, _source.Length - at)).ContainsAnyExcept((byte)0))
                return false;
        }

        return true;
    }

    private long AfterZero(long at)
    {
        const int Step = 1 << 12;
        while (at < _source.Length)
        {
            int length = (int)Math.Min(Step, _source.Length - at), zero = _source.Span(at, length).IndexOf((byte)0);
            if (zero >= 0)
                return at + zero + 1;
            at += length;
        }

        throw Error("the file ends inside a header");
    }

    private ReadOnlySpan<byte> Need(long at, int length) =>
        length <= _source.Length - at ? _source.Span(at, length) : throw Error("the file ends early");

    private CheckpointFormatException Error(string problem) =>
        new(_path, $"expected a gzip file, found damage: {problem}. Download the file again, or decompress it elsewhere to see what can be saved", kind: "BadGzip");
}
