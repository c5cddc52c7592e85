namespace Azimuth.Tokenization.Models;

/// <summary>
/// The symbols of one piece while they merge: parallel arrays as a doubly linked list in one block of memory, [field, symbol]. A merged pair lives on
/// in its left symbol.
/// </summary>
internal ref struct BpeSymbols
{
    /// <summary>Integers needed for each symbol.</summary>
    public const int Fields = 5;

    // Below this, looking at every pair again is cheaper than keeping a queue.
    private const int QueueThreshold = 64;

    private readonly Span<int> _ids;
    private readonly Span<int> _bytes;
    private readonly Span<int> _previous;
    private readonly Span<int> _next;
    private readonly Span<int> _ranks;
    private int _count;
    private IReadOnlySet<int>? _unused;
    private Dictionary<int, (int Left, int Right)>? _unusedParts;

    /// <summary>Symbols in <paramref name="memory"/>, which has room for <see cref="Fields"/> × <paramref name="capacity"/>.</summary>
    public BpeSymbols(Span<int> memory, int capacity)
    {
        _ids = memory[..capacity];
        _bytes = memory.Slice(capacity, capacity);
        _previous = memory.Slice(2 * capacity, capacity);
        _next = memory.Slice(3 * capacity, capacity);
        _ranks = memory.Slice(4 * capacity, capacity);
    }

    /// <summary>Appends a symbol of so many UTF-8 bytes.</summary>
    public void Add(int id, int bytes)
    {
        _ids[_count] = id;
        _bytes[_count] = bytes;
        _previous[_count] = _count - 1;
        _next[_count] = _count + 1;
        _count++;
    }

    /// <summary>Merges until no pair is left that does.</summary>
    public void MergeAll(MergeTable merges, IReadOnlySet<int>? unused)
    {
        (_unused, _unusedParts) = (unused, unused is null ? null : []);
        for (int at = 0; at < _count; at++)
            Rank(at, merges);
        if (_count < QueueThreshold)
            MergeByScan(merges);
        else
            MergeByQueue(merges);
    }

    /// <summary>Hands the symbols that are left to the model.</summary>
    public readonly void Emit(BpeModel model, List<ModelToken> tokens)
    {
        int start = 0;
        for (int at = 0; at < _count; at = _next[at])
        {
            model.Emit(_ids[at], start, start + _bytes[at], _unusedParts, tokens);
            start += _bytes[at];
        }
    }

    /// <summary>Writes the symbols that are left and returns their number.</summary>
    public readonly int Ids(Span<int> ids)
    {
        int count = 0;
        for (int at = 0; at < _count; at = _next[at])
            ids[count++] = _ids[at];
        return count;
    }

    private void MergeByScan(MergeTable merges)
    {
        while (true)
        {
            int best = -1, bestRank = MergeTable.None;
            for (int at = 0; at < _count; at = _next[at])
            {
                if (_ranks[at] < bestRank)
                    (best, bestRank) = (at, _ranks[at]);
            }

            if (best < 0)
                return;
            MergeAt(best, merges);
        }
    }

    private void MergeByQueue(MergeTable merges)
    {
        // Priority: rank, then position, so that equal ranks merge from the left.
        PriorityQueue<int, long> queue = new(_count);
        for (int at = 0; at < _count; at++)
            Enqueue(queue, at);
        while (queue.TryDequeue(out int at, out long priority))
        {
            // An entry is stale when one of its symbols has merged since: a dead symbol has no rank.
            if (_ranks[at] != (int)(priority >> 32))
                continue;
            MergeAt(at, merges);
            Enqueue(queue, at);
            if (_previous[at] >= 0)
                Enqueue(queue, _previous[at]);
        }
    }

    private readonly void Enqueue(PriorityQueue<int, long> queue, int at)
    {
        if (_ranks[at] != MergeTable.None)
            queue.Enqueue(at, ((long)_ranks[at] << 32) | (uint)at);
    }

    private void MergeAt(int at, MergeTable merges)
    {
        int right = _next[at];
        merges.Rank(_ids[at], _ids[right], out _ids[at]);
        _bytes[at] += _bytes[right];
        _next[at] = _next[right];
        _ranks[right] = MergeTable.None;
        if (_next[at] < _count)
            _previous[_next[at]] = at;
        if (_previous[at] >= 0)
            Rank(_previous[at], merges);
        Rank(at, merges);
    }

    private void Rank(int at, MergeTable merges)
    {
        _ranks[at] = MergeTable.None;
        if (_next[at] == _count)
            return;
        (int left, int right) = (_ids[at], _ids[_next[at]]);
        _ranks[at] = merges.Rank(left, right, out int result);

        // As sentencepiece does: the pair looked at last counts, whether or not it is the one that merges.
        if (_unused is not null && _unused.Contains(result))
            _unusedParts![result] = (left, right);
    }
}
