using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>
/// What the sentencepiece library's identity normalizer does to blanks (Kudo and Richardson 2018, §3.1): spaces become ▁, a text that is not empty gets one in
/// front, and optionally spaces at the ends vanish and runs of them become one. A character's range ends where the next one's begins, so the mark
/// put in front is empty and a kept space covers those removed after it.
/// </summary>
/// <param name="addPrefix">Put a ▁ in front.</param>
/// <param name="removeExtra">Remove spaces at the ends and all but the first of a run.</param>
internal sealed class SentencePieceSpaces(bool addPrefix, bool removeExtra) : INormalizer
{
    private const int Mark = '▁';

    public AlignedText Normalize(AlignedText text)
    {
        ReadOnlySpan<int> points = text.Points;
        int first = 0, last = points.Length;
        while (removeExtra && first < last && points[first] == ' ')
            first++;
        while (removeExtra && last > first && points[last - 1] == ' ')
            last--;
        AlignedText renewed = new(last - first + 1);
        if (addPrefix && first < last)
            renewed.Add(Mark, new TextRange(text.Origins[first].Start, text.Origins[first].Start));
        for (int at = first; at < last;)
        {
            int next = at + 1;
            while (removeExtra && points[at] == ' ' && points[next] == ' ')
                next++;
            renewed.Add(points[at] == ' ' ? Mark : points[at], new TextRange(text.Origins[at].Start, text.Origins[next - 1].End));
            at = next;
        }

        return renewed;
    }
}
