using System.Numerics.Tensors;
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
    private readonly string _path;

    /// <summary>Maps a file.</summary>
    /// <exception cref="CheckpointFormatException">Missing, not readable, or not of whole numbers.</exception>
    public IdFile(string path)
    {
        (_bytes, _path) = (MappedFile.Open(path), path);
        if (_bytes.Length % sizeof(int) != 0)
            throw new CheckpointFormatException(path, FormattableString.Invariant($"expected 32-bit numbers, found {_bytes.Length} bytes. Delete it and begin the run again"));
        Length = _bytes.Length / sizeof(int);
    }

    /// <summary>Numbers and line ends.</summary>
    public long Length { get; }

    /// <summary>A part.</summary>
    public ReadOnlySpan<int> Slice(long from, int count) => MemoryMarshal.Cast<byte, int>(_bytes.Span(from * sizeof(int), checked(count * sizeof(int))));

    /// <summary>A part whose numbers are line ends and words below <paramref name="words"/>; it ends a line.</summary>
    /// <param name="from">Where a line begins.</param>
    /// <param name="to">Where the next part begins.</param>
    /// <param name="words">In the vocabulary.</param>
    /// <param name="longest">Numbers in it at most.</param>
    /// <exception cref="CheckpointFormatException">The file is damaged.</exception>
    public ReadOnlySpan<int> Lines(long from, long to, int words, int longest)
    {
        if (to - from > longest)
            throw Damaged(FormattableString.Invariant($"expected lines of at most {TrainingText.LongestLine} words, found a longer one behind number {from}"));
        ReadOnlySpan<int> part = Slice(from, (int)(to - from));
        if (part.Length > 0 && (TensorPrimitives.Min(part) < LineEnd || TensorPrimitives.Max(part) >= words))
            throw Damaged(FormattableString.Invariant($"expected word numbers below {words}, found others behind number {from}"));
        if (part.Length > 0 && part[^1] != LineEnd)
            throw Damaged("expected a line end at the end of the file, found a word");
        return part;
    }

    /// <summary>Goes through all numbers, for who reads them without looking.</summary>
    /// <exception cref="CheckpointFormatException">The file is damaged.</exception>
    public void Check(int words, CancellationToken cancellation)
    {
        const int Step = 1 << 20;
        for (long from = 0; from < Length; from += Step)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<int> part = Slice(from, (int)Math.Min(Step, Length - from));
            if (TensorPrimitives.Min(part) < LineEnd || TensorPrimitives.Max(part) >= words)
                throw Damaged(FormattableString.Invariant($"expected word numbers below {words}, found others behind number {from}"));
        }

        if (Length > 0 && Slice(Length - 1, 1)[0] != LineEnd)
            throw Damaged("expected a line end at the end of the file, found a word");
    }

    private CheckpointFormatException Damaged(string problem) => new(_path, problem + ". Begin the run again");

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

    public void Add(ReadOnlySpan<int> ids)
    {
        while (ids.Length > 0)
        {
            if (_count == _buffer.Length)
                Flush();
            int count = Math.Min(ids.Length, _buffer.Length - _count);
            ids[..count].CopyTo(_buffer.AsSpan(_count));
            _count += count;
            ids = ids[count..];
        }
    }

    public void Flush()
    {
        stream.Write(MemoryMarshal.AsBytes(_buffer.AsSpan(0, _count)));
        _count = 0;
    }
}
