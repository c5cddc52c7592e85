using System.Text;
using Azimuth.Tokenization.Text;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>What BPE and WordPiece start from: special tokens, then the alphabet by code point, and the words spelled in it.</summary>
internal static class MergeAlphabet
{
    /// <summary>Marks a WordPiece token inside a word.</summary>
    public const string Inside = "##";

    /// <summary>Special tokens and the 256 bytes, by the code points of their visible forms.</summary>
    public static (TokenList Tokens, SegmentedWords Words) OfBytes(WordTable words, IReadOnlyList<string> special)
    {
        TokenList tokens = StartWith(special);
        int[] ids = new int[256];
        foreach (byte value in Enumerable.Range(0, 256).Select(value => (byte)value).OrderBy(ByteAlphabet.Character))
            ids[value] = tokens.Add(ByteAlphabet.Character(value).ToString());
        ReadOnlySpan<byte> bytes = words.AllBytes;
        int[] symbols = new int[bytes.Length], lengths = new int[words.Count];
        for (int i = 0; i < symbols.Length; i++)
            symbols[i] = ids[bytes[i]];
        for (int i = 0; i < lengths.Length; i++)
            lengths[i] = words.Bytes(i).Length;
        return (tokens, new SegmentedWords(symbols, lengths, words.Counts.ToArray()));
    }

    /// <summary>
    /// Special tokens, characters, and characters behind ##, which only those have that stand inside a word. The reference numbers the latter in the order of a hash that
    /// changes with every process; here it is code points. A character that the limit leaves out is passed over, as there.
    /// </summary>
    public static (TokenList Tokens, SegmentedWords Words) OfPieces(WordTable words, IReadOnlyList<string> special, int limit)
    {
        var counts = new Dictionary<int, long>();
        var inside = new HashSet<int>();
        for (int i = 0; i < words.Count; i++)
        {
            foreach (Rune rune in Encoding.UTF8.GetString(words.Bytes(i)).EnumerateRunes())
                counts[rune.Value] = counts.GetValueOrDefault(rune.Value) + words.Counts[i];
        }

        HashSet<int> kept = [.. counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(limit).Select(pair => pair.Key)];
        TokenList tokens = StartWith(special);
        foreach (int point in kept.Order())
            tokens.Add(char.ConvertFromUtf32(point));
        for (int i = 0; i < words.Count; i++)
            inside.UnionWith(Encoding.UTF8.GetString(words.Bytes(i)).EnumerateRunes().Skip(1).Select(rune => rune.Value).Where(kept.Contains));
        foreach (int point in inside.Order())
            tokens.Add(Inside + char.ConvertFromUtf32(point));
        return (tokens, Spell(words, tokens, kept));
    }

    private static SegmentedWords Spell(WordTable words, TokenList tokens, HashSet<int> kept)
    {
        Dictionary<int, (int First, int Inner)> ids = kept.ToDictionary(
            point => point, point => (tokens.Find(char.ConvertFromUtf32(point)), tokens.Find(Inside + char.ConvertFromUtf32(point))));
        var symbols = new List<int>(words.AllBytes.Length);
        int[] lengths = new int[words.Count];
        for (int i = 0; i < words.Count; i++)
        {
            int before = symbols.Count;
            bool isFirst = true;
            foreach (Rune rune in Encoding.UTF8.GetString(words.Bytes(i)).EnumerateRunes())
            {
                if (ids.TryGetValue(rune.Value, out var id))
                    symbols.Add(isFirst ? id.First : id.Inner);
                isFirst = false;
            }

            lengths[i] = symbols.Count - before;
        }

        return new SegmentedWords([.. symbols], lengths, words.Counts.ToArray());
    }

    private static TokenList StartWith(IReadOnlyList<string> special)
    {
        var tokens = new TokenList();
        foreach (string token in special)
            tokens.Add(token);
        return tokens;
    }
}
