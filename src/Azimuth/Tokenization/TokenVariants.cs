using System.Globalization;
using System.Text;

namespace Azimuth.Tokenization;

/// <summary>One form of a word and the tokens it becomes.</summary>
/// <param name="Case">"as is", "lower", "upper" or "title".</param>
/// <param name="Space">"none", "leading space", "trailing space", "both spaces", "after newline" or "after tab".</param>
/// <param name="Text">The form itself, blanks as they are.</param>
/// <param name="Ids">Its token ids, nothing put around them.</param>
/// <param name="Tokens">The decoded text of each (<see cref="Tokenizer.TokenText"/>).</param>
public sealed record TokenVariant(string Case, string Space, string Text, IReadOnlyList<int> Ids, IReadOnlyList<string> Tokens)
{
    /// <summary>Whether the whole form is one token, and so has one row of the model's table to itself.</summary>
    public bool IsSingleToken => Ids.Count == 1;
}

/// <summary>How the spelling of a word decides which tokens, and so which vectors, stand for it.</summary>
public static class TokenVariants
{
    private static readonly (string Name, Func<string, string> Form)[] Spaces =
    [
        ("none", word => word),
        ("leading space", word => " " + word),
        ("trailing space", word => word + " "),
        ("both spaces", word => " " + word + " "),
        ("after newline", word => "\n" + word),
        ("after tab", word => "\t" + word),
    ];

    /// <summary>
    /// Every case form (as is, lower, upper, title; those that are spelled alike only once) in every place (by itself, after and before a space, after a
    /// newline, after a tab), in that order.
    /// </summary>
    /// <param name="tokenizer">Whose tokens.</param>
    /// <param name="word">The word; blanks at its ends are dropped first, for they are what varies.</param>
    /// <exception cref="ArgumentException">The word is empty or blank.</exception>
    public static IReadOnlyList<TokenVariant> Of(Tokenizer tokenizer, string word)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentException.ThrowIfNullOrWhiteSpace(word);
        List<TokenVariant> variants = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        string bare = word.Trim();
        foreach ((string name, string form) in Cases(bare))
        {
            if (!seen.Add(form))
                continue;
            foreach ((string space, Func<string, string> place) in Spaces)
            {
                string text = place(form);
                int[] ids = tokenizer.Encode(text, addSpecialTokens: false).Ids;
                variants.Add(new TokenVariant(name, space, text, ids, [.. ids.Select(tokenizer.TokenText)]));
            }
        }

        return variants;
    }

    private static IEnumerable<(string Name, string Form)> Cases(string word) =>
    [
        ("as is", word),
        ("lower", word.ToLowerInvariant()),
        ("upper", word.ToUpperInvariant()),
        ("title", Title(word)),
    ];

    // The first character (not the first UTF-16 unit) in upper case, the rest in lower case: "ICE CREAM" is "Ice cream".
    private static string Title(string word)
    {
        StringRuneEnumerator runes = word.EnumerateRunes();
        runes.MoveNext();
        Rune first = Rune.ToUpper(runes.Current, CultureInfo.InvariantCulture);
        return first + word[runes.Current.Utf16SequenceLength..].ToLowerInvariant();
    }
}
