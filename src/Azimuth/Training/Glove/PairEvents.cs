using System.Numerics;
using System.Runtime.InteropServices;
using Azimuth.Checkpoints;

namespace Azimuth.Training.Glove;

/// <summary>
/// Meetings of rare words, as they come: row, column and distance in one number each. When the buffer is full it is sorted and added up, and the sums go to a file as a run;
/// <see cref="Merge"/> brings the runs together. Belongs to one thread.
/// </summary>
internal sealed class PairEvents : IDisposable
{
    public const int IndexBits = 28, DistanceBits = 8;
    private const int DigitBits = 12;
    private readonly int _columnBits;
    private ulong[] _events;
    private ulong[] _scratch;
    private readonly PairCount[] _sums = new PairCount[1 << 14]; // not left to the file, which would still try to write it when it is closed on a full disk
    private readonly string _path;
    private readonly List<(long Start, long Count)> _runs = [];
    private FileStream? _file;
    private int _count;

    /// <param name="words">Rows and columns.</param>
    /// <param name="memoryBytes">For the buffer and the room to sort it in.</param>
    /// <param name="path">Where runs go; deleted in the end.</param>
    public PairEvents(int words, long memoryBytes, string path)
    {
        _columnBits = BitOperations.Log2((uint)(words - 1)) + 1;
        int capacity = (int)Math.Clamp(memoryBytes / (2 * sizeof(ulong)), 1 << 10, 1 << 28);
        (_events, _scratch, _path) = (new ulong[capacity], new ulong[capacity], path);
    }

    /// <summary>Bytes on the disk.</summary>
    public long SpilledBytes => _file?.Length ?? 0;

    /// <summary>Upper bound of the different pairs.</summary>
    public long MostPairs => _runs.Sum(run => run.Count);

    public void Add(int row, int column, int distance)
    {
        if (_count == _events.Length)
            Spill();
        _events[_count++] = ((ulong)row << (_columnBits + DistanceBits)) | ((ulong)column << DistanceBits) | (uint)distance;
    }

    /// <summary>Writes what is left in the buffer and gives its memory back; afterwards only <see cref="Merge"/> is called.</summary>
    public void Finish()
    {
        if (_count > 0)
            Spill();
        (_events, _scratch) = ([], []);
    }

    /// <summary>All pairs by rising row, then column, with their sums.</summary>
    public IEnumerable<PairCount> Merge()
    {
        if (_file is null)
            yield break;
        if (_runs is [(long start, long count)])
        {
            for (var run = new RunReader(_file.SafeFileHandle, start, count, 0); run.MoveNext();)
                yield return run.Current;
            yield break;
        }

        var readers = new PriorityQueue<RunReader, (ulong Key, int Run)>();
        for (int run = 0; run < _runs.Count; run++)
        {
            var reader = new RunReader(_file.SafeFileHandle, _runs[run].Start, _runs[run].Count, run);
            if (reader.MoveNext())
                readers.Enqueue(reader, (reader.Current.Key, run));
        }

        // Equal pairs come in the order of the runs, so sums do not depend on anything else.
        while (readers.TryDequeue(out RunReader? reader, out var first))
        {
            PairCount pair = reader.Current;
            double sum = pair.Value;
            Again(reader);
            while (readers.TryPeek(out RunReader? other, out var next) && next.Key == first.Key)
            {
                readers.Dequeue();
                sum += other.Current.Value;
                Again(other);
            }

            yield return pair with { Value = sum };
        }

        void Again(RunReader reader)
        {
            if (reader.MoveNext())
                readers.Enqueue(reader, (reader.Current.Key, reader.Run));
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        File.Delete(_path);
    }

    private void Spill()
    {
        Sort();
        try
        {
            Append();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteProblem.Of(_path, e);
        }
    }

    private void Append()
    {
        _file ??= new FileStream(_path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        long start = _file.Position / 16, written = 0;
        PairCount[] sums = _sums;
        int filled = 0;
        for (int i = 0; i < _count;)
        {
            ulong key = _events[i] >> DistanceBits;
            double sum = 0;
            for (; i < _count && _events[i] >> DistanceBits == key; i++)
                sum += 1.0 / (uint)(_events[i] & ((1 << DistanceBits) - 1));
            sums[filled++] = new PairCount((int)(key >> _columnBits), (int)(key & ((1UL << _columnBits) - 1)), sum);
            written++;
            if (filled == sums.Length)
            {
                _file.Write(MemoryMarshal.AsBytes(sums.AsSpan()));
                filled = 0;
            }
        }

        _file.Write(MemoryMarshal.AsBytes(sums.AsSpan(0, filled)));
        _runs.Add((start, written));
        _count = 0;
    }

    /// <summary>By row and column, from the lowest digit up; meetings of a pair stay in the order they came.</summary>
    private void Sort()
    {
        const int Digits = 1 << DigitBits, Mask = Digits - 1;
        int passes = (2 * _columnBits + DigitBits - 1) / DigitBits;
        var places = new int[passes * Digits];
        foreach (ulong one in _events.AsSpan(0, _count))
        {
            ulong key = one >> DistanceBits;
            for (int pass = 0; pass < passes; pass++, key >>= DigitBits)
                places[pass * Digits + (int)(key & Mask)]++;
        }

        ulong[] from = _events, to = _scratch;
        for (int pass = 0; pass < passes; pass++)
        {
            Span<int> digits = places.AsSpan(pass * Digits, Digits);
            int shift = DistanceBits + pass * DigitBits, place = 0;
            for (int digit = 0; digit < Digits; digit++)
                (digits[digit], place) = (place, place + digits[digit]);
            foreach (ulong one in from.AsSpan(0, _count))
                to[digits[(int)(one >> shift) & Mask]++] = one;
            (from, to) = (to, from);
        }

        if (from != _events)
            (_events, _scratch) = (_scratch, _events);
    }

    /// <summary>A run, read through a buffer.</summary>
    private sealed class RunReader(Microsoft.Win32.SafeHandles.SafeFileHandle file, long start, long count, int run)
    {
        private readonly PairCount[] _buffer = new PairCount[4096];
        private long _read;
        private int _at = -1, _filled;

        public int Run { get; } = run;

        public PairCount Current => _buffer[_at];

        public bool MoveNext()
        {
            if (++_at < _filled)
                return true;
            _filled = (int)Math.Min(_buffer.Length, count - _read);
            if (_filled == 0)
                return false;
            Span<byte> bytes = MemoryMarshal.AsBytes(_buffer.AsSpan(0, _filled));
            long position = (start + _read) * 16;
            for (int got = 0; got < bytes.Length;)
            {
                int part = RandomAccess.Read(file, bytes[got..], position + got);
                got += part > 0 ? part : throw new IOException("the file of rare pairs became shorter while it was read. Begin the run again");
            }

            (_read, _at) = (_read + _filled, 0);
            return true;
        }
    }
}

/// <summary>A pair of words and how often they met, each time with 1/distance.</summary>
/// <param name="Row">The more frequent word.</param>
/// <param name="Column">The other.</param>
/// <param name="Value">The sum.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct PairCount(int Row, int Column, double Value)
{
    /// <summary>Rises with row, then column.</summary>
    public ulong Key => ((ulong)(uint)Row << 32) | (uint)Column;
}
