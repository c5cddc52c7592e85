using Azimuth.Tokenization;

namespace Azimuth.Cli.Output;

/// <summary>How tokens look on a screen.</summary>
internal static class Tokens
{
    /// <summary>A text from a file on one line: blanks stay, controls are escaped, cut with … when it is longer than <paramref name="width"/>.</summary>
    public static string OneLine(string text, int width = int.MaxValue) => Cut(string.Join(' ', text.Split(' ').Select(VisibleText.Show)), width);

    /// <summary>A token with its blanks made visible, cut with … when it is longer than <paramref name="width"/>.</summary>
    public static string Show(string text, int width = 24) => Cut(VisibleText.Show(text), width);

    /// <summary>The text, or its beginning and … when it is longer than <paramref name="width"/>.</summary>
    public static string Cut(string text, int width)
    {
        if (text.Length <= width)
            return text;
        // Not between the halves of a surrogate pair.
        int end = char.IsHighSurrogate(text[width - 2]) ? width - 2 : width - 1;
        return text[..end] + "…";
    }
}
