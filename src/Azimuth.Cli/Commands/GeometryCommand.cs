using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth geometry</c>: lengths, mean direction, isotropy and spectrum of the token tables.</summary>
internal static class GeometryCommand
{
    private static readonly Option<string?> Table = Options.Text("--table", "input|output", "one table only; every table of the model when left out");

    public static Verb Create() => Verb.Create(
        "geometry",
        "Measures a token table as a cloud of directions and lengths: quantiles and outliers of the lengths, the mean row, the exact mean cosine of all pairs, the spectrum. Nothing is sampled.",
        [Table],
        RunAsync,
        new("azimuth geometry -m novels-gpt", "the small bundled model"),
        new("azimuth geometry --table input --json", "every number, for scripts"));

    private static Task<int> RunAsync(Session session)
    {
        string? which = session.Value(Table);
        if (which is not (null or "input" or "output"))
            throw new UsageException($"--table: expected input or output, found \"{which}\".");
        OpenedTable opened = session.OpenTable();
        IEnumerable<EmbeddingTable> chosen = which switch
        {
            "input" => [opened.Input],
            "output" => [opened.Output],
            _ => opened.All,
        };
        List<TableGeometry> tables = [];
        foreach (EmbeddingTable table in chosen)
        {
            session.Progress.Say($"measuring the {table.Name}");
            tables.Add(TableMeasures.Of(table, session.Workers, session.Cancel));
        }

        return session.Show(opened.Name, tables[0].Conventions with { Tied = opened.Tied }, new { Tables = tables }, screen => tables.ForEach(t => Draw(screen, t)));
    }

    private static void Draw(Screen screen, TableGeometry table)
    {
        screen.Heading($"{table.Table}: {Numbers.Count(table.Rows)} rows of {Numbers.Count(table.Columns)}");
        screen.Facts(
            ("mean length of a row", $"{Numbers.Three(table.NormMean)} (standard deviation {Numbers.Three(table.NormSdPopulation)})"),
            ("rows of length zero", Numbers.Count(table.ZeroRows)),
            ("length of the mean row", $"{Numbers.Three(table.MeanVectorNorm)} ({Numbers.Percent(table.MeanVectorNorm / table.NormMean)} of the mean length)"),
            ("mean cosine of all pairs", Numbers.Cosine(table.MeanPairwiseCosine)),
            ("effective rank", $"{Numbers.Three(table.EffectiveRankSingularValues)} of {Numbers.Count(table.Columns)}, from the singular values"),
            ("participation ratio", $"{Numbers.Three(table.ParticipationRatioCentredEigenvalues)} of {Numbers.Count(table.Columns)}, centred"));

        screen.Heading("Quantiles of the lengths");
        screen.Table([.. table.NormQuantiles.Keys.Select(percent => new Column(percent + " %", Side.Right))],
            [[.. table.NormQuantiles.Values.Select(value => (Cell)Numbers.Three(value))]]);

        screen.Heading("Shortest and longest rows");
        screen.Table([new("shortest"), new("id", Side.Right), new("length", Side.Right), new("    longest"), new("id", Side.Right), new("length", Side.Right)],
        [
            .. table.SmallestNorm.Zip(table.LargestNorm).Select(Cell[] (pair) =>
            [
                Tokens.Show(pair.First.Text), Numbers.Id(pair.First.Id), Numbers.Three(pair.First.Norm),
                "    " + Tokens.Show(pair.Second.Text), Numbers.Id(pair.Second.Id), Numbers.Three(pair.Second.Norm),
            ]),
        ]);

        screen.Heading("Spectrum");
        double largest = table.SingularValuesFirst10[0];
        screen.Table([new("#", Side.Right), new("singular value", Side.Right), new(""), new("explained variance, centred", Side.Right)],
        [
            .. table.SingularValuesFirst10.Zip(table.ExplainedVarianceFirst10).Select(Cell[] (pair, i) =>
                [Numbers.Count(i + 1), Numbers.Three(pair.First), Bar.Of(pair.First / largest, 30), Numbers.Percent(pair.Second)]),
        ]);
        screen.Dim($"{table.SingularValuesFirst10.Count} of {Numbers.Count(table.Spectrum.Count)}");
    }
}
