using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary>How <c>azimuth geometry</c> looks.</summary>
internal static class GeometryView
{
    /// <summary>What sums over equal rows leave of 0.</summary>
    private const double Rounding = 1e-12;

    public static void Draw(Screen screen, GeometryCommand.Measured table)
    {
        TableGeometry geometry = table.Geometry;
        TableStatistics statistics = table.Statistics;
        screen.Heading($"{geometry.Table}: {Plural.Of(geometry.Rows, "row")} of {Numbers.Count(geometry.Columns)}");
        List<(string Name, string Value)> facts =
        [
            ("mean length of a row", $"{Numbers.Three(geometry.NormMean)} (standard deviation {Numbers.Three(geometry.NormSdPopulation)})"),
            ("rows of length zero", Numbers.Count(geometry.ZeroRows)),
            ("length of the mean row", $"{Numbers.Three(geometry.MeanVectorNorm)} ({Share(statistics.MeanVector.NormOverMeanNorm)} of the mean length)"),
            ("mean cosine with the mean row", Cosine(statistics.MeanVector.MeanCosineWithMeanVector)),
            ("mean cosine of all pairs", Cosine(geometry.MeanPairwiseCosine)),
            ("effective rank", $"{Numbers.Three(geometry.EffectiveRankSingularValues)} of {Numbers.Count(geometry.Columns)}, from the singular values"),
            ("participation ratio", $"{Numbers.Three(geometry.ParticipationRatioCentredEigenvalues)} of {Numbers.Count(geometry.Columns)}, centred"),
            ("length against id", $"{Cosine(statistics.SpearmanNormId)} (Spearman)"),
        ];
        if (statistics.SpearmanNormCount is double rho)
            facts.Add(("length against count", $"{Cosine(rho)} (Spearman, {Numbers.Count(statistics.CountedRows ?? 0)} tokens with a count)"));
        screen.Facts(facts);
        DrawLengths(screen, geometry);
        DrawSpectrum(screen, geometry, statistics);
        if (table.Repairs is { } repairs)
            DrawRepairs(screen, repairs);
        if (table.Near is { } near)
            DrawNeighborhoods(screen, near);
        if (table.Logits is { } logits)
            DrawLogits(screen, logits);
    }

    private static void DrawLengths(Screen screen, TableGeometry table)
    {
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
    }

    private static void DrawSpectrum(Screen screen, TableGeometry table, TableStatistics statistics)
    {
        screen.Heading("Spectrum");
        double largest = table.SingularValuesFirst10[0];
        screen.Table([new("#", Side.Right), new("singular value", Side.Right), new(""), new("explained variance, centred", Side.Right)],
        [
            .. table.SingularValuesFirst10.Zip(table.ExplainedVarianceFirst10).Select(Cell[] (pair, i) =>
                [Numbers.Count(i + 1), Numbers.Three(pair.First), Bar.Of(pair.First / largest, 30), Numbers.Percent(pair.Second)]),
        ]);
        screen.Dim($"{table.SingularValuesFirst10.Count} of {Numbers.Count(table.Spectrum.Count)}");

        OutlierDimensions outliers = statistics.OutlierDimensions;
        screen.Heading("Columns that stand out, more than three standard deviations from the others");
        screen.Facts(("by their mean", Columns(outliers.MeanOutliers, outliers.MeanZ)), ("by their variance", Columns(outliers.VarianceOutliers, outliers.VarianceZ)));
    }

    private static void DrawRepairs(Screen screen, RepairComparison repairs)
    {
        Isotropy[] forms = [repairs.Raw, repairs.Centred, repairs.RemoveTop1, repairs.RemoveTop2, repairs.RemoveTop3, repairs.WhitenPca, repairs.WhitenZca];
        screen.Heading("Isotropy before and after repair");
        screen.Table(
            [new("measure"), new("raw", Side.Right), new("centred", Side.Right), new("-1", Side.Right), new("-2", Side.Right), new("-3", Side.Right), new("PCA-white", Side.Right), new("ZCA-white", Side.Right)],
            [
                Row("mean cosine of all pairs", f => Cosine(f.MeanPairwiseCosine)),
                Row("IsoScore", f => f.IsoScore is double score ? Numbers.Cosine(score) : "–"),
                Row("participation ratio", f => Numbers.Three(f.ParticipationRatio)),
                Row("effective rank", f => Numbers.Three(f.EffectiveRankSingularValues)),
                Row("effective rank, squared", f => Numbers.Three(f.EffectiveRankEigenvalues)),
                Row("ln partition isotropy", f => Numbers.Three(Math.Abs(f.LogPartitionIsotropy) < Rounding ? 0 : f.LogPartitionIsotropy)),
            ]);
        screen.Dim("-1, -2, -3: without the mean row and that many principal components; even use of all directions would be 0, 1, the width, the width, the width, 0");

        Cell[] Row(string name, Func<Isotropy, string> show) => [name, .. forms.Select(form => (Cell)show(form))];
    }

