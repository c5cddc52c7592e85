using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>"Prepend": text in front of every stretch that is not empty; it shares the first character's origin.</summary>
internal sealed class Prepend(string content) : INormalizer
{
    private readonly int[] _content = CodePoints.Of(content);

    public AlignedText Normalize(AlignedText text)
    {
        if (text.Count == 0)
            return text;
        AlignedText renewed = new(text, text.Count);
        foreach (int point in _content)
            renewed.Add(point, text.Origins[0]);
        for (int at = 0; at < text.Count; at++)
            renewed.Add(text.Points[at], text.Origins[at]);
        return renewed;
    }
}
