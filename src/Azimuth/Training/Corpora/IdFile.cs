using System.Runtime.InteropServices;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Training.Corpora;

/// <summary>A corpus as word numbers: 32 bits each, −1 behind each line. Mapped, so that any place is reached at once and nothing is held in memory.</summary>
internal sealed class IdFile
{
    /// <summary>Ends a line.</summary>
    public const int LineEnd = -1;

    private readonly StoredBytes _bytes;

    /// <summary>Maps a file.</summary>
    /// <exception cref="CheckpointFormatException">Missing, not readable, or not of whole numbers.</exception>
    public IdFile(string path)
    {
        _bytes = MappedFile.Open(path);
        if (_bytes.Length % sizeof(int) != 0)
            throw new CheckpointFormatException(path, FormattableString.Invariant($"expected 32-bit numbers, found {_bytes.Length} bytes. Delete it and begin the run again"));
        Length = _bytes.Length / sizeof(int);
    }

    /// <summary>Numbers and line ends.</summary>
    public long Length { get; }

    /// <summary>A part.</summary>
    public ReadOnlySpan<int> Slice(long from, int count) => MemoryMarshal.Cast<byte, int>(_bytes.Span(from * sizeof(int), checked(count * sizeof(int))));

    /// <summary>Where the first line that begins at <paramref name="at"/> or behind it begins; <see cref="Length"/> when none does.</summary>
    public long LineFrom(long at)
    {
        if (at <= 0)
            return 0;
        const int Step = 1 << 12;
        for (long from = at - 1; from < Length; from += Step)
        {
            int end = Slice(from, (int)Math.Min(Step, Length - from)).IndexOf(LineEnd);
            if (end >= 0)
                return from + end + 1;
        }

        return Length;
    }
}

/// <summary>Writes an <see cref="IdFile"/>.</summary>
internal sealed class IdWriter(Stream stream)
{
    private readonly int[] _buffer = new int[1 << 16];
    private int _count;

    public void Add(int id)
    {
        if (_count == _buffer.Length)
            Flush();
        _buffer[_count++] = id;
    }

    public void Flush()
    {
        stream.Write(MemoryMarshal.AsBytes(_buffer.AsSpan(0, _count)));
        _count = 0;
    }
}
