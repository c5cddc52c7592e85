using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>
/// "Replace" with a string pattern: every occurrence, from the left, becomes the content as it stands. What is put in has the origin of the last
/// character it replaces.
/// </summary>
internal sealed class Replace(string pattern, string content) : INormalizer
{
    private readonly int[] _pattern = CodePoints.Of(pattern);
    private readonly int[] _content = CodePoints.Of(content);

    public AlignedText Normalize(AlignedText text)
    {
        if (_pattern.Length == 0 || text.Points.IndexOf(_pattern) < 0)
            return text;
        AlignedText renewed = new(text.Count);
        for (int at = 0; at < text.Count;)
        {
            if (!text.Points[at..].StartsWith(_pattern))
            {
                renewed.Add(text.Points[at], text.Origins[at]);
                at++;
                continue;
            }

            at += _pattern.Length;
            foreach (int point in _content)
                renewed.Add(point, text.Origins[at - 1]);
        }

        return renewed;
    }
}
