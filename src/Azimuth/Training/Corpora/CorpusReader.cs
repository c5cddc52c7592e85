using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Compression;

namespace Azimuth.Training.Corpora;

/// <summary>A corpus line by line, as bytes. One pass; not to be shared between threads.</summary>
public sealed class CorpusReader : IDisposable
{
    private const int LongestLine = 1 << 20;
    private readonly IReadOnlyList<string> _files;
    private byte[] _buffer = new byte[1 << 18];
    private int _from, _to, _endLength, _file = -1;
    private ByteWindow? _stored;
    private GzipReader? _gzip;
    private long _position, _bytesBefore;

    internal CorpusReader(IReadOnlyList<string> files) => _files = files;

    /// <summary>Bytes of the stored files that were taken in so far.</summary>
    public long StoredBytesRead => _bytesBefore + (_gzip?.Position ?? _position);

    /// <summary>How the line returned last ended: "\n", "\r\n", or nothing at the end of a file and where a long line was cut.</summary>
    public ReadOnlySpan<byte> LineEnd => _endLength switch { 0 => [], 1 => "\n"u8, _ => "\r\n"u8 };

    /// <summary>
    /// The next line without its end (LF, CR LF, the end of a file). A line of more than a mebibyte comes in pieces, cut behind a blank where one is near.
    /// </summary>
    /// <param name="line">Valid until the next call.</param>
    /// <returns>False at the end of the corpus.</returns>
    /// <exception cref="CheckpointFormatException">A file cannot be read, or its compression is cut off or damaged: one sentence.</exception>
    public bool TryNextLine(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int end = _buffer.AsSpan(_from + searched, _to - _from - searched).IndexOf((byte)'\n');
            if (end >= 0)
            {
                line = Cut(searched + end);
                _endLength = searched + end - line.Length + 1;
                _from += searched + end + 1;
                return true;
            }

            searched = _to - _from;
            if (searched >= LongestLine)
            {
                int blank = _buffer.AsSpan(_from, LongestLine).LastIndexOfAny((byte)' ', (byte)'\t');
                int length = blank > 0 ? blank + 1 : LongestLine;
                line = _buffer.AsSpan(_from, length);
                _from += length;
                _endLength = 0;
                return true;
            }

            if (Fill())
                continue;
            if (searched > 0)
            {
                line = Cut(searched);
                _from = _to;
                _endLength = 0;
                return true;
            }

            if (!Open(_file + 1))
            {
                line = default;
                return false;
            }
        }
    }

    /// <summary>Closes the file that is open.</summary>
    public void Dispose() => _stored?.Dispose();

    private ReadOnlySpan<byte> Cut(int length)
    {
        var line = _buffer.AsSpan(_from, length);
        return line.Length > 0 && line[^1] == '\r' ? line[..^1] : line;
    }

    /// <summary>More bytes of the open file behind those that are left; false at its end.</summary>
    private bool Fill()
    {
        if (_stored is null)
            return false;
        if (_from > 0)
        {
            _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
            (_from, _to) = (0, _to - _from);
        }

        if (_to == _buffer.Length)
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        int read = Read(_buffer.AsSpan(_to));
        _to += read;
        return read > 0;
    }

    private int Read(Span<byte> destination)
    {
        if (_gzip is not null)
            return _gzip.Read(destination);
        int count = (int)Math.Min(Math.Min(destination.Length, 1 << 16), _stored!.Length - _position);
        _stored.Span(_position, count).CopyTo(destination);
        _position += count;
        return count;
    }

    private bool Open(int index)
    {
        if (_stored is not null)
            _bytesBefore += _stored.Length;
        Dispose();
        (_stored, _gzip, _position, _from, _to) = (null, null, 0, 0, 0);
        if (index >= _files.Count)
            return false;
        _file = index;
        _stored = new ByteWindow(_files[index]);
        if (_stored.Length >= 2 && _stored.Span(0, 2) is [0x1F, 0x8B])
            _gzip = new GzipReader(_files[index], _stored);
        return true;
    }
}
