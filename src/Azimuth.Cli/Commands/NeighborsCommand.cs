using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth neighbors</c>: the rows nearest to a token's row, and where the three ways to measure disagree.</summary>
internal static class NeighborsCommand
{
    private const int AuditLength = 10;
    private static readonly Argument<string?> Token = Options.Argument("TOKEN", "the token asked about: a literal such as \" next\", or id:1867");
    private static readonly Option<int> Top = Options.WholeNumber("--top", "K", "how many neighbours", 1, 10_000, 10);
    private static readonly Option<string> Metric = Options.Choice("--metric", "how nearness is measured", "cosine", "dot", "euclidean");
    private static readonly Option<string> Table = TableOption.Create();
    private static readonly RepairChoice Repair = new();

    public static Verb Create() => Verb.Create(
        "neighbors",
        "Lists the tokens whose rows are nearest to one token's row by cosine, dot product or Euclidean distance, on request after a repair of the table. Shows beside it where the three disagree, and which of them a model's own logits follow.",
        [Token, Top, Metric, Table, .. Repair.Symbols],
        RunAsync,
        new("azimuth neighbors \" king\"", "the ten nearest directions in the bundled model"),
        new("azimuth neighbors \" he\" -m novels-gpt --remove-components 2", "without the mean row and the two strongest directions"),
        new("azimuth neighbors id:1867 --table output --json", "by number, for scripts"));

    private static Task<int> RunAsync(Session session)
    {
        OpenedTable opened = session.OpenTableFor(session.Value(Token));
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        int id = session.Token(opened, table, Token);
        SimilarityMetric metric = Enum.Parse<SimilarityMetric>(session.Value(Metric)!, ignoreCase: true);
        TableRepair? repair = Repair.Fit(session, table);
        (NeighborList list, MetricAudit audit) = Neighbors.FindAndAudit(table, id, metric, session.Value(Top), AuditLength, repair, session.Workers, session.Cancel);
        LogitAudit? logits = opened.Model is { } model ? LogitAudit.OfToken(model, audit, session.Workers, session.Cancel) : null;
        var result = new { list.Token, list.Metric, list.Table, list.Norm, list.Neighbors, Audit = audit, LogitAudit = logits };
        return session.Show(opened.Name, list.Conventions with { Tied = opened.Tied }, result, screen => Draw(screen, list, audit, logits, repair, table.Count));
    }

    private static void Draw(Screen screen, NeighborList list, MetricAudit audit, LogitAudit? logits, TableRepair? repair, int rows)
    {
        screen.Heading($"Nearest to {TokenArgument.Describe(list.Token)} by {Name(list.Metric)}, {list.Table}{(repair is null ? "" : $", {repair.Description}")}");
        screen.Line($"Length of its row {Numbers.Three(list.Norm)}, mean length of the table's rows {Numbers.Three(audit.MeanNorm)}.");
        if (list.Neighbors.Count == 0)
            screen.Line(list.Norm == 0 ? "Its row is zero: it has no direction, and no neighbours by cosine." : "No other row has a direction to compare with.");
        else
            DrawNeighbors(screen, list, rows);
        int longest = Math.Max(audit.Cosine.Count, Math.Max(audit.Dot.Count, audit.Euclidean.Count));
        if (longest == 0)
            return;
        screen.Heading($"Where the metrics disagree, {audit.K} nearest by each");
        Column[] columns = [new("cosine"), new("dot"), new("Euclidean"), .. logits is null ? Array.Empty<Column>() : [new("the model's logits")]];
        HashSet<int> inAll = [.. audit.InAll.Select(token => token.Id)];
        screen.Table(columns,
        [
            .. Enumerable.Range(0, Math.Max(longest, logits?.Logits.Count ?? 0)).Select(Cell[] (i) =>
                [Entry(audit.Cosine, i, inAll), Entry(audit.Dot, i, inAll), Entry(audit.Euclidean, i, inAll), .. logits is null ? Array.Empty<Cell>() : [Entry(logits.Logits, i, inAll)]]),
        ]);
        screen.Line($"Shared: cosine and dot {Numbers.Percent(audit.OverlapCosineDot)}, cosine and Euclidean {Numbers.Percent(audit.OverlapCosineEuclidean)}, "
            + $"dot and Euclidean {Numbers.Percent(audit.OverlapDotEuclidean)}; * in all three.");
        screen.Line(audit.Verdict);
        if (logits is not null)
            screen.Line(logits.Verdict);
    }

    private static void DrawNeighbors(Screen screen, NeighborList list, int rows)
    {
        bool cosine = list.Metric == SimilarityMetric.Cosine;
        Column[] columns = [new("#", Side.Right), new("token"), new("id", Side.Right), new(Name(list.Metric), Side.Right), new("angle", Side.Right)];
        screen.Table(columns,
        [
            .. list.Neighbors.Select(Cell[] (n, i) =>
            [
                Numbers.Count(i + 1), Tokens.Show(n.Text), Numbers.Id(n.Id), cosine ? Numbers.Cosine(n.Value) : Numbers.Three(n.Value), Numbers.Angle(n.AngleDegrees),
            ]),
        ]);
        screen.Dim($"{Numbers.Count(list.Neighbors.Count)} of {Plural.Of(rows - 1, "other row")}");
    }

    private static Cell Entry(IReadOnlyList<Neighbor> list, int i, HashSet<int> inAll) =>
        i >= list.Count ? "" : Tokens.Show(list[i].Text, 20) + (inAll.Contains(list[i].Id) ? " *" : "");

    private static string Name(SimilarityMetric metric) => metric switch
    {
        SimilarityMetric.Cosine => "cosine",
        SimilarityMetric.Dot => "dot product",
        _ => "Euclidean distance",
    };
}
