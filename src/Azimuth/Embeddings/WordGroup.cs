using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>A list of words as rows of a table, and what became of the words that could not be used.</summary>
/// <param name="Tokens">The rows, in the order of the words.</param>
/// <param name="Missing">Words that are no row.</param>
/// <param name="WithoutDirection">Words whose row is zero.</param>
/// <param name="NotFinite">Words whose row holds NaN or infinities.</param>
/// <param name="Repeated">Words whose row another word of the list stands for already.</param>
public sealed record WordGroup(
    IReadOnlyList<TokenRef> Tokens, IReadOnlyList<string> Missing, IReadOnlyList<string> WithoutDirection, IReadOnlyList<string> NotFinite, IReadOnlyList<string> Repeated)
{
    /// <summary>The row numbers.</summary>
    public int[] Ids => [.. Tokens.Select(token => token.Id)];

    /// <summary>Looks the words up; <c>id:1867</c> names a row by number.</summary>
    public static WordGroup Of(WordIndex words, IEnumerable<string> list)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(list);
        List<TokenRef> tokens = [];
        List<string> missing = [], flat = [], wild = [], repeated = [];
        var seen = new HashSet<int>();
        foreach (string word in list)
        {
            if (words.FindOrId(word) is not int id)
                missing.Add(word);
            else if (AnalogyScorer.UnitRow(words.Table, id) is null)
                (Vectors.Norm(words.Table.Vector(id)) == 0 ? flat : wild).Add(word);
            else if (seen.Add(id))
                tokens.Add(new TokenRef(id, words.Table.Text(id)));
            else
                repeated.Add(word);
        }

        return new WordGroup(tokens, missing, flat, wild, repeated);
    }

    /// <summary>What was left out, one sentence, or null when nothing was.</summary>
    /// <param name="name">What the list is called.</param>
    public string? LeftOut(string name)
    {
        string[] parts =
        [
            .. Part(Missing, "out of vocabulary"), .. Part(WithoutDirection, "without direction"), .. Part(NotFinite, "not finite"), .. Part(Repeated, "repeated"),
        ];
        return parts.Length == 0 ? null : $"{name}: left out {string.Join("; ", parts)}";

        static IEnumerable<string> Part(IReadOnlyList<string> words, string why) =>
            words.Count == 0 ? [] : [$"{string.Join(", ", words)} ({why})"];
    }
}
