using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth roundtrip</c>: from a token to its row and back, by transpose, cosine and left inverse.</summary>
internal static class RoundtripCommand
{
    private static readonly Argument<string?> Token = Options.Argument("TOKEN", "a literal such as \" next\", or id:1867; may be left out with --all");
    private static readonly Option<bool> All = Options.Flag("--all", "every token of the vocabulary: how many come back as themselves");
    private static readonly Option<int> Top = Options.WholeNumber("--top", "K", "how many of the highest other tokens", 1, 1000, 10);
    private static readonly Option<string> Table = Options.Choice(
        "--table", "which table the rows come from; both: the input row is scored against the output table, as in an untied model without blocks", "input", "output", "both");

    public static Verb Create() => Verb.Create(
        "roundtrip",
        "Looks a token's row up and scores it against every row: by transpose, by cosine, and by the left inverse, where the token's own score is its leverage. With --all, counts the tokens that come back as themselves.",
        [Token, All, Top, Table],
        RunAsync,
        new("azimuth roundtrip \" king\"", "one token of the bundled model, three ways back"),
        new("azimuth roundtrip --all -m novels-gpt", "the whole vocabulary"),
        new("azimuth roundtrip id:262 -m novels-gpt --top 3 --json", "by number, for scripts"));

    private static Task<int> RunAsync(Session session)
    {
        bool all = session.Value(All);
        if (all == session.Value(Token) is not null)
            throw new UsageException($"azimuth roundtrip: expected TOKEN or --all, found {(all ? "both" : "neither")}.");
        if (all && session.IsGiven(Top))
            throw new UsageException("azimuth roundtrip: --top lists the peaks of one token, so it does not go with --all.");
        OpenedTable opened = session.OpenTable();
        bool both = session.Value(Table) == "both" && !ReferenceEquals(opened.Input, opened.Output);
        EmbeddingTable table = session.Value(Table) == "output" ? opened.Output : opened.Input;
        if (both && (opened.Input.ModelDim != opened.Output.ModelDim || opened.Input.Count != opened.Output.Count))
        {
            throw new UsageException(FormattableString.Invariant(
                $"--table both: expected tables of one shape, found [{opened.Input.Count}, {opened.Input.ModelDim}] and [{opened.Output.Count}, {opened.Output.ModelDim}]."));
        }

        return all ? both ? Pair(session, opened) : WholeTable(session, opened, table) : OneToken(session, opened, table, both);
    }

    private static Task<int> OneToken(Session session, OpenedTable opened, EmbeddingTable table, bool both)
    {
        int id = session.Token(opened, table, Token);
        session.Progress.Say($"inverting the {table.Name}");
        TokenRoundTrip trip = RoundTrip.Prepare(table, both ? opened.Output : table, session.Workers, session.Cancel).OfToken(id, session.Value(Top));
        return session.Show(opened.Name, trip.Conventions with { Tied = opened.Tied }, trip, screen => Draw(screen, trip));
    }

    private static Task<int> WholeTable(Session session, OpenedTable opened, EmbeddingTable table)
    {
        ShareProgress progress = new(session.Progress, "there and back", table.Count, "tokens");
        RoundTrip prepared = RoundTrip.Prepare(table, session.Workers, session.Cancel);
        TableRoundTrip trip = prepared.OfTable(progress, session.Cancel);
        RoundTripRanks ranks = prepared.Ranks(Sample(table), new ShareProgress(session.Progress, "ranking"), session.Cancel);
        trip = trip with { Ranks = ranks };
        return session.Show(opened.Name, Noted(trip.Conventions, opened, ranks, table), trip, screen =>
        {
            screen.Heading($"Every token of the {trip.Table} there and back");
            screen.Table([new("way back"), new("come back", Side.Right), new("lost", Side.Right), new(""), new("median rank", Side.Right), new("worst", Side.Right)],
            [
                Row("transpose", trip.Recovered.Transpose, trip.Lost.Transpose, ranks.Transpose),
                Row("cosine", trip.Recovered.Cosine, trip.Lost.Cosine, ranks.Cosine),
                Row("left inverse", trip.Recovered.LeftInverse, trip.Lost.LeftInverse, ranks.LeftInverse),
            ]);
            screen.Line($"Leverages add up to {Numbers.Three(trip.LeverageSum)}, the rank of the table; the smallest is {Numbers.Three(trip.LeverageMin.Value)} of "
                + $"{Describe(trip.LeverageMin)}, the largest {Numbers.Three(trip.LeverageMax.Value)} of {Describe(trip.LeverageMax)}.");
        });

        static Cell[] Row(string way, double share, int lost, RankSummary ranks) =>
            [way, Numbers.Percent(share), Numbers.Count(lost), Bar.Of(share, 40), Numbers.Three(ranks.MedianRank), Numbers.Count(ranks.WorstRank)];
    }

