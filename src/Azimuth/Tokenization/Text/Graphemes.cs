using System.Globalization;

namespace Azimuth.Tokenization.Text;

/// <summary>
/// Extended grapheme clusters (Unicode Standard Annex 29) over code points. The runtime's own tables say where they end, in invariant mode too.
/// </summary>
internal static class Graphemes
{
    // Below the first combining mark no two characters cling together, but \r\n.
    private const int FirstMark = 0x300;

    /// <summary>Appends each cluster of <paramref name="points"/>, in order.</summary>
    public static void Find(ReadOnlySpan<int> points, List<TextRange> clusters)
    {
        char[] units = new char[points.Length * 2];
        ReadOnlySpan<char> rest = units.AsSpan(0, CodePoints.WriteUtf16(points, units));
        for (int at = 0; at < points.Length;)
        {
            int start = at;
            bool isAlone = points[at] < FirstMark && (at + 1 == points.Length || points[at + 1] < FirstMark) && points[at] != '\r';
            int length = isAlone ? 1 : StringInfo.GetNextTextElementLength(rest);
            for (int unit = 0; unit < length; at++)
                unit += points[at] < 0x10000 ? 1 : 2;
            rest = rest[length..];
            clusters.Add(new TextRange(start, at));
        }
    }
}
