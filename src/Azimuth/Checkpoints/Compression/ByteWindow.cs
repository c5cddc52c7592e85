using Azimuth.Numerics;
using Microsoft.Win32.SafeHandles;

namespace Azimuth.Checkpoints.Compression;

/// <summary>
/// Bytes that are looked at in order, of a file through a small buffer or in memory. A mapping would count every page of a large text as memory of the
/// process, and end it if the file were shortened meanwhile. Disposed by its creator. Belongs to one thread.
/// </summary>
internal sealed class ByteWindow : IDisposable
{
    private const int BufferBytes = 1 << 18;

    private readonly string _path;
    private readonly StoredBytes? _memory;
    private readonly SafeFileHandle? _file;
    private byte[] _buffer = [];
    private long _start; // of the buffer's first byte
    private int _count;

    /// <summary>Bytes in memory.</summary>
    public ByteWindow(StoredBytes memory) => (_path, _memory, Length) = ("", memory, memory.Length);

    /// <summary>A file that is known to be one.</summary>
    /// <exception cref="CheckpointFormatException">It may not be read.</exception>
    public ByteWindow(string path)
    {
        _path = path;
        try
        {
            _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
            Length = RandomAccess.GetLength(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotReadable(e.Message);
        }
    }

    /// <summary>Number of bytes.</summary>
    public long Length { get; }

    /// <summary>Some bytes, valid until the next call.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They reach outside.</exception>
    public ReadOnlySpan<byte> Span(long position, int length)
    {
        if (_memory is not null)
            return _memory.Span(position, length);
        long at = position - _start;
        return at >= 0 && at + length <= _count ? _buffer.AsSpan((int)at, length) : Fill(position, length);
    }

    public void Dispose() => _file?.Dispose();

    private ReadOnlySpan<byte> Fill(long position, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - position);
        if (_buffer.Length < length || _buffer.Length == 0)
            _buffer = new byte[Math.Max(length, (int)Math.Min(BufferBytes, Length))];
        (_start, _count) = (position, 0);
        int wanted = (int)Math.Min(_buffer.Length, Length - position);
        try
        {
            while (_count < wanted)
            {
                int count = RandomAccess.Read(_file!, _buffer.AsSpan(_count, wanted - _count), position + _count);
                if (count == 0)
                    throw NotReadable("It became shorter while it was read.");
                _count += count;
            }
        }
        catch (IOException e)
        {
            throw NotReadable(e.Message);
        }

        return _buffer.AsSpan(0, length);
    }

    private CheckpointFormatException NotReadable(string problem) =>
        new(_path, $"it cannot be read ({problem}) Check the disk and whether another program holds the file", kind: "FileNotReadable");
}
