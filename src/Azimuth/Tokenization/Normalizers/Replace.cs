using Azimuth.Tokenization.PreTokenizers;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>
/// "Replace": every match, from the left, becomes the content as it stands. What is put in has the origin of the last character before its place, which is the last one
/// it replaces.
/// </summary>
internal sealed class Replace(ISplitPattern pattern, string content) : INormalizer
{
    private readonly int[] _content = CodePoints.Of(content);

    public AlignedText Normalize(AlignedText text)
    {
        List<TextRange> matches = [];
        pattern.FindMatches(text.Points, matches);
        if (matches.Count == 0)
            return text;
        AlignedText renewed = new(text, text.Count);
        int at = 0;
        foreach (TextRange match in matches)
        {
            for (; at < match.Start; at++)
                renewed.Add(text.Points[at], text.Origins[at]);
            at = match.End;
            int start = text.Origins[0].Start;
            foreach (int point in _content)
                renewed.Add(point, at > 0 ? text.Origins[at - 1] : new TextRange(start, start));
        }

        for (; at < text.Count; at++)
            renewed.Add(text.Points[at], text.Origins[at]);
        return renewed;
    }
}
