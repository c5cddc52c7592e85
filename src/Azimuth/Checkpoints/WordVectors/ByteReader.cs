using Azimuth.Checkpoints.Compression;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// Reads a file's content in order, line by line or in counted bytes. Only 0x0A ends a line; a 0x0D before it is dropped. What it returns is
/// valid until the next call. Disposed by its creator. Belongs to one thread.
/// </summary>
internal sealed class ByteReader : IDisposable
{
    /// <summary>Far beyond real rows: a line of 4 million numbers. A file that is one endless line stops here.</summary>
    public const int LongestLine = 1 << 25;

    private const int FirstBuffer = 1 << 16;

    private readonly TableInput _input;
    private readonly ByteWindow _window;
    private readonly GzipReader? _gzip;
    private byte[] _buffer;
    private int _start, _end; // of _buffer: [_start, _end) is not yet handed out
    private long _position; // in the file, of plain content
    private bool _ended;

    /// <summary>Stands at the beginning.</summary>
    /// <param name="input">What is read.</param>
    /// <param name="linesBefore">Lines that stand before it where it is part of a larger text, for the numbers in messages.</param>
    public ByteReader(TableInput input, long linesBefore = 0)
    {
        (_input, Line) = (input, linesBefore);
        _window = input.Window();
        _gzip = input.IsGzip ? new GzipReader(input.Path, _window) : null;
        _buffer = new byte[_gzip is null ? (int)Math.Clamp(_window.Length, 16, FirstBuffer) : FirstBuffer];
    }

    /// <summary>The number of the line read last, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Bytes of content handed out so far.</summary>
    public long Consumed { get; private set; }

    /// <summary>Bytes of content still to come; null when only decompressing would tell.</summary>
    public long? Remaining => _gzip is null ? _window.Length - Consumed : null;

    /// <summary>Bytes of content seen so far, or all where they are known: what allocations are measured by.</summary>
    public long Seen => _gzip is null ? _window.Length : Consumed + (_end - _start);

    /// <summary>The next line without its end; false at the end of the file. A line end at the very end begins no line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="keepReturn">Whether a 0x0D before the line's end stays.</param>
    public bool TryReadLine(out ReadOnlySpan<byte> line, bool keepReturn = false)
    {
        int searched = 0;
        while (true)
        {
            int found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = Hand(searched + found, 1);
                break;
            }

            searched = _end - _start;
            if (searched > LongestLine)
                throw _input.Error(FormattableString.Invariant($"expected lines of at most {LongestLine} bytes, found a longer one. It is no text of rows"), Line + 1, "LineTooLong");
            if (Fill())
                continue;
            if (searched == 0)
            {
                line = default;
                return false;
            }

            line = Hand(searched, 0);
            break;
        }

        Line++;
        if (!keepReturn && line is [.., (byte)'\r'])
            line = line[..^1];
        return true;
    }

    /// <summary>Up to <paramref name="count"/> coming bytes without taking them; fewer only at the end.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        while (_end - _start < count && Fill())
        {
            // Until there are enough.
        }

        return _buffer.AsSpan(_start, Math.Min(count, _end - _start));
    }

    /// <summary>Takes bytes that <see cref="Peek"/> has shown.</summary>
    public void Skip(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _end - _start);
        _start += count;
        Consumed += count;
    }

    /// <summary>Passes over the byte order mark that Windows editors put before a text; no format read here begins with these bytes.</summary>
    public void SkipMark()
    {
        if (Peek(3).SequenceEqual("\uFEFF"u8))
            Skip(3);
    }

    /// <summary>Fills all of <paramref name="destination"/>; false when the file ends before.</summary>
    public bool TryRead(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            if (_start == _end && !Fill())
                return false;
            int count = Math.Min(destination.Length, _end - _start);
            _buffer.AsSpan(_start, count).CopyTo(destination);
            destination = destination[count..];
            Skip(count);
        }

        return true;
    }

    public void Dispose() => _window.Dispose();

    private ReadOnlySpan<byte> Hand(int length, int more)
    {
        ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length);
        _start += length + more;
        Consumed += length + more;
        return line;
    }

    /// <summary>More bytes into the buffer; false when there are no more.</summary>
    private bool Fill()
    {
        if (_ended)
            return false;
        _input.Cancellation.ThrowIfCancellationRequested();
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_end, _start) = (_end - _start, 0);
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        int count = Source(_buffer.AsSpan(_end));
        _end += count;
        _ended = count == 0;
        if (_window.Length > 0)
            _input.Progress?.Report((double)(_gzip?.Position ?? _position) / _window.Length);
        return !_ended;
    }

    private int Source(Span<byte> destination)
    {
        if (_gzip is not null)
            return _gzip.Read(destination);
        int count = (int)Math.Min(Math.Min(destination.Length, 1 << 16), _window.Length - _position);
        _window.Span(_position, count).CopyTo(destination);
        _position += count;
        return count;
    }
}
