using System.Text;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>"Lowercase": the full mapping of each character by itself, so Σ is σ at the end of a word too.</summary>
internal sealed class Lowercase : INormalizer
{
    // The only character whose full lower case is two (SpecialCasing.txt, without conditions).
    private const int CapitalIWithDot = 0x130;
    private const int DotAbove = 0x307;

    public AlignedText Normalize(AlignedText text)
    {
        AlignedText renewed = new(text, text.Count);
        for (int at = 0; at < text.Count; at++)
        {
            int point = text.Points[at];
            renewed.Add(point == CapitalIWithDot ? 'i' : Lower(point), text.Origins[at]);
            if (point == CapitalIWithDot)
                renewed.Add(DotAbove, text.Origins[at]);
        }

        return renewed;
    }

    private static int Lower(int point) => Rune.ToLowerInvariant(new Rune(point)).Value;
}
