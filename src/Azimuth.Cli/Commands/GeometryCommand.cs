using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth geometry</c>: lengths, mean direction, spectrum, isotropy before and after repair, and neighbourhoods of the token tables.</summary>
internal static class GeometryCommand
{
    private const int LogitTokens = 200;
    private static readonly Option<string?> Table = Options.Text("--table", "input|output", "one table only; every table of the model when left out");
    private static readonly Option<bool> Quick = Options.Flag("--quick", "lengths, mean row and spectrum only: no repairs, no neighbours, no logits");
    private static readonly Option<string?> Counts = Options.Text("--counts", "FILE", "how often tokens occur, as lines of token, id or id:N, tab, count: the lengths are ranked against it");
    private static readonly Option<double> Epsilon = Options.Number("--epsilon", "E", "added to every variance before whitening divides by its root", 0, double.MaxValue, 1e-5);
    private static readonly Option<int?> Queries = Options.WholeNumber("--queries", "N", "how many rows' neighbours are looked at (default: all of a small table, 500 to 2000 of a large one)", 1, int.MaxValue);
    private static readonly Option<int> Seed = Options.WholeNumber("--seed", "S", "starts the draw of those rows", 0, int.MaxValue, 1);

    public static Verb Create() => Verb.Create(
        "geometry",
        "Measures a token table as a cloud of directions and lengths: quantiles and outliers of the lengths, the mean row, the spectrum, isotropy before and after six repairs, agreement of the metrics, hubs, what a map keeps, and which metric a model's own logits follow.",
        [Table, Quick, Counts, Epsilon, Queries, Seed],
        RunAsync,
        new("azimuth geometry -m novels-gpt", "the small bundled model"),
        new("azimuth geometry --quick", "the default model, without what takes longest"),
        new("azimuth geometry -m novels-gpt --table input --json", "every number, for scripts"));

    /// <summary>All that is measured of one table; what <c>--quick</c> leaves out is null.</summary>
    internal sealed record Measured(TableGeometry Geometry, TableStatistics Statistics, RepairComparison? Repairs, TableNeighborhoods? Near, TableLogitAudit? Logits);

    private static Task<int> RunAsync(Session session)
    {
        string? which = session.Value(Table);
        if (which is not (null or "input" or "output"))
            throw new UsageException($"--table: expected input or output, found \"{which}\".");
        if (session.Value(Quick) && (session.IsGiven(Queries) || session.IsGiven(Epsilon) || session.IsGiven(Seed)))
            throw new UsageException("--queries, --seed and --epsilon belong to what --quick leaves out; drop one or the other.");
        OpenedTable opened = session.OpenTable();
        IEnumerable<EmbeddingTable> chosen = which switch
        {
            "input" => [opened.Input],
            "output" => [opened.Output],
            _ => opened.All,
        };
        List<Measured> tables = [.. chosen.Select(table => Measure(session, opened, table))];
        Conventions conventions = tables[0].Geometry.Conventions with { Tied = opened.Tied, NaturalLog = tables[0].Repairs is null ? null : true };
        conventions = conventions with { Notes = [.. conventions.Notes, .. Notes(tables[0])] };
        return session.Show(opened.Name, conventions, new { Tables = tables.Select(Document) }, screen => tables.ForEach(table => GeometryView.Draw(screen, table)));
    }

    private static Measured Measure(Session session, OpenedTable opened, EmbeddingTable table)
    {
        double[]? counts = session.Value(Counts) is string path ? CountsFile.Read(session, path, "--counts", table) : null;
        session.Progress.Say($"measuring the {table.Name}");
        int components = session.Value(Quick) ? TableStatistics.ComponentsKept : table.ModelDim;
        TableSpectrum spectrum = TableSpectrum.Of(table, components, session.Workers, session.Cancel);
        TableGeometry geometry = TableMeasures.Of(table, spectrum);
        TableStatistics statistics = TableStatistics.Of(table, spectrum, counts);
        if (session.Value(Quick))
            return new Measured(geometry, statistics, null, null, null);
        RepairComparison repairs = RepairComparison.Of(
            table.Rows, spectrum, session.Workers, session.Value(Epsilon), new ShareProgress(session.Progress, "repairing", table.Count, "rows"), session.Cancel);
        ulong seed = (ulong)session.Value(Seed);
        RowSample sample = session.Value(Queries) is int most ? RowSample.Of(table.Count, most, seed) : TableNeighborhoods.DefaultSample(table, seed);
        RowSample mapSample = session.Value(Queries) is null ? TableNeighborhoods.DefaultMapSample(table, seed) : sample;
        TableNeighborhoods near = TableNeighborhoods.Of(
            table, spectrum, sample, mapSample, session.Workers, new ShareProgress(session.Progress, "looking for neighbours"), session.Cancel);
        TableLogitAudit? logits = opened.Model is { } model
            ? TableLogitAudit.Of(model, table, RowSample.Of(table.Count, LogitTokens, seed), session.Workers, new ShareProgress(session.Progress, "asking for logits", LogitTokens, "tokens"), session.Cancel)
            : null;
        return new Measured(geometry, statistics, repairs, near, logits);
    }

    private static IEnumerable<string> Notes(Measured table)
    {
        if (table.Repairs is { } repairs)
        {
            yield return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"whitening epsilon {repairs.WhitenEpsilon:0.######e+0;;0}");
            yield return "repairs are fitted on all rows; -1, -2, -3: mean row and that many principal components removed";
            yield return "partition isotropy: both signs of every eigenvector; of whitened tables, the eigenvectors before whitening";
        }

        if (table.Near is { } near)
            yield return near.Sample.Note;
        if (table.Logits is not null)
            yield return "logits: a token's input row through final norm and output table, no block run; the token itself left out";
    }

    /// <summary>One object of all members, so that every number is found under its own name.</summary>
    private static JsonObject Document(Measured table)
    {
        var all = new JsonObject();
        foreach (object part in new object?[] { table.Geometry, table.Statistics, table.Repairs, table.Near, table.Logits is null ? null : new { LogitAudit = table.Logits } }.OfType<object>())
        {
            foreach ((string name, JsonNode? value) in JsonSerializer.SerializeToNode(part, part.GetType(), JsonDocumentWriter.Options)!.AsObject())
                all[name] = value?.DeepClone();
        }

        return all;
    }
}
