using Azimuth.Tokenization.Text;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>
/// Every pair of neighbours with its count and the words it is or was in. A pair gets a number when it first occurs; the words of all pairs are linked lists in two
/// arrays, whose places are used again when a pair has been merged.
/// </summary>
internal sealed class PairIndex
{
    private readonly PairTable<int> _numbers = new(1 << 16);
    private (int Left, int Right, int Head, long Count)[] _pairs = new (int, int, int, long)[1 << 16];
    private (int Word, int Next)[] _places = new (int, int)[1 << 18];
    private int _placeCount, _free = -1;

    /// <summary>Pairs seen so far.</summary>
    public int Count { get; private set; }

    /// <summary>The two tokens of a pair.</summary>
    public (int Left, int Right) Tokens(int pair) => (_pairs[pair].Left, _pairs[pair].Right);

    /// <summary>How often a pair stands in the corpus.</summary>
    public ref long CountOf(int pair) => ref _pairs[pair].Count;

    /// <summary>The number of a pair, which it gets now if it has none.</summary>
    public int Number(int left, int right)
    {
        if (_numbers.TryGet(left, right, out int pair))
            return pair;
        if (Count == _pairs.Length)
            Array.Resize(ref _pairs, checked(2 * Count));
        _numbers.TryAdd(left, right, Count);
        _pairs[Count] = (left, right, -1, 0);
        return Count++;
    }

    /// <summary>Counts a pair in a word; a word that was noted last is not noted again.</summary>
    public void Add(int pair, int word, long count)
    {
        ref var entry = ref _pairs[pair];
        entry.Count += count;
        if (entry.Head >= 0 && _places[entry.Head].Word == word)
            return;
        int place = _free;
        if (place >= 0)
        {
            _free = _places[place].Next;
        }
        else
        {
            if (_placeCount == _places.Length)
                Array.Resize(ref _places, checked(2 * _placeCount));
            place = _placeCount++;
        }

        _places[place] = (word, entry.Head);
        entry.Head = place;
    }

    /// <summary>Takes a pair's words out: it occurs nowhere any more.</summary>
    public void TakeWords(int pair, List<int> words)
    {
        words.Clear();
        ref var entry = ref _pairs[pair];
        for (int place = entry.Head; place >= 0;)
        {
            words.Add(_places[place].Word);
            int next = _places[place].Next;
            _places[place].Next = _free;
            _free = place;
            place = next;
        }

        entry.Head = -1;
    }
}
