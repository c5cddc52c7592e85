using System.CommandLine;
using Azimuth.Checkpoints;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry.Alignment;

namespace Azimuth.Cli.CommandLine;

/// <summary>The two arguments of commands that compare tables, and the rule that pairs their rows.</summary>
internal static class TwoTables
{
    public static Argument<string?> First(string description) => Options.Argument("A", description);

    public static Argument<string?> Second(string description) => Options.Argument("B", description);

    public static Option<string> MatchOption() => Options.Choice(
        "--match", "how rows are paired: by id where the ids both have mean the same text and by text otherwise, always by id, always by text", "auto", "id", "text");

    /// <summary>Opens what both arguments name.</summary>
    public static (OpenedTable A, OpenedTable B) Open(Session session, Argument<string?> first, Argument<string?> second)
    {
        return (session.OpenTable(KnownModels.Resolve(Name(first))), session.OpenTable(KnownModels.Resolve(Name(second))));

        string Name(Argument<string?> argument) => session.Value(argument) is { Length: > 0 } name
            ? name
            : throw new UsageException($"azimuth {session.Command}: expected A and B, two models or files of vectors, found {(argument == first ? "neither" : "only A")}.");
    }

    /// <summary>Pairs the rows of two tables.</summary>
    /// <exception cref="UsageException">Fewer than two tokens in common.</exception>
    public static TablePair Match(Session session, EmbeddingTable a, EmbeddingTable b, Option<string> option)
    {
        session.Progress.Say("pairing rows");
        MatchRule? rule = session.Value(option) switch
        {
            "id" => MatchRule.Id,
            "text" => MatchRule.Text,
            _ => null,
        };
        TablePair pair = TablePair.Match(a, b, rule);
        return pair.Count >= 2
            ? pair
            : throw new UsageException(FormattableString.Invariant(
                $"{option.Name}: expected at least two tokens with the same text in both tables, found {pair.Count} among {a.Count} and {b.Count}; --match id pairs rows by number."));
    }

    /// <summary>Shows how far each step is.</summary>
    public static Func<string, IProgress<double>> Steps(Session session) => step => new ShareProgress(session.Progress, step);

    /// <summary>One line: how many rows were paired, by what, and what was left out.</summary>
    public static string Describe(int pairs, MatchRule rule, int onlyInA, int onlyInB, int repeated)
    {
        string line = $"{Plural.Of(pairs, "pair", "pairs")} of rows, by {(rule == MatchRule.Id ? "id" : "text")}";
        if (onlyInA + onlyInB > 0)
            line += $"; without a partner {Plural.Of(onlyInA, "row")} of A and {Numbers.Count(onlyInB)} of B";
        return repeated == 0 ? line : line + $", {Plural.Of(repeated, "text because it names", "texts because they name")} several rows";
    }

    /// <summary>The share that an alignment leaves over; sums of squares in double cannot tell less than 1e-7 from nothing.</summary>
    public static string LeftOver(double share) => Numbers.Percent(share < 1e-7 ? 0 : share);

    /// <summary>The tokens that moved most.</summary>
    public static void DrawMovers(Screen screen, IReadOnlyList<Mover> movers, int pairs)
    {
        screen.Table(
            [new("#", Side.Right), new("token"), new("id", Side.Right), new("in B", Side.Right), new("angle before", Side.Right), new("after", Side.Right), new("length ratio before", Side.Right), new("after", Side.Right)],
        [
            .. movers.Select(Cell[] (m, i) =>
            [
                Numbers.Count(i + 1), Tokens.Show(m.Text, 20), Numbers.Id(m.Id), Numbers.Id(m.IdInB), Numbers.Angle(m.AngleBeforeDegrees), Numbers.Angle(m.AngleAfterDegrees),
                Ratio(m.NormRatioBefore), Ratio(m.NormRatioAfter),
            ]),
        ]);
        screen.Dim($"{Numbers.Count(movers.Count)} of {Plural.Of(pairs, "pair")}");

        static string Ratio(double? ratio) => ratio is double value ? Numbers.Fixed(value, 3) : "–";
    }
}
