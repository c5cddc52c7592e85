using Azimuth.Cli.Output;

namespace Azimuth.Cli.Tests;

public sealed class NumbersTests
{
    [Fact]
    public void A_text_of_a_file_is_one_line_on_which_nothing_is_hidden() =>
        Assert.Equal("a · b⇥c \\u{202E}d\\u{FEFF}", Tokens.OneLine("a · b\tc \u202Ed\uFEFF"));

    [Fact]
    public void A_number_and_its_percent_sign_stay_on_one_line()
    {
        using StringWriter output = new();
        new Screen(output, color: false).Line(new string('x', 95) + " 12.3 % of all");
        Assert.Equal($"{new string('x', 95)}\n12.3 % of all\n", output.ToString().ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.9229009397725682, "0.923")]
    [InlineData(9.996, "10.0")]
    [InlineData(99.96, "100")]
    [InlineData(-0.0012345, "-0.00123")]
    [InlineData(0.00099999, "1.00e-3")]
    [InlineData(2.2e-54, "2.20e-54")]
    [InlineData(5661.9, "5,660")]
    [InlineData(999_600, "1.00e6")]
    [InlineData(double.PositiveInfinity, "∞")]
    [InlineData(double.NaN, "–")]
    public void Measured_numbers_have_three_significant_digits(double value, string shown) => Assert.Equal(shown, Numbers.Three(value));

    [Theory]
    [InlineData(1, "1.00")]
    [InlineData(0.0045, "0.00450")]
    [InlineData(0.000996, "1e-3")]
    [InlineData(0.0000321, "3e-5")]
    [InlineData(0, "0")]
    public void Probabilities_below_a_thousandth_have_one(double value, string shown) => Assert.Equal(shown, Numbers.Probability(value));

    [Theory]
    [InlineData(91.30576939520148, "91.3°")]
    [InlineData(-0.01, "0.0°")]
    [InlineData(179.96, "180.0°")]
    public void Angles_have_one_decimal_and_a_degree_sign(double value, string shown) => Assert.Equal(shown, Numbers.Angle(value));

    [Theory]
    [InlineData(1, "100 %")]
    [InlineData(0.999755859375, "99.975 %")]
    [InlineData(0.9999999, "99.999 %")]
    [InlineData(0.10245768229166667, "10.2 %")]
    [InlineData(double.NaN, "–")]
    public void A_share_is_100_percent_only_when_it_is_all(double share, string shown) => Assert.Equal(shown, Numbers.Percent(share));

    [Fact]
    public void Points_of_a_column_stand_under_each_other()
    {
        IReadOnlyList<string> aligned = Numbers.AlignPoints(["0.923", "12", "3e-5", "100 %", "-1.5"]);
        Assert.Equal(["0.923", "12    ", "3e-5 ", "100 %  ", "-1.5  "], aligned);
    }

    [Theory]
    [InlineData(1, "████")]
    [InlineData(0.5, "██")]
    [InlineData(0.03125, "▏")]
    [InlineData(0.001, "")]
    [InlineData(0, "")]
    [InlineData(double.NaN, "")]
    public void A_bar_is_as_long_as_its_share(double share, string bar) => Assert.Equal(bar, Bar.Of(share, 4));
}
