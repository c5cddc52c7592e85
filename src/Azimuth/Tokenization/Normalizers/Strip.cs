using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>"Strip": white space at the beginning, at the end, or both, goes.</summary>
internal sealed class Strip(bool left, bool right) : INormalizer
{
    public AlignedText Normalize(AlignedText text)
    {
        int start = 0, end = text.Count;
        while (left && start < end && CodePoints.IsWhiteSpace(text.Points[start]))
            start++;
        while (right && end > start && CodePoints.IsWhiteSpace(text.Points[end - 1]))
            end--;
        return start == 0 && end == text.Count ? text : text.Slice(start, end);
    }
}