    private static void DrawNeighborhoods(Screen screen, TableNeighborhoods near)
    {
        screen.Heading("Ten nearest rows");
        screen.Table([new("found by both"), new("share", Side.Right), new("Jaccard", Side.Right), new("")],
        [
            Row("cosine and dot product", near.Overlap.CosineDot),
            Row("cosine and Euclidean distance", near.Overlap.CosineEuclidean),
            Row("dot product and Euclidean distance", near.Overlap.DotEuclidean),
        ]);
        string of = near.Sample.IsWhole ? "" : $" of {Numbers.Count(near.NeighbourQueries)} lists";
        List<(string Name, string Value)> facts =
        [
            ("hubs, by cosine", string.Join(", ", near.Hubness.TopHubs.Where(hub => hub.Count > 0).Take(5).Select(hub => $"{Tokens.Show(hub.Text, 16)} {Numbers.Count(hub.Count)}")) + of),
            ("skewness of the counts", Number(near.Hubness.Skewness, Numbers.Three)),
            (near.Sample.IsWhole ? "in nobody's list" : "in no list looked at", Plural.Of(near.Hubness.NeverANeighbour, "row")),
            ("dimension by the two nearest", near.TwoNnDimension is double dimension ? Numbers.Three(dimension) : "–"),
        ];
        if (near.Map is { } map)
        {
            facts.Add(("a map on two components", $"shows {Numbers.Percent(map.VarianceShown)} of the variance, trustworthiness {(map.Trustworthiness is double trust ? Numbers.Three(trust) : "–")}"));
            facts.Add(("and keeps", $"{Kept(map.KeptCosineNeighbours)} of the ten nearest by cosine, {Kept(map.KeptEuclideanNeighbours)} by Euclidean distance"
                + (map.Queries < near.Sample.Rows ? $" ({Plural.Of(map.Queries, "row")})" : "")));
        }

        screen.Facts(facts);
        screen.Dim(near.Sample.Note);

        static Cell[] Row(string name, ListAgreement agreement) => [name, Share(agreement.Overlap), Cosine(agreement.Jaccard), Bar.Of(agreement.Overlap, 30)];
    }

    private static void DrawLogits(Screen screen, TableLogitAudit logits)
    {
        screen.Heading("Which metric do the model's own logits follow?");
        screen.Table([new("the ten highest logits shared with"), new("cosine", Side.Right), new("dot", Side.Right), new("Euclidean", Side.Right)],
        [
            ["output rows nearest to the final-normed row", Kept(logits.ReadOut.Cosine), Share(logits.ReadOut.Dot), Share(logits.ReadOut.Euclidean)],
            ["rows of this table nearest to the row", Kept(logits.Rows.Cosine), Share(logits.Rows.Dot), Share(logits.Rows.Euclidean)],
        ]);
        screen.Dim($"mean of {Numbers.Count(logits.Queries)} tokens{(logits.Seed is ulong seed ? $", drawn with seed {seed}" : "")}; best for the rows: {logits.Rows.Best}");
    }

    private static string Columns(IReadOnlyList<int> columns, IReadOnlyList<double> z) => columns.Count == 0
        ? "none"
        : string.Join(", ", columns.OrderByDescending(c => Math.Abs(z[c])).Take(8).Select(c => $"{Numbers.Id(c)} ({Numbers.Signed(z[c])})")) + (columns.Count > 8 ? $", {columns.Count - 8} more" : "");

    private static string Kept(double? share) => share is double value ? Share(value) : "–";

    private static string Share(double value) => Number(value, Numbers.Percent);

    private static string Number(double value, Func<double, string> show) => double.IsNaN(value) ? "–" : show(value);

    private static string Cosine(double value) => double.IsNaN(value) ? "–" : Numbers.Cosine(value);
}
