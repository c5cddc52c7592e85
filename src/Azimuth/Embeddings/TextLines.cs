namespace Azimuth.Embeddings;

/// <summary>Lines of small text files: LF, CR LF or CR, with or without a last line end; empty lines and comments left out.</summary>
internal static class TextLines
{
    private const int Longest = 60;

    /// <summary>The lines that hold something, with their numbers from 1; blanks at line ends are gone, those at the beginning stay when asked for.</summary>
    internal static IEnumerable<(int Number, string Line)> Of(string text, bool keepLeadingBlanks = false)
    {
        using var reader = new StringReader(text.Length > 0 && text[0] == '\uFEFF' ? text[1..] : text);
        for (int number = 1; reader.ReadLine() is { } line; number++)
        {
            string trimmed = keepLeadingBlanks ? line.TrimEnd() : line.Trim();
            if (trimmed.Length > 0 && trimmed[0] != '#')
                yield return (number, trimmed);
        }
    }

    /// <summary>A line short enough for a message.</summary>
    internal static string Cut(string line) => line.Length <= Longest ? line : string.Concat(line.AsSpan(0, Longest), "…");
}
