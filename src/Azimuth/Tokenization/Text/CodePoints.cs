using System.Globalization;
using System.Text;

namespace Azimuth.Tokenization.Text;

/// <summary>
/// Character classes of Unicode 16 (the version of this runtime's tables) over code points, never over UTF-16 halves. Independent of the culture and of
/// InvariantGlobalization: the categories are part of the runtime, not of ICU.
/// </summary>
internal static class CodePoints
{
    /// <summary>Classes of <see cref="Class"/>: \p{L}, \p{N}, White_Space, \p{M}, \p{P}, \p{S}; with a letter also whether it is Lu or Lt, or Ll.</summary>
    public const byte Letter = 1, Number = 2, Space = 4, Mark = 8, Punctuation = 16, Symbol = 32, Upper = 64, Lower = 128;

    private const int BlockBits = 8;

    // Each block is found out when a text first has one of its characters; two threads that do it at once write the same.
    private static readonly byte[]?[] Blocks = new byte[]?[0x110000 >> BlockBits];

    /// <summary>What a character is; 0 for one of none of the classes.</summary>
    public static byte Class(int codePoint) => (Volatile.Read(ref Blocks[codePoint >> BlockBits]) ?? Block(codePoint >> BlockBits))[codePoint & ((1 << BlockBits) - 1)];

    /// <summary>\p{L}</summary>
    public static bool IsLetter(int codePoint) => (Class(codePoint) & Letter) != 0;

    /// <summary>\p{N}: Nd, Nl and No.</summary>
    public static bool IsNumber(int codePoint) => (Class(codePoint) & Number) != 0;

    /// <summary>\p{M}</summary>
    public static bool IsMark(int codePoint) => (Class(codePoint) & Mark) != 0;

    /// <summary>\p{P}</summary>
    public static bool IsPunctuation(int codePoint) => (Class(codePoint) & Punctuation) != 0;

    /// <summary>\p{S}</summary>
    public static bool IsSymbol(int codePoint) => (Class(codePoint) & Symbol) != 0;

    /// <summary>\s: the 25 characters with the property White_Space; U+0085 is one, U+200B, U+FEFF and U+180E are not.</summary>
    public static bool IsWhiteSpace(int codePoint) => (Class(codePoint) & Space) != 0;

    /// <summary>[^\s\p{L}\p{N}]</summary>
    public static bool IsOther(int codePoint) => (Class(codePoint) & (Letter | Number | Space)) == 0;

    /// <summary>\w as Unicode Technical Standard 18 has it: Alphabetic, marks, decimal digits, connectors, and the two joiners U+200C and U+200D.</summary>
    public static bool IsWordCharacter(int codePoint)
    {
        if ((Class(codePoint) & (Letter | Mark)) != 0 || codePoint is 0x200C or 0x200D)
            return true;
        return CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,

            // Other_Alphabetic outside letters, marks and letter numbers: circled and squared Latin letters.
            UnicodeCategory.OtherSymbol => codePoint is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169)
                or (>= 0x1F170 and <= 0x1F189),
            _ => false,
        };
    }

    /// <summary>Bytes of the UTF-8 form.</summary>
    public static int Utf8Length(int codePoint) => codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

    /// <summary>Bytes of the UTF-8 form of a text.</summary>
    public static int Utf8Length(ReadOnlySpan<int> points)
    {
        int length = 0;
        foreach (int point in points)
            length += Utf8Length(point);
        return length;
    }

    /// <summary>Writes the UTF-8 form and returns its length.</summary>
    public static int WriteUtf8(int codePoint, Span<byte> destination) => new Rune(codePoint).EncodeToUtf8(destination);

    /// <summary>The code points of a string; an unpaired surrogate becomes U+FFFD, one for one.</summary>
    public static int[] Of(string text)
    {
        int[] points = new int[text.Length];
        int count = 0;
        for (int at = 0; at < text.Length; at++)
        {
            char unit = text[at];
            if (!char.IsSurrogate(unit))
                points[count++] = unit;
            else if (char.IsHighSurrogate(unit) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
                points[count++] = char.ConvertToUtf32(unit, text[++at]);
            else
                points[count++] = 0xFFFD;
        }

        return count == points.Length ? points : points[..count];
    }

    /// <summary>[code points + 1]: the UTF-8 byte at which each code point starts, and the length at the end.</summary>
    public static int[] ByteStarts(int[] points)
    {
        int[] starts = new int[points.Length + 1];
        for (int at = 0; at < points.Length; at++)
            starts[at + 1] = checked(starts[at] + Utf8Length(points[at]));
        return starts;
    }

    /// <summary>The string of these code points.</summary>
    public static string Text(ReadOnlySpan<int> points)
    {
        StringBuilder text = new(points.Length);
        foreach (int point in points)
            text.Append(new Rune(point).ToString());
        return text.ToString();
    }

    /// <summary>Writes UTF-16 and returns the number of units; <paramref name="destination"/> needs room for two a code point.</summary>
    public static int WriteUtf16(ReadOnlySpan<int> points, Span<char> destination)
    {
        int length = 0;
        foreach (int point in points)
        {
            if (point < 0x10000)
                destination[length++] = (char)point;
            else
                length += new Rune(point).EncodeToUtf16(destination[length..]);
        }

        return length;
    }

    private static byte[] Block(int number)
    {
        byte[] block = new byte[1 << BlockBits];
        for (int at = 0; at < block.Length; at++)
            block[at] = Compute((number << BlockBits) + at);
        Volatile.Write(ref Blocks[number], block);
        return block;
    }

    private static byte Compute(int codePoint)
    {
        switch (codePoint)
        {
            case >= 0x09 and <= 0x0D or 0x20 or 0x85 or 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A) or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000:
                return Space;
        }

        switch (CharUnicodeInfo.GetUnicodeCategory(codePoint))
        {
            case UnicodeCategory.UppercaseLetter:
            case UnicodeCategory.TitlecaseLetter:
                return Letter | Upper;
            case UnicodeCategory.LowercaseLetter:
                return Letter | Lower;
            case UnicodeCategory.ModifierLetter:
            case UnicodeCategory.OtherLetter:
                return Letter;
            case UnicodeCategory.DecimalDigitNumber:
            case UnicodeCategory.LetterNumber:
            case UnicodeCategory.OtherNumber:
                return Number;
            case UnicodeCategory.NonSpacingMark:
            case UnicodeCategory.SpacingCombiningMark:
            case UnicodeCategory.EnclosingMark:
                return Mark;
            case UnicodeCategory.ConnectorPunctuation:
            case UnicodeCategory.DashPunctuation:
            case UnicodeCategory.OpenPunctuation:
            case UnicodeCategory.ClosePunctuation:
            case UnicodeCategory.InitialQuotePunctuation:
            case UnicodeCategory.FinalQuotePunctuation:
            case UnicodeCategory.OtherPunctuation:
                return Punctuation;
            case UnicodeCategory.MathSymbol:
            case UnicodeCategory.CurrencySymbol:
            case UnicodeCategory.ModifierSymbol:
            case UnicodeCategory.OtherSymbol:
                return Symbol;
            default:
                return 0;
        }
    }
}
