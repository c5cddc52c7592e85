using Azimuth.Numerics;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.Glove;

/// <summary>
/// How often words meet within a window, each meeting with 1/distance, both ways; lines are separate. Both orders of a pair have the same sum, so only row ≤ column is kept. Pairs of
/// frequent words (row · column below a bound, as in the original program) are counted in place, the others as <see cref="PairEvents"/>. Rows are dealt out to the threads, each of which
/// reads the whole text: every sum is added up in the order of the text, whatever their number.
/// </summary>
internal sealed class PairCounter : IDisposable
{
    private readonly int _window, _threads;
    private readonly int[] _dense; // columns of a row that are counted in place: row … row + _dense[row] − 1
    private readonly long[] _offsets;
    private readonly byte[] _owner; // the thread that counts a row
    private readonly double[][] _counts; // one a thread
    private readonly long[] _different; // of each thread's counts, those above 0
    private readonly PairEvents[] _events;
    private int[] _text = []; // the part that is counted, in numbers of the vocabulary

    /// <param name="words">Size of the vocabulary, numbered by falling frequency.</param>
    /// <param name="window">Words to each side.</param>
    /// <param name="meetings">About how many there will be.</param>
    /// <param name="memoryBytes">At most half goes to counting in place, half to the events.</param>
    /// <param name="folder">For what does not fit.</param>
    /// <param name="threads">How many share the rows.</param>
    public PairCounter(int words, int window, long meetings, long memoryBytes, string folder, int threads)
    {
        (_window, _threads) = (window, threads);
        // By Zipf's law a tenth as many places as meetings are those met once and more; beyond, sorting costs less than a page of memory for a few counts.
        (_dense, _offsets, long[] sizes) = Layout(words, Math.Min(memoryBytes / 2 / sizeof(double), meetings / 8), threads);
        _owner = [.. Enumerable.Range(0, words).Select(row => (byte)(row % threads))];
        _counts = [.. sizes.Select(size => new double[size])];
        _different = new long[threads];
        _events = [.. Enumerable.Range(0, threads).Select(t => new PairEvents(words, memoryBytes / 2 / threads, Path.Combine(folder, $"rare-pairs.{t}")))];
    }

    /// <summary>Upper bound of the different pairs with row ≤ column; after <see cref="Finish"/>.</summary>
    public long MostPairs => _different.Sum() + _events.Sum(events => events.MostPairs);

    /// <summary>Bytes of pairs on the disk.</summary>
    public long SpilledBytes => _events.Sum(events => events.SpilledBytes);

    /// <summary>Counts the meetings of the words of a part of the text with those before them.</summary>
    /// <param name="ids">Words, −1 behind each line.</param>
    /// <param name="from">Where the part begins; in a line or not.</param>
    /// <param name="length">Of the part.</param>
    /// <param name="rank">The vocabulary's number of each word of the text.</param>
    /// <param name="workers">The threads to use.</param>
    public void Count(IdFile ids, long from, int length, int[] rank, Workers workers)
    {
        int behind = (int)Math.Min(from, _window);
        ReadOnlySpan<int> words = ids.Slice(from - behind, behind + length);
        if (_text.Length < words.Length)
            _text = new int[words.Length];
        for (int at = 0; at < words.Length; at++)
            _text[at] = words[at] == IdFile.LineEnd ? IdFile.LineEnd : rank[words[at]];
        workers.Run(_threads, thread => Count(_text.AsSpan(0, behind + length), behind, thread));
    }

    public void Finish(Workers workers) => workers.Run(_threads, thread => _events[thread].Finish());

    /// <summary>The pairs of one thread's rows by rising row, then column.</summary>
    public IEnumerable<PairCount> Pairs(int thread)
    {
        using IEnumerator<PairCount> rare = _events[thread].Merge().GetEnumerator();
        bool more = rare.MoveNext();
        for (int row = thread; row < _dense.Length; row += _threads)
        {
            for (int i = 0; i < _dense[row]; i++)
            {
                if (_counts[thread][_offsets[row] + i] is > 0 and double count)
                    yield return new PairCount(row, row + i, count);
            }

            for (; more && rare.Current.Row == row; more = rare.MoveNext())
                yield return rare.Current;
        }
    }

    public void Dispose()
    {
        foreach (PairEvents events in _events)
            events.Dispose();
        Array.Clear(_counts);
    }

    private void Count(ReadOnlySpan<int> text, int first, int thread)
    {
        double[] weights = [0, .. Enumerable.Range(1, _window).Select(distance => 1.0 / distance)];
        byte[] owner = _owner;
        Span<Meeting> own = stackalloc Meeting[_window];
        long different = 0;
        int start = text[..first].LastIndexOf(IdFile.LineEnd) + 1;
        for (int at = first; at < text.Length; at++)
        {
            int word = text[at];
            if (word == IdFile.LineEnd)
            {
                start = at + 1;
                continue;
            }

            // Chosen without a branch, which nothing could predict.
            int count = 0;
            for (int before = Math.Max(start, at - _window); before < at; before++)
            {
                int row = Math.Min(word, text[before]);
                own[count] = new Meeting(row, Math.Max(word, text[before]), at - before);
                count += owner[row] == thread ? 1 : 0;
            }

            different += Add(own[..count], weights, thread);
        }

        _different[thread] += different;
    }

    /// <returns>How many met for the first time where they are counted in place.</returns>
    private int Add(ReadOnlySpan<Meeting> meetings, double[] weights, int thread)
    {
        double[] counts = _counts[thread];
        int different = 0;
        foreach (var (row, column, distance) in meetings)
        {
            int times = row == column ? 2 : 1; // a word near itself counts both ways in one place
            if (column - row < _dense[row])
            {
                ref double count = ref counts[_offsets[row] + column - row];
                different += count == 0 ? 1 : 0;
                count += times * weights[distance];
                continue;
            }

            for (int i = 0; i < times; i++)
                _events[thread].Add(row, column, distance);
        }

        return different;
    }

    /// <summary>The largest bound on (row + 1)(column + 1) below which all pairs fit.</summary>
    private static long Bound(int words, long cells)
    {
        long low = 0, high = (long)words * words;
        while (low < high)
        {
            long middle = low + (high - low + 1) / 2;
            long needed = 0;
            for (int row = 0; row < words && needed <= cells; row++)
                needed += Columns(row, words, middle);
            (low, high) = needed <= cells ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    private static int Columns(int row, int words, long bound) => (int)Math.Max(0, Math.Min(words, bound / (row + 1)) - row);

    /// <summary>Where pairs are counted in place: at most so many cells, and in each thread at most as many as an array has.</summary>
    internal static (int[] Dense, long[] Offsets, long[] Sizes) Layout(int words, long cells, int threads)
    {
        // Rows become shorter, so no thread has more than a row's cells above the mean.
        long bound = Bound(words, Math.Min(cells, threads * ((long)Array.MaxLength - words)));
        var dense = new int[words];
        long[] offsets = new long[words], sizes = new long[threads];
        for (int row = 0; row < words; row++)
        {
            dense[row] = Columns(row, words, bound);
            offsets[row] = sizes[row % threads];
            sizes[row % threads] += dense[row];
        }

        return (dense, offsets, sizes);
    }

    private readonly record struct Meeting(int Row, int Column, int Distance);
}
