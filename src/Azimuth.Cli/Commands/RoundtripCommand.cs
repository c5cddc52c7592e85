using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth roundtrip</c>: from a token to its row and back, by transpose, cosine and left inverse.</summary>
internal static class RoundtripCommand
{
    private static readonly Argument<string?> Token = Options.Argument("TOKEN", "a literal such as \" next\", or id:1867; may be left out with --all");
    private static readonly Option<bool> All = Options.Flag("--all", "every token of the vocabulary: how many come back as themselves");
    private static readonly Option<int> Top = Options.WholeNumber("--top", "K", "how many of the highest other tokens", 1, 1000, 10);
    private static readonly Option<string> Table = TableOption.Create();

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
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        return all ? WholeTable(session, opened, table) : OneToken(session, opened, table);
    }

    private static Task<int> OneToken(Session session, OpenedTable opened, EmbeddingTable table)
    {
        int id = session.Token(opened, table, Token);
        session.Progress.Say($"inverting the {table.Name}");
        TokenRoundTrip trip = RoundTrip.Prepare(table, session.Workers, session.Cancel).OfToken(id, session.Value(Top));
        return session.Show(opened.Name, trip.Conventions with { Tied = opened.Tied }, trip, screen => Draw(screen, trip));
    }

    private static Task<int> WholeTable(Session session, OpenedTable opened, EmbeddingTable table)
    {
        ShareProgress progress = new(session.Progress, "there and back", table.Count, "tokens");
        TableRoundTrip trip = RoundTrip.Prepare(table, session.Workers, session.Cancel).OfTable(progress, session.Cancel);
        return session.Show(opened.Name, trip.Conventions with { Tied = opened.Tied }, trip, screen =>
        {
            screen.Heading($"Every token of the {trip.Table} there and back");
            screen.Table([new("way back"), new("come back", Side.Right), new("lost", Side.Right), new("")],
            [
                ["transpose", Numbers.Percent(trip.Recovered.Transpose), Numbers.Count(trip.Lost.Transpose), Bar.Of(trip.Recovered.Transpose, 40)],
                ["cosine", Numbers.Percent(trip.Recovered.Cosine), Numbers.Count(trip.Lost.Cosine), Bar.Of(trip.Recovered.Cosine, 40)],
                ["left inverse", Numbers.Percent(trip.Recovered.LeftInverse), Numbers.Count(trip.Lost.LeftInverse), Bar.Of(trip.Recovered.LeftInverse, 40)],
            ]);
            screen.Line($"Leverages add up to {Numbers.Three(trip.LeverageSum)}, the rank of the table; the smallest is {Numbers.Three(trip.LeverageMin.Value)} of "
                + $"{Describe(trip.LeverageMin)}, the largest {Numbers.Three(trip.LeverageMax.Value)} of {Describe(trip.LeverageMax)}.");
        });
    }

    private static void Draw(Screen screen, TokenRoundTrip trip)
    {
        (string Name, RoundTripWay? Way)[] ways = [("transpose", trip.Transpose), ("cosine", trip.Cosine), ("left inverse", trip.LeftInverse)];
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
        way is null || i >= way.Peaks.Count ? ["", ""] : [Tokens.Show(way.Peaks[i].Text, 18), Numbers.Three(way.Peaks[i].Value)];

    private static string Describe(TokenScore token) => TokenArgument.Describe(new TokenRef(token.Id, token.Text));
}
