using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>"BertNormalizer" (Devlin et al. 2018, released BasicTokenizer): clean text, blanks around Chinese characters, no accents, lower case.</summary>
internal static class BertNormalizer
{
    /// <summary>The steps that are switched on, in the order of the reference.</summary>
    public static INormalizer Create(bool cleanText, bool separatesChinese, bool stripsAccents, bool lowercases)
    {
        List<INormalizer> steps = [];
        if (cleanText)
            steps.Add(CharacterNormalizers.Clean);
        if (separatesChinese)
            steps.Add(new ChineseSpacing());
        if (stripsAccents)
            steps.AddRange([new UnicodeForm(compatible: false, composes: false), CharacterNormalizers.StripNonspacing]);
        if (lowercases)
            steps.Add(new Lowercase());
        return new NormalizerSequence(steps);
    }

    private sealed class ChineseSpacing : INormalizer
    {
        public AlignedText Normalize(AlignedText text)
        {
            AlignedText renewed = new(text, text.Count);
            for (int at = 0; at < text.Count; at++)
            {
                bool isChinese = IsChinese(text.Points[at]);
                if (isChinese)
                    renewed.Add(' ', text.Origins[at]);
                renewed.Add(text.Points[at], text.Origins[at]);
                if (isChinese)
                    renewed.Add(' ', text.Origins[at]);
            }

            return renewed;
        }

        // The reference's ranges, with its slip: 2B820 to 2B91F are left out.
        private static bool IsChinese(int point) => point is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
            or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
    }
}
