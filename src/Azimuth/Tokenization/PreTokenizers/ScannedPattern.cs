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

    /// <summary>
    /// Whether every one of these patterns begins a match at a blank or line end, whatever stands around its neighbours: it is alone between two letters, and no match goes
    /// over a blank behind a letter.
    /// </summary>
    public static bool IsSureCut(char before, char blank, char after) => blank is ' ' or '\n' && char.IsAsciiLetter(before) && char.IsAsciiLetter(after);
}
