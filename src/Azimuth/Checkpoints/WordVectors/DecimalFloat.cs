using System.Globalization;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// Decimal numbers in text to the nearest float, as one correct rounding: never to double first and then again. The spelling is that of C:
/// a sign, digits with a point anywhere among them, an exponent; no blanks, no separators, no words.
/// </summary>
internal static class DecimalFloat
{
    private const int ExactDigits = 19; // what a 64-bit number holds

    /// <summary>10⁰ to 10²², which are exact as double.</summary>
    private static readonly double[] Powers =
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>The number that the whole of <paramref name="text"/> spells; infinite when it is beyond the range of float.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out float value) => Parse(text, out value) == text.Length && text.Length > 0;

    /// <summary>The number that <paramref name="text"/> begins with, up to its end or the first byte that cannot belong to it.</summary>
    /// <returns>How many bytes spell it; 0 when none do.</returns>
    public static int Parse(ReadOnlySpan<byte> text, out float value)
    {
        int at = 0;
        bool negative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
        {
            negative = text[0] == '-';
            at = 1;
        }

        ulong digits = 0;
        int begun = at, point = -1;
        for (; at < text.Length; at++)
        {
            uint digit = text[at] - (uint)'0';
            if (digit <= 9)
                digits = unchecked((digits * 10) + digit);
            else if (text[at] == '.' && point < 0)
                point = at;
            else
                break;
        }

        int spelled = at - begun - (point < 0 ? 0 : 1), exponent = point < 0 ? 0 : point + 1 - at;
        if (spelled == 0)
        {
            value = 0;
            return 0;
        }

        if (at < text.Length && (text[at] | 0x20) == 'e')
            at = Exponent(text, at, ref exponent);
        if (spelled > ExactDigits || !TryExact(digits, exponent, out value))
            value = Math.Abs(float.Parse(text[..at], NumberStyles.Float, CultureInfo.InvariantCulture));
        if (negative)
            value = -value;
        return at;
    }

    /// <summary>Adds the exponent that begins at <paramref name="at"/>, if one does, and returns where it ends.</summary>
    private static int Exponent(ReadOnlySpan<byte> text, int at, ref int exponent)
    {
        int next = at + 1;
        bool negative = false;
        if (next < text.Length && text[next] is (byte)'-' or (byte)'+')
            negative = text[next++] == '-';
        int begun = next, power = 0;
        for (; next < text.Length && text[next] is >= (byte)'0' and <= (byte)'9'; next++)
            power = Math.Min((power * 10) + (text[next] - '0'), 1 << 20); // enough to be out of every range
        if (next == begun)
            return at;
        exponent += negative ? -power : power;
        return next;
    }

    /// <summary>
    /// Digits and power of ten that are both exact as double give the correctly rounded double (Clinger 1990). Rounding that to float is correct too
    /// unless it lies exactly in the middle of two floats: then the digits that double could not hold would decide.
    /// </summary>
    private static bool TryExact(ulong digits, int exponent, out float value)
    {
        const ulong Largest = 1ul << 53, MiddleMask = (1ul << 29) - 1, Middle = 1ul << 28;
        value = 0;
        if (digits > Largest || exponent is < -22 or > 22)
            return false;
        double number = exponent < 0 ? digits / Powers[-exponent] : digits * Powers[exponent];
        if ((BitConverter.DoubleToUInt64Bits(number) & MiddleMask) == Middle || number > float.MaxValue)
            return false;
        value = (float)number;
        return true;
    }
}
