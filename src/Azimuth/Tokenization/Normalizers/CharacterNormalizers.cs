using Azimuth.Tokenization.Text;
using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>The normalizers that treat each character by itself.</summary>
internal static class CharacterNormalizers
{
    /// <summary>"StripAccents": every combining mark goes, Indic vowel signs too. A letter with its accent in one character keeps it.</summary>
    public static INormalizer StripAccents { get; } =
        new CharacterMapping(point => point >= 0x300 && UnicodeTables.Instance.Marks.Contains(point) ? CharacterMapping.Removed : point);

    /// <summary>"Nmt": controls go; line ends, odd blanks, marks without width and ▁ become spaces (SentencePiece's nmt rules).</summary>
    public static INormalizer Nmt { get; } = new CharacterMapping(point => point switch
    {
        (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F => CharacterMapping.Removed,
        '\t' or '\n' or 0x0C or '\r' or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => ' ',
        _ => point,
    });

    /// <summary>BERT's clean_text: NUL, U+FFFD, controls (but for tab and line ends), format and private characters go; white space becomes a space.</summary>
    public static INormalizer Clean { get; } = new CharacterMapping(point => point switch
    {
        '\t' or '\n' or '\r' => ' ',
        < 0x20 or (>= 0x7F and <= 0x9F) or 0xFFFD or (>= 0xE000 and <= 0xF8FF) or (>= 0xF0000 and <= 0xFFFFD) or (>= 0x100000 and <= 0x10FFFD)
            => CharacterMapping.Removed,
        _ => CodePoints.IsWhiteSpace(point) ? ' ' : point >= 0xAD && UnicodeTables.Instance.Format.Contains(point) ? CharacterMapping.Removed : point,
    });

    /// <summary>BERT's strip_accents, behind NFD: nonspacing marks go.</summary>
    public static INormalizer StripNonspacing { get; } =
        new CharacterMapping(point => point >= 0x300 && UnicodeTables.Instance.NonspacingMarks.Contains(point) ? CharacterMapping.Removed : point);
}