    /// <summary>All tokens of an untied model from its input table to its output table.</summary>
    private static Task<int> Pair(Session session, OpenedTable opened)
    {
        session.Progress.Say("inverting both tables");
        RoundTrip prepared = RoundTrip.Prepare(opened.Input, opened.Output, session.Workers, session.Cancel);
        RoundTripRanks ranks = prepared.Ranks(Sample(opened.Output), new ShareProgress(session.Progress, "ranking"), session.Cancel);
        Conventions conventions = Noted(new Conventions { StoredType = opened.Output.Rows.Type.ToString() }, opened, ranks, opened.Output);
        return session.Show(opened.Name, conventions, ranks, screen =>
        {
            screen.Heading($"{Numbers.Count(ranks.Queries)} tokens from the {ranks.Table}");
            screen.Table([new("way back"), new("come back", Side.Right), new(""), new("median rank", Side.Right), new("worst", Side.Right)],
            [
                Row("transpose: the direct path to the logits", ranks.Transpose),
                Row("cosine", ranks.Cosine),
                Row("left inverse of the output table", ranks.LeftInverse),
                Row("left inverse of the input table", ranks.LeftInverseInput ?? ranks.LeftInverse),
            ]);
            screen.Line($"Leverages in the input table add up to {Numbers.Three(ranks.LeverageSum)}, its rank.");
        });

        static Cell[] Row(string way, RankSummary ranks) =>
            [way, Numbers.Percent(ranks.Share), Bar.Of(ranks.Share, 25), Numbers.Three(ranks.MedianRank), Numbers.Count(ranks.WorstRank)];
    }

    /// <summary>All tokens of a small table, a few hundred of a large one.</summary>
    private static RowSample Sample(EmbeddingTable table) => RowSample.Of(table.Count, table.Count <= 5000 ? 5000 : 300);

    private static Conventions Noted(Conventions conventions, OpenedTable opened, RoundTripRanks ranks, EmbeddingTable table)
    {
        string note = ranks.Seed is ulong seed ? FormattableString.Invariant($"ranks of {ranks.Queries} of {table.Count} tokens, drawn with seed {seed}") : "ranks of all tokens";
        return conventions with { Tied = opened.Tied, Notes = [.. conventions.Notes, note, "ranks in the summary: 1 + the scores strictly above, so that equal scores share the better rank"] };
    }

    private static void Draw(Screen screen, TokenRoundTrip trip)
    {
        (string Name, RoundTripWay? Way)[] ways = [("transpose", trip.Transpose), ("cosine", trip.Cosine), ("left inverse", trip.LeftInverse)];
        if (trip.LeftInverseInput is { } own)
            ways = [.. ways[..2], ("output's inverse", trip.LeftInverse), ("input's inverse", own)];
        screen.Heading($"{TokenArgument.Describe(trip.Token)} there and back, {trip.Table}");
        screen.Table([new("way back"), new("own score", Side.Right), new("rank", Side.Right), new("peak to noise", Side.Right)],
        [
            .. ways.Select(Cell[] (way) => way.Way is null
                ? [way.Name, "no direction", "–", "–"]
                : [way.Name, Numbers.Three(way.Way.Own), Numbers.Count(way.Way.Rank), way.Way.PeakToNoise is double noise ? Numbers.Three(noise) : "–"]),
        ]);
        screen.Line($"Leverage {Numbers.Three(trip.Leverage)}: the part of the row that no other rows can replace.");
        screen.Heading("Highest other tokens");
        int longest = ways.Max(way => way.Way?.Peaks.Count ?? 0);
        Column[] columns = [.. ways.SelectMany(way => new Column[] { new(way.Name), new("score", Side.Right) })];
        screen.Table(columns, [.. Enumerable.Range(0, longest).Select(Cell[] (i) => [.. ways.SelectMany(way => Peak(way.Way, i))])]);
    }

    private static Cell[] Peak(RoundTripWay? way, int i) =>
        way is null || i >= way.Peaks.Count ? ["", ""] : [Tokens.Show(way.Peaks[i].Text, 14), Numbers.Three(way.Peaks[i].Value)];

    private static string Describe(TokenScore token) => TokenArgument.Describe(new TokenRef(token.Id, token.Text));
}
