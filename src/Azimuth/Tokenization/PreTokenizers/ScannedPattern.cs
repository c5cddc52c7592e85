using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>A splitting pattern as a scanner by hand, over UTF-8. Its matches cover every text without gaps, and none is empty. Immutable, thread-safe.</summary>
internal abstract class ScannedPattern : ISplitPattern
{
    /// <summary>Where the match that starts at <paramref name="at"/> ends.</summary>
    /// <param name="text">UTF-8 with the padding of <see cref="Utf8Padded"/>.</param>
    /// <param name="at">Below the text's end, at the start of a character.</param>
    public abstract int End(ReadOnlySpan<byte> text, int at);

    public void FindMatches(ReadOnlySpan<int> text, List<TextRange> matches)
    {
        using Utf8Padded bytes = new();
        bytes.Set(text);
        for (int at = 0, point = 0; at < bytes.Length;)
        {
            int end = End(bytes.Bytes, at), first = point;
            for (; at < end; point++)
                at += CodePoints.Utf8Length(text[point]);
            matches.Add(new TextRange(first, point));
        }
    }

    /// <summary>The first place from <paramref name="at"/> (2 at least) on where each of these patterns begins a match, also when the text is cut there; or the text's end.</summary>
    public static int NextCut(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length - 1 && !IsCut(text, at))
            at++;
        return at < text.Length - 1 ? at : text.Length;
    }

    /// <summary>Whether each of these patterns begins a match at a place, 2 at least, also when the text is cut there.</summary>
    public static bool IsCut(ReadOnlySpan<char> text, int at)
    {
        // No match goes over a space that is alone between letters. A line end that is alone may end a match, and only a slash goes on with it (o200k).
        if (text[at] == ' ')
            return CodePoints.IsLetter(text[at - 1]) && CodePoints.IsLetter(text[at + 1]);
        return text[at - 1] == '\n' && text[at] != '/' && !CodePoints.IsWhiteSpace(text[at]) && !CodePoints.IsWhiteSpace(text[at - 2]);
    }
}
