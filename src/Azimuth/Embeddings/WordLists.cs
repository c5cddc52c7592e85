namespace Azimuth.Embeddings;

/// <summary>A token and the label somebody gave it.</summary>
/// <param name="Line">Line number in the file, from 1.</param>
/// <param name="Token">As written, blanks before it included.</param>
/// <param name="Label">The rest of the line after the tab.</param>
public sealed record LabelledToken(int Line, string Token, string Label);

/// <summary>
/// Small text files of words. Lines end with LF or CR LF, the last one needs no end; empty lines and lines that begin with # do not count. A blank before
/// a word belongs to it where a line holds one word or begins a labelled one: " next" is a token of its own in most models.
/// </summary>
public static class WordLists
{
    /// <summary>One word a line; words that come again are left out.</summary>
    /// <exception cref="InvalidDataException">No word at all.</exception>
    public static IReadOnlyList<string> Words(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] words = [.. TextLines.Of(text, keepLeadingBlanks: true).Select(line => line.Line).Distinct(StringComparer.Ordinal)];
        return words.Length > 0 ? words : throw new InvalidDataException($"{name}: expected words, one a line, found none.");
    }

    /// <summary>Two words a line, separated by a tab, else a comma, else blanks.</summary>
    /// <exception cref="InvalidDataException">A line that is not two words, or no pair at all.</exception>
    public static IReadOnlyList<(string First, string Second)> Pairs(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<(string, string)> pairs = [];
        foreach (var (number, line) in TextLines.Of(text))
        {
            if (Fields(line) is not [{ Length: > 0 } first, { Length: > 0 } second])
            {
                throw new InvalidDataException(FormattableString.Invariant(
                    $"{name} line {number}: expected two words separated by a tab, found \"{TextLines.Cut(line)}\"; correct the line or begin it with #."));
            }

            pairs.Add((first, second));
        }

        return pairs.Count > 0 ? pairs : throw new InvalidDataException($"{name}: expected pairs of words, two a line, found none.");
    }

    /// <summary>A token, a tab and its label a line.</summary>
    /// <exception cref="InvalidDataException">A line without a tab or a label, or no token at all.</exception>
    public static IReadOnlyList<LabelledToken> Labels(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<LabelledToken> labelled = [];
        foreach (var (number, line) in TextLines.Of(text, keepLeadingBlanks: true))
        {
            int tab = line.LastIndexOf('\t');
            string label = tab < 0 ? "" : line[(tab + 1)..].Trim();
            if (tab < 1 || label.Length == 0)
            {
                throw new InvalidDataException(FormattableString.Invariant(
                    $"{name} line {number}: expected a token, a tab and its label, found \"{TextLines.Cut(line)}\"; correct the line or begin it with #."));
            }

            labelled.Add(new LabelledToken(number, line[..tab], label));
        }

        return labelled.Count > 0 ? labelled : throw new InvalidDataException($"{name}: expected lines of token, tab, label, found none.");
    }

    internal static string[] Fields(string line) =>
        line.Contains('\t', StringComparison.Ordinal) ? line.Split('\t', StringSplitOptions.TrimEntries)
        : line.Contains(',', StringComparison.Ordinal) ? line.Split(',', StringSplitOptions.TrimEntries)
        : line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
