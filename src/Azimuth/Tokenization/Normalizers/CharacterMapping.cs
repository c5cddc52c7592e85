using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>A normalizer that looks at one character at a time: keeps it, removes it or puts another in its place.</summary>
/// <param name="map">The character in its place; negative removes it.</param>
internal sealed class CharacterMapping(Func<int, int> map) : INormalizer
{
    /// <summary>What <c>map</c> gives for a character that goes.</summary>
    public const int Removed = -1;

    public AlignedText Normalize(AlignedText text)
    {
        AlignedText renewed = new(text, text.Count);
        for (int at = 0; at < text.Count; at++)
        {
            int point = map(text.Points[at]);
            if (point >= 0)
                renewed.Add(point, text.Origins[at]);
        }

        return renewed;
    }
}
