using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Compression;

namespace Azimuth.Training.Corpora;

/// <summary>
/// A corpus line by line, as valid UTF-8: other bytes become U+FFFD, one for each maximal piece as Unicode advises, and the mark at the beginning of a file is left out. One pass; not to be
/// shared between threads.
/// </summary>
public sealed class CorpusReader : IDisposable
{
    private const int LongestLine = 1 << 20;
    private readonly IReadOnlyList<string> _files;
    private readonly Func<string, string> _nameOf;
    private byte[] _buffer = new byte[1 << 18], _repaired = [];
    private int _from, _to, _endLength, _file = -1, _repairedFile = -1;
    private ByteWindow? _stored;
    private ReadAhead? _gzip;
    private long _position, _bytesBefore;
    private bool _begins; // a file, whose mark is still to be looked for

    /// <param name="files">In order.</param>
    /// <param name="nameOf">What a file is called in a sentence.</param>
    internal CorpusReader(IReadOnlyList<string> files, Func<string, string> nameOf) => (_files, _nameOf) = (files, nameOf);

    /// <summary>Bytes of the stored files that were taken in so far.</summary>
    public long StoredBytesRead => _bytesBefore + (_gzip?.Position ?? _position);

    /// <summary>Where U+FFFD were put in so far.</summary>
    public ReplacedBytes Replaced { get; private set; } = ReplacedBytes.None;

    /// <summary>How the line returned last ended: "\n", "\r\n", or nothing at the end of a file and where a long line was cut.</summary>
    public ReadOnlySpan<byte> LineEnd => _endLength switch { 0 => [], 1 => "\n"u8, _ => "\r\n"u8 };

    /// <summary>The line returned last goes on with the next.</summary>
    public bool IsCut { get; private set; }

    /// <summary>
    /// The next line without its end (LF, CR LF, the end of a file). A line of more than a mebibyte comes in pieces, cut behind a blank where there is one, never inside a character.
    /// </summary>
    /// <param name="line">Valid until the next call.</param>
    /// <returns>False at the end of the corpus.</returns>
    /// <exception cref="CheckpointFormatException">A file cannot be read, or its compression is cut off or damaged: one sentence.</exception>
    public bool TryNextLine(out ReadOnlySpan<byte> line)
    {
        if (!TryNextBytes(out line))
            return false;
        if (_begins && line.StartsWith("\uFEFF"u8))
            line = line[3..];
        _begins = false;
        line = Repair(line);
        return true;
    }

    private bool TryNextBytes(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        IsCut = false;
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
                line = _buffer.AsSpan(_from, PieceLength(_buffer.AsSpan(_from, LongestLine)));
                _from += line.Length;
                (_endLength, IsCut) = (0, true);
                return true;
            }

            if (Fill())
                continue;
            if (searched > 0)
            {
                line = _buffer.AsSpan(_from, searched);
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

    /// <summary>Up to the last blank, or to the last character that is whole.</summary>
    private static int PieceLength(ReadOnlySpan<byte> line)
    {
        int blank = line.LastIndexOfAny((byte)' ', (byte)'\t');
        if (blank > 0)
            return blank + 1;
        // The first byte of the last character, at most three back; where there is none it is no UTF-8 anyway.
        int tail = line[^4..].LastIndexOfAnyExceptInRange((byte)0x80, (byte)0xBF);
        return tail > 0 && line[^(4 - tail)] >= 0xC0 ? line.Length - 4 + tail : line.Length;
    }

    private ReadOnlySpan<byte> Repair(ReadOnlySpan<byte> line)
    {
        if (Utf8.IsValid(line))
            return line;
        if (_repaired.Length < 3 * line.Length)
            _repaired = new byte[3 * line.Length];
        int length = 0;
        long replaced = 0;
        while (line.Length > 0)
        {
            OperationStatus status = Rune.DecodeFromUtf8(line, out Rune rune, out int used);
            if (status != OperationStatus.Done)
                replaced++;
            length += rune.EncodeToUtf8(_repaired.AsSpan(length));
            line = line[used..];
        }

        Replaced = Replaced.And(new ReplacedBytes(replaced, _file == _repairedFile ? 0 : 1, _nameOf(_files[_file])));
        _repairedFile = _file;
        return _repaired.AsSpan(0, length);
    }

    /// <summary>Closes the file that is open.</summary>
    public void Dispose()
    {
        // First what reads the other.
        _gzip?.Dispose();
        _stored?.Dispose();
    }

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
        (_file, _begins) = (index, true);
        _stored = new ByteWindow(_files[index]);
        if (_stored.Length >= 2 && _stored.Span(0, 2) is [0x1F, 0x8B])
            _gzip = new ReadAhead(new GzipReader(_files[index], _stored));
        return true;
    }
}
