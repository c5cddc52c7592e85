using Azimuth.Training.Corpora;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>How often each word occurs. Not thread-safe.</summary>
internal sealed class WordCounts
{
    private readonly WordTable _words = new();

    /// <summary>Number of different words.</summary>
    public int Count => _words.Count;

    /// <summary>All words' bytes, one behind the other.</summary>
    public ReadOnlySpan<byte> Bytes => _words.AllBytes;

    /// <summary>[word]: where each ends in <see cref="Bytes"/>.</summary>
    public ReadOnlySpan<int> Ends => _words.Ends;

    /// <summary>[word]: how often it occurs.</summary>
    public ReadOnlySpan<long> Counts => _words.Counts;

    /// <summary>A word's bytes.</summary>
    public ReadOnlySpan<byte> Word(int index) => _words.Bytes(index);

    /// <summary>Counts a word.</summary>
    /// <exception cref="TrainingException">More than 2 GiB of different words.</exception>
    public void Add(ReadOnlySpan<byte> word, long count) => _words.CountOf(_words.Add(word)) += count - 1;

    /// <summary>Adds all of another's counts.</summary>
    public void Add(WordCounts other)
    {
        for (int i = 0; i < other.Count; i++)
            Add(other.Word(i), other.Counts[i]);
    }

    /// <summary>The same in the order of their bytes: what comes of them must not depend on who counted what.</summary>
    public WordCounts Sorted()
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        Array.Sort(order, (a, b) => Word(a).SequenceCompareTo(Word(b)));
        var sorted = new WordCounts();
        foreach (int index in order)
            sorted.Add(Word(index), Counts[index]);
        return sorted;
    }

    /// <summary>Counts as they were saved; null when they do not fit together.</summary>
    public static WordCounts? From(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> ends, ReadOnlySpan<long> counts)
    {
        if (ends.Length != counts.Length || (ends.Length > 0 && ends[^1] != bytes.Length))
            return null;
        var words = new WordCounts();
        for (int i = 0, start = 0; i < ends.Length; start = ends[i++])
        {
            if (ends[i] < start || ends[i] > bytes.Length || counts[i] < 1)
                return null;
            words.Add(bytes[start..ends[i]], counts[i]);
        }

        return words.Count == ends.Length ? words : null;
    }
}
