namespace Azimuth.Tokenization.Models;

/// <summary>
/// Tokens of words seen before: a direct-mapped table of fixed size, so memory is bounded whatever the text. A slot is replaced as a whole by one
/// reference write, so many threads may use it without a lock; the worst that can happen is that a word is worked out twice.
/// </summary>
internal sealed class WordCache
{
    private const int Slots = 1 << 13;
    private const int LongestWord = 24;

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <summary>Appends the tokens of a word that is kept; false when it is not.</summary>
    public bool TryAppend(ReadOnlySpan<int> word, List<ModelToken> tokens)
    {
        if (word.Length > LongestWord)
            return false;
        Entry? entry = Volatile.Read(ref _entries[Slot(word)]);
        if (entry is null || !word.SequenceEqual(entry.Word))
            return false;
        foreach (ModelToken token in entry.Tokens)
            tokens.Add(token);
        return true;
    }

    /// <summary>Keeps a word's tokens in place of whatever shared its slot.</summary>
    public void Keep(ReadOnlySpan<int> word, List<ModelToken> tokens)
    {
        if (word.Length <= LongestWord)
            Volatile.Write(ref _entries[Slot(word)], new Entry(word.ToArray(), [.. tokens]));
    }

    // FNV-1a over code points, folded to the table's size.
    private static int Slot(ReadOnlySpan<int> word)
    {
        uint hash = 2166136261;
        foreach (int point in word)
            hash = (hash ^ (uint)point) * 16777619;
        return (int)((hash ^ (hash >> 15)) & (Slots - 1));
    }

    private sealed record Entry(int[] Word, ModelToken[] Tokens);
}
