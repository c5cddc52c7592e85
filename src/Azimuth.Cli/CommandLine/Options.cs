using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Azimuth.Cli.CommandLine;

/// <summary>Makes options and arguments that check their values themselves, so that a wrong one is named with what was expected.</summary>
internal static class Options
{
    public static Option<bool> Flag(string name, string description) => new(name) { Description = description, Arity = ArgumentArity.Zero };

    public static Option<string?> Text(string name, string helpName, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = helpName };

    /// <summary>One of a few words, the first of which is the default.</summary>
    public static Option<string> Choice(string name, string description, params IReadOnlyList<string> words) => new(name)
    {
        Description = $"{description} (default {words[0]})",
        HelpName = string.Join('|', words),
        DefaultValueFactory = _ => words[0],
        CustomParser = result => Accept(result, $"expected {string.Join(", ", words.SkipLast(1))} or {words[^1]}", words.Contains),
    };

    /// <summary>A whole number in a range, null when left out.</summary>
    public static Option<int?> WholeNumber(string name, string helpName, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result => ParseWhole(result, least, most),
    };

    /// <summary>A whole number in a range with a default.</summary>
    public static Option<int> WholeNumber(string name, string helpName, string description, int least, int most, int otherwise) => new(name)
    {
        Description = Invariant($"{description} (default {otherwise})"),
        HelpName = helpName,
        DefaultValueFactory = _ => otherwise,
        CustomParser = result => ParseWhole(result, least, most) ?? otherwise,
    };

    /// <summary>A number in a range, null when left out.</summary>
    public static Option<double?> Number(string name, string helpName, string description, double least, double most) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result => ParseNumber(result, result.Tokens[0].Value, least, most),
    };

    /// <summary>A number in a range with a default.</summary>
    public static Option<double> Number(string name, string helpName, string description, double least, double most, double otherwise) => new(name)
    {
        Description = $"{description} (default {Shown(otherwise)})",
        HelpName = helpName,
        DefaultValueFactory = _ => otherwise,
        CustomParser = result => ParseNumber(result, result.Tokens[0].Value, least, most) ?? otherwise,
    };

    /// <summary>Numbers separated by commas; <c>inf</c> is one where <paramref name="most"/> is infinite.</summary>
    public static Option<double[]?> Numbers(string name, string helpName, string description, double least, double most) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            string[] parts = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries);
            double?[] values = Array.ConvertAll(parts, part => ParseNumber(result, part, least, most));
            return values.Any(value => value is null) ? null : Array.ConvertAll(values, value => value!.Value);
        },
    };

    /// <summary>Token ids separated by commas.</summary>
    public static Option<int[]?> Ids(string name, string description, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "1,2,3",
        CustomParser = result =>
        {
            string[] parts = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries);
            int[] ids = new int[parts.Length];
            for (int i = 0; i < parts.Length; i++)
            {
                if (int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]))
                    continue;
                result.AddError($"{name}: expected token ids separated by commas, as in 1,2,3, found \"{parts[i]}\" in \"{result.Tokens[0].Value}\".");
                return null;
            }

            return ids;
        },
    };

    /// <summary>Texts, one or more after the option; empty when left out.</summary>
    public static Option<string[]> Texts(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    /// <summary>An option of one text that may be given several times.</summary>
    public static Option<string[]> Repeated(string name, string helpName, string description) => new(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => [] };

    /// <summary>An argument that the command itself says is missing, in its own words.</summary>
    public static Argument<string?> Argument(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrOne };

    public static Argument<string[]> Arguments(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrMore };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Accept(ArgumentResult result, string expected, Func<string, bool> accepts)
    {
        string value = result.Tokens[0].Value;
        if (!accepts(value))
            result.AddError($"{OptionName(result)}: {expected}, found \"{value}\".");
        return value;
    }

    private static int? ParseWhole(ArgumentResult result, int least, int most)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
            return value;
        string range = most == int.MaxValue ? Invariant($"of at least {least}") : Invariant($"from {least} to {most}");
        result.AddError($"{OptionName(result)}: expected a whole number {range}, found \"{text}\".");
        return null;
    }

    private static double? ParseNumber(ArgumentResult result, string text, double least, double most)
    {
        bool infinite = double.IsPositiveInfinity(most) && text is "inf" or "∞";
        double value = double.PositiveInfinity;
        bool parsed = infinite || (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value));
        if (parsed && value >= least && value <= most)
            return value;
        string range = most >= double.MaxValue ? $"of at least {Shown(least)}"
            : least == double.Epsilon ? $"above 0 and at most {Shown(most)}" : $"from {Shown(least)} to {Shown(most)}";
        result.AddError($"{OptionName(result)}: expected a number {range}, found \"{text}\".");
        return null;
    }

    /// <summary>0.2, 1000000, 1e-5, 1e12: as one would type it.</summary>
    private static string Shown(double value) =>
        value.ToString(value == 0 || Math.Abs(value) is >= 1e-4 and < 1e7 ? "0.######" : "0.######e0", CultureInfo.InvariantCulture);

    private static string OptionName(ArgumentResult result) => (result.Parent as OptionResult)?.Option.Name ?? result.Argument.Name;
}
