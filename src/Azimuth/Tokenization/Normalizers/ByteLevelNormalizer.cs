using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>"ByteLevel" as a normalizer: every character's UTF-8 bytes in the byte alphabet; each keeps the whole character as its origin.</summary>
internal sealed class ByteLevelNormalizer : INormalizer
{
    public AlignedText Normalize(AlignedText text)
    {
        AlignedText renewed = new(text, text.Count);
        ByteAlphabet.Spell(text, new TextRange(0, text.Count), renewed);
        return renewed;
    }
}
