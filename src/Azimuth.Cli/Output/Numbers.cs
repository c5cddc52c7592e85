using System.Globalization;

namespace Azimuth.Cli.Output;

/// <summary>How numbers look on a screen: invariant culture, three significant digits, angles with one decimal and a degree sign, a dash where there is none (NaN).</summary>
internal static class Numbers
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    /// <summary>A whole number in full: 49,152.</summary>
    public static string Count(long value) => value.ToString("N0", Invariant);

    /// <summary>A token's number, without separators.</summary>
    public static string Id(int id) => id.ToString(Invariant);

    /// <summary>A number that was chosen, as it was typed: 0.1, 1,000,000, ∞.</summary>
    public static string Plain(double value) => double.IsPositiveInfinity(value) ? "∞" : value.ToString("#,0.######", Invariant);

    /// <summary>Three significant digits; 1.23e-5 below a thousandth and 1.23e6 from a million on.</summary>
    public static string Three(double value)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "–" : value > 0 ? "∞" : "-∞";
        if (value == 0)
            return "0";
        double size = Math.Abs(value);
        if (size < 1e-3 || size >= 999_500)
            return Exponent(value.ToString("0.00e0", Invariant));
        // Rounding first: 9.996 has its first digit in the tens once it is 10.0.
        double rounded = double.Parse(size.ToString("E2", Invariant), Invariant);
        int decimals = Math.Max(0, 2 - (int)Math.Floor(Math.Log10(rounded)));
        double shown = decimals == 0 ? Math.CopySign(rounded, value) : value;
        return shown.ToString("N" + decimals.ToString(Invariant), Invariant);
    }

    /// <summary>The same with a plus sign before positive numbers.</summary>
    public static string Signed(double value) => value > 0 ? "+" + Three(value) : Three(value);

    /// <summary>Three significant digits, below a thousandth one: 3e-5.</summary>
    public static string Probability(double value) =>
        value > 0 && value < 9.995e-4 ? Exponent(value.ToString("0e0", Invariant)) : Three(value);

    /// <summary>A share as a percentage with three significant digits: 92.3 %, and 100 % only when it is all.</summary>
    public static string Percent(double share)
    {
        if (double.IsNaN(share))
            return "–";
        double percent = share * 100;
        if (percent is > 99.9 and < 100)
            return (Math.Floor(percent * 1000) / 1000).ToString("0.###", Invariant) + " %";
        return percent == 100 ? "100 %" : Three(percent) + " %";
    }

    /// <summary>One decimal and a degree sign; words where there is no direction.</summary>
    public static string Angle(double? degrees) => degrees is double value ? Fixed(value, 1) + "°" : "no direction";

    /// <summary>A cosine with three decimals, so that columns align; a dash where there is none.</summary>
    public static string Cosine(double? value) => value is double cosine ? Fixed(cosine, 3) : "–";

    /// <summary>A number with a fixed count of decimals; what rounds to zero has no sign.</summary>
    public static string Fixed(double value, int decimals)
    {
        if (double.IsNaN(value))
            return "–";
        double rounded = Math.Round(value, decimals, MidpointRounding.AwayFromZero);
        return (rounded == 0 ? 0 : rounded).ToString("F" + decimals.ToString(Invariant), Invariant);
    }

    /// <summary>Bytes in the unit that reads best: 98.3 MB (powers of ten).</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1_000 => $"{bytes.ToString(Invariant)} B",
        < 1_000_000 => $"{Three(bytes / 1e3)} kB",
        < 1_000_000_000 => $"{Three(bytes / 1e6)} MB",
        _ => $"{Three(bytes / 1e9)} GB",
    };

    /// <summary>A duration in the unit that reads best: 12 s, 3 min 20 s.</summary>
    public static string Duration(TimeSpan time) => time.TotalMinutes >= 1
        ? string.Create(Invariant, $"{(int)time.TotalMinutes} min {time.Seconds} s")
        : time.TotalSeconds >= 10 ? string.Create(Invariant, $"{time.TotalSeconds:0} s") : string.Create(Invariant, $"{time.TotalSeconds:0.0} s");

    /// <summary>Pads a column of numbers on the right so that their points stand under each other.</summary>
    public static IReadOnlyList<string> AlignPoints(IReadOnlyList<string> column)
    {
        int[] tails = [.. column.Select(TailLength)];
        int longest = tails.DefaultIfEmpty(0).Max();
        return [.. column.Select((text, i) => text + new string(' ', longest - tails[i]))];
    }

    private static int TailLength(string text)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
            return text.Length - point;
        int lastDigit = text.LastIndexOfAny(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        int exponent = text.IndexOf('e', StringComparison.Ordinal);
        return exponent >= 0 ? text.Length - exponent : text.Length - lastDigit - 1;
    }

    /// <summary>1.23e-05 → 1.23e-5: .NET writes the exponent as the format asks, which leaves a plus sign to take away.</summary>
    private static string Exponent(string text) => text.Replace("e+", "e", StringComparison.Ordinal);
}
