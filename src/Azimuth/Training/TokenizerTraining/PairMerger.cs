using System.Numerics.Tensors;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>
/// Byte pair encoding's training (Sennrich et al. 2016, algorithm 1) with counts kept up to date: always the pair with the highest count, of equal ones the one with the
/// smaller left id, then the smaller right id, as the tokenizers library does it. Overlapping pairs count too (aaa holds aa twice); merging goes from left to right.
/// </summary>
internal sealed class PairMerger
{
    private readonly SegmentedWords _words;
    private readonly TokenList _tokens;
    private readonly int _vocabSize;
    private readonly long _minFrequency;
    private readonly string _prefix;
    private readonly PairIndex _pairs = new();
    private readonly PriorityQueue<int, Rank> _best = new();
    private readonly List<Merge> _merges = [];
    private readonly HashSet<(int, int)> _merged = [];
    private readonly List<int> _inWords = [], _risen = [];
    private Side[] _before = new Side[1 << 10], _after = new Side[1 << 10];
    private int _round;

    /// <summary>Counts the pairs of the words as they are.</summary>
    /// <param name="words">Changed by merging.</param>
    /// <param name="tokens">Special tokens and alphabet, and what the merges below made; grows.</param>
    /// <param name="vocabSize">Merging ends at so many tokens.</param>
    /// <param name="minFrequency">And where no pair occurs so often.</param>
    /// <param name="prefix">What the second part of a merge loses: "##" of WordPiece; empty for none.</param>
    /// <param name="merges">Merges that were made before.</param>
    /// <exception cref="ArgumentException">A merge or a word of tokens that are not there.</exception>
    public PairMerger(SegmentedWords words, TokenList tokens, int vocabSize, long minFrequency, string prefix, IReadOnlyList<Merge> merges)
    {
        (_words, _tokens, _vocabSize, _minFrequency, _prefix) = (words, tokens, vocabSize, minFrequency, prefix);
        foreach (Merge merge in merges)
        {
            if ((uint)merge.Left >= (uint)tokens.Count || (uint)merge.Right >= (uint)tokens.Count)
                throw new ArgumentException("expected merges of tokens that are there before them, found others");
            Note(merge);
        }

        for (int word = 0; word < words.Lengths.Length; word++)
        {
            Span<int> symbols = words.Word(word);
            if (symbols.Length > 0 && (TensorPrimitives.Min<int>(symbols) < 0 || TensorPrimitives.Max<int>(symbols) >= tokens.Count))
                throw new ArgumentException("expected words of known tokens, found others");
            for (int i = 1; i < symbols.Length; i++)
                _pairs.Add(_pairs.Number(symbols[i - 1], symbols[i]), word, words.Counts[word]);
        }

        for (int pair = 0; pair < _pairs.Count; pair++)
            Push(pair);
        Settle();
    }

    /// <summary>The merges made so far, earliest first.</summary>
    public IReadOnlyList<Merge> Merges => _merges;

    /// <summary>True when the vocabulary is full or no pair is frequent enough.</summary>
    public bool Finished { get; private set; }

    /// <summary>Merges one pair; not when finished.</summary>
    /// <returns>Words that were gone through, as a measure of the work.</returns>
    public int Step()
    {
        int pair = _best.Dequeue();
        (int left, int right) = _pairs.Tokens(pair);
        long count = _pairs.CountOf(pair);
        int merged = Note(new Merge(left, right, count));
        _pairs.TakeWords(pair, _inWords);
        BeginRound();
        foreach (int word in _inWords)
            MergeIn(word, left, right, merged);
        _pairs.CountOf(pair) = 0;
        foreach (int risen in _risen)
            Push(risen);
        Settle();
        return _inWords.Count;
    }

    /// <summary>Two pairs may spell the same token: then it keeps the id it has, and its pairs may come up a second time, which is no new merge.</summary>
    private int Note(Merge merge)
    {
        string right = _tokens.Tokens[merge.Right];
        if (_merged.Add((merge.Left, merge.Right)))
            _merges.Add(merge);
        return _tokens.Add(_tokens.Tokens[merge.Left] + (_prefix.Length > 0 && right.StartsWith(_prefix, StringComparison.Ordinal) ? right[_prefix.Length..] : right));
    }

    // Counts fall without the queue being told; a pair that comes first with an old count goes back with its own.
    private void Settle()
    {
        Finished = true;
        while (_tokens.Count < _vocabSize && _best.TryPeek(out int pair, out Rank rank))
        {
            Finished = _pairs.CountOf(pair) != rank.Count;
            if (!Finished)
                break;
            _best.Dequeue();
            if (_pairs.CountOf(pair) < rank.Count)
                Push(pair);
        }
    }

    private void Push(int pair)
    {
        long count = _pairs.CountOf(pair);
        (int left, int right) = _pairs.Tokens(pair);
        if (count >= _minFrequency)
            _best.Enqueue(pair, new Rank(count, left, right));
    }

    private void MergeIn(int word, int left, int right, int merged)
    {
        Span<int> symbols = _words.Word(word);
        long count = _words.Counts[word];
        int to = 0;
        for (int from = 0; from < symbols.Length;)
        {
            if (symbols[from] != left || from + 1 == symbols.Length || symbols[from + 1] != right)
            {
                symbols[to++] = symbols[from++];
                continue;
            }

            if (to > 0)
            {
                int neighbor = symbols[to - 1];
                ref Side side = ref _before[neighbor];
                if (side.Round != _round)
                    side = Met(_pairs.Number(neighbor, left), _pairs.Number(neighbor, merged));
                _pairs.CountOf(side.Was) -= count;
                _pairs.Add(side.Is, word, count);
            }

            symbols[to++] = merged;
            from += 2;
            if (from < symbols.Length)
            {
                int neighbor = symbols[from];
                ref Side side = ref _after[neighbor];
                if (side.Round != _round)
                    side = Met(_pairs.Number(right, neighbor), _pairs.Number(merged, neighbor));
                _pairs.CountOf(side.Was) -= count;
                _pairs.Add(side.Is, word, count);
            }
        }

        _words.Lengths[word] = to;
    }

    private void BeginRound()
    {
        _round++;
        _risen.Clear();
        if (_before.Length >= _tokens.Count)
            return;
        Array.Resize(ref _before, Math.Max(_tokens.Count, 2 * _before.Length));
        Array.Resize(ref _after, _before.Length);
    }

    private Side Met(int was, int now)
    {
        _risen.Add(now);
        return new Side(_round, was, now);
    }

    /// <summary>The pair a neighbour was in before this merge, and the one it is in now: looked up once a merge, not once a word.</summary>
    private readonly record struct Side(int Round, int Was, int Is);

    private readonly record struct Rank(long Count, int Left, int Right) : IComparable<Rank>
    {
        public int CompareTo(Rank other) =>
            Count != other.Count ? other.Count.CompareTo(Count) : Left != other.Left ? Left.CompareTo(other.Left) : Right.CompareTo(other.Right);
    }
}
