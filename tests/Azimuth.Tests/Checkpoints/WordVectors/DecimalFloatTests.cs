using System.Globalization;
using System.Text;
using Azimuth.Checkpoints.WordVectors;

namespace Azimuth.Tests.Checkpoints.WordVectors;

public sealed class DecimalFloatTests
{
    [Fact]
    public void Any_spelling_is_rounded_as_the_framework_rounds_it()
    {
        var random = new Random(5);
        for (int i = 0; i < 200_000; i++)
        {
            string text = Spelling(random);
            Assert.True(DecimalFloat.TryParse(Encoding.ASCII.GetBytes(text), out float found), text);
            float expected = float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
            Assert.True(BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(found), $"{text}: expected {expected:R}, found {found:R}");
        }
    }

    [Fact]
    public void Decimals_around_the_middle_of_two_floats_go_to_the_right_side()
    {
        var random = new Random(6);
        for (int i = 0; i < 20_000; i++)
        {
            // m · 2^e and its neighbour; the middle (2m + 1) · 2^(e−1) has at most 9 decimals.
            int mantissa = random.Next(1 << 23, (1 << 24) - 1), exponent = random.Next(-8, 9);
            float value = MathF.ScaleB(mantissa, exponent), next = MathF.BitIncrement(value);
            decimal middle = ((2m * mantissa) + 1) * (exponent > 0 ? 1 << (exponent - 1) : 1m / (1 << (1 - exponent)));
            string spelled = middle.ToString(CultureInfo.InvariantCulture);
            bool even = mantissa % 2 == 0;
            string above = spelled.Contains('.', StringComparison.Ordinal) ? spelled + "0000000001" : spelled + ".0000000001";
            Assert.Equal(even ? value : next, Parse(spelled));
            Assert.Equal(next, Parse(above));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("+")]
    [InlineData("-.")]
    [InlineData("e5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1.2.3")]
    [InlineData("1,5")]
    [InlineData("1 ")]
    [InlineData(" 1")]
    [InlineData("--1")]
    [InlineData("0x10")]
    [InlineData("nan")]
    [InlineData("inf")]
    [InlineData("1_000")]
    [InlineData("½")]
    public void What_is_no_decimal_is_refused(string text) => Assert.False(DecimalFloat.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("1e39", float.PositiveInfinity)]
    [InlineData("-1e99999999999999999999", float.NegativeInfinity)]
    [InlineData("3.4028235677973367e38", float.PositiveInfinity)]
    [InlineData("3.4028235677973365e38", float.MaxValue)]
    [InlineData("1e-99999999999999999999", 0f)]
    [InlineData("1e-45", float.Epsilon)]
    [InlineData("7e-46", 0f)]
    [InlineData("7.1e-46", float.Epsilon)]
    [InlineData("0e99999999999", 0f)]
    [InlineData("-0", -0f)]
    public void The_ends_of_the_range_are_exact(string text, float expected) =>
        Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(Parse(text)));

    private static float Parse(string text) => DecimalFloat.TryParse(Encoding.ASCII.GetBytes(text), out float value) ? value : throw new FormatException(text);

    private static string Spelling(Random random)
    {
        StringBuilder text = new();
        text.Append(random.Next(4) switch { 0 => "-", 1 => "+", _ => "" });
        int whole = random.Next(0, random.Next(2) == 0 ? 4 : 24), fraction = random.Next(whole == 0 ? 1 : 0, random.Next(2) == 0 ? 10 : 30);
        Digits(whole);
        if (fraction > 0 || random.Next(5) == 0)
            text.Append('.');
        Digits(fraction);
        if (random.Next(3) == 0)
            text.Append("eE"[random.Next(2)]).Append(random.Next(3) switch { 0 => "+", 1 => "-", _ => "" }).Append(random.Next(random.Next(2) == 0 ? 12 : 60));
        return text.ToString();

        void Digits(int count)
        {
            for (; count > 0; count--)
                text.Append((char)('0' + random.Next(10)));
        }
    }
}
