using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;
using Azimuth.Numerics;

namespace Azimuth.Training.Corpora;

/// <summary>
/// Different words, numbered in the order they first come, with their counts. About 56 bytes a word and the word's own. Not for many threads.
/// </summary>
/// <param name="expected">How many there will be: the table grows with more.</param>
internal sealed class WordTable(int expected = 0)
{
    private const int Least = 1 << 10;

    private byte[] _bytes = new byte[1 << 16];
    private int[] _ends = new int[Math.Max(Least, expected)];
    private long[] _counts = new long[Math.Max(Least, expected)];
    private Vector128<byte>[] _keys = new Vector128<byte>[Math.Max(Least, expected)];

    /// <summary>Open addressing from the place that the upper half of the hash names on: that half, and number + 1; 0 for a free place.</summary>
    private ulong[] _places = new ulong[BitOperations.RoundUpToPowerOf2(2 * (uint)Math.Max(Least, expected))];

    /// <summary>Different words.</summary>
    public int Count { get; private set; }

    /// <summary>How often each came.</summary>
    public ReadOnlySpan<long> Counts => _counts.AsSpan(0, Count);

    /// <summary>Occurrences of a word.</summary>
    public ref long CountOf(int word) => ref _counts.AsSpan(0, Count)[word];

    /// <summary>The bytes of all words, one behind the other.</summary>
    public ReadOnlySpan<byte> AllBytes => _bytes.AsSpan(0, Count == 0 ? 0 : _ends[Count - 1]);

    /// <summary>[word]: where it ends in <see cref="AllBytes"/>.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>The word as UTF-8.</summary>
    public ReadOnlySpan<byte> Bytes(int word) => _bytes.AsSpan(Start(word), _ends[word] - Start(word));

    /// <summary>The word.</summary>
    public string Text(int word) => Encoding.UTF8.GetString(Bytes(word));

    /// <summary>Counts an occurrence.</summary>
    /// <returns>The word's number.</returns>
    public int Add(ReadOnlySpan<byte> word) => Add(word, WordKey.Of(word, 0, word.Length));

    /// <summary>The same, with the word's key at hand.</summary>
    public int Add(ReadOnlySpan<byte> word, WordKey key)
    {
        ulong[] places = _places;
        ulong tag = key.Hash & 0xFFFF_FFFF_0000_0000;
        int mask = places.Length - 1;
        for (int at = PlaceOf(key.Hash, mask); ; at = (at + 1) & mask)
        {
            ulong place = places[at];
            if (place == 0)
            {
                int added = Append(word, key);
                places[at] = tag | (uint)(added + 1);
                if (Count > places.Length / 2)
                    Rehash();
                return added;
            }

            int number = (int)(uint)place - 1;
            if ((place & 0xFFFF_FFFF_0000_0000) == tag && _keys[number] == key.Bytes && (word.Length <= WordKey.Whole || Bytes(number).SequenceEqual(word)))
            {
                _counts[number]++;
                return number;
            }
        }
    }

    /// <summary>Counts so many occurrences.</summary>
    public void AddMany(ReadOnlySpan<byte> word, long count) => AddMany(word, WordKey.Of(word, 0, word.Length), count);

    /// <summary>Adds counts of another.</summary>
    /// <param name="other">Has the words.</param>
    /// <param name="from">The first of them.</param>
    /// <param name="numbers">Takes the number that each has here.</param>
    public void AddAll(WordTable other, int from, Span<int> numbers)
    {
        Span<WordKey> keys = stackalloc WordKey[64];
        for (int at = 0; at < numbers.Length; at += keys.Length)
        {
            int count = Math.Min(keys.Length, numbers.Length - at);
            for (int i = 0; i < count; i++)
            {
                int start = other.Start(from + at + i);
                keys[i] = WordKey.Of(other._bytes, start, other._ends[from + at + i] - start);
                Fetch(keys[i]);
            }

            for (int i = 0; i < count; i++)
                FetchWord(keys[i]);
            for (int i = 0; i < count; i++)
                numbers[at + i] = AddMany(other.Bytes(from + at + i), keys[i], other._counts[from + at + i]);
        }
    }

    /// <summary>The same in the order of their bytes: what comes of them must not depend on who counted what.</summary>
    public WordTable Sorted()
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        Array.Sort(order, (a, b) => Bytes(a).SequenceCompareTo(Bytes(b)));
        var sorted = new WordTable();
        foreach (int index in order)
            sorted.AddMany(Bytes(index), Counts[index]);
        return sorted;
    }

    /// <summary>Counts as they were saved; null when they do not fit together.</summary>
    public static WordTable? From(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> ends, ReadOnlySpan<long> counts)
    {
        if (ends.Length != counts.Length || (ends.Length > 0 && ends[^1] != bytes.Length))
            return null;
        var words = new WordTable();
        for (int i = 0, start = 0; i < ends.Length; start = ends[i++])
        {
            if (ends[i] < start || ends[i] > bytes.Length || counts[i] < 1)
                return null;
            words.AddMany(bytes[start..ends[i]], counts[i]);
        }

        return words.Count == ends.Length ? words : null;
    }

    /// <summary>Fetches the place of a word, for a look-up that follows.</summary>
    public void Fetch(WordKey key) => CacheHint.Fetch(ref _places[PlaceOf(key.Hash, _places.Length - 1)]);

    /// <summary>Fetches what a look-up will compare and count, once the place has come.</summary>
    public void FetchWord(WordKey key)
    {
        int number = (int)(uint)_places[PlaceOf(key.Hash, _places.Length - 1)] - 1;
        if (number < 0)
            return;
        CacheHint.Fetch(ref _keys[number]);
        CacheHint.Fetch(ref _counts[number]);
    }

    private static int PlaceOf(ulong hash, int mask) => (int)(hash >> 32) & mask;

    private int AddMany(ReadOnlySpan<byte> word, WordKey key, long count)
    {
        int number = Add(word, key);
        _counts[number] += count - 1;
        return number;
    }

    private int Start(int word) => word == 0 ? 0 : _ends[word - 1];

    private int Append(ReadOnlySpan<byte> word, WordKey key)
    {
        int from = Count == 0 ? 0 : _ends[Count - 1];
        if ((long)from + word.Length > Array.MaxLength || Count == 1 << 29)
            throw new TrainingException(FormattableString.Invariant($"the corpus has more than {Count:N0} different words, which do not fit into the table of words. Split it into words of a natural language first"));
        if (from + word.Length > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)from + word.Length)));
        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * Count);
            Array.Resize(ref _counts, 2 * Count);
            Array.Resize(ref _keys, 2 * Count);
        }

        word.CopyTo(_bytes.AsSpan(from));
        (_ends[Count], _counts[Count], _keys[Count]) = (from + word.Length, 1, key.Bytes);
        return Count++;
    }

    private void Rehash()
    {
        var places = new ulong[2 * _places.Length];
        int mask = places.Length - 1;
        foreach (ulong place in _places)
        {
            if (place == 0)
                continue;
            int at = PlaceOf(place, mask);
            while (places[at] != 0)
                at = (at + 1) & mask;
            places[at] = place;
        }

        _places = places;
    }
}
