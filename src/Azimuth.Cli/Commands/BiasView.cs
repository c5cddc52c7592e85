using Azimuth.Cli.Output;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary>Draws what <c>azimuth bias</c> found.</summary>
internal static class BiasView
{
    public static void Draw(Screen screen, BiasReport report)
    {
        string pairs = string.Join(", ", report.Pairs.Take(4).Select(pair => $"{Tokens.Show(pair.First.Text)} – {Tokens.Show(pair.Second.Text)}"));
        screen.Heading($"Direction of {Plural.Of(report.Pairs.Count, "pair")}: {pairs}{(report.Pairs.Count > 4 ? ", …" : "")}");
        BiasReport.Measured difference = report.Directions[0], pca = report.Directions[1];
        screen.Facts(
            ("first component", $"{Numbers.Percent(pca.ExplainedVarianceRatio[0])} of the pairs' variance, the second {Numbers.Percent(pca.ExplainedVarianceRatio.ElementAtOrDefault(1))}"),
            ("mean difference and component", $"cosine {Numbers.Cosine(report.CosineBetweenTheTwoDirections)}"),
            ("direct bias", $"{Numbers.Three(difference.DirectBias)} by mean difference, {Numbers.Three(pca.DirectBias)} by component; mean of |cos|{(report.Strictness == 1 ? "" : " to the power " + Numbers.Plain(report.Strictness))}"),
            ("all rows of the table", $"mean {Numbers.Fixed(difference.MeanOfAllRows, 3)} ± {Numbers.Fixed(difference.StandardDeviationOfAllRows, 3)} by mean difference, {Numbers.Fixed(pca.MeanOfAllRows, 3)} ± {Numbers.Fixed(pca.StandardDeviationOfAllRows, 3)} by component"));
        screen.Heading("Cosine with the direction");
        int[] order = [.. Enumerable.Range(0, difference.Projections.Count).OrderByDescending(i => difference.Projections[i].Value)];
        screen.Table([new("token"), new("id", Side.Right), new("difference", Side.Right), new("component", Side.Right), new("")],
        [
            .. order.Select(Cell[] (i) =>
            [
                Tokens.Show(difference.Projections[i].Text), Numbers.Id(difference.Projections[i].Id), Numbers.Fixed(difference.Projections[i].Value, 3),
                Numbers.Fixed(pca.Projections[i].Value, 3), Swing(difference.Projections[i].Value),
            ]),
        ]);
    }

    public static void Draw(Screen screen, WeatReport report)
    {
        WordAssociation result = report.Result;
        PartitionTest test = result.Permutation;
        screen.Heading($"Association test: {report.Name}");
        screen.Facts(
            ("words", $"{Numbers.Count(result.TargetCount)} each in X and Y, {Numbers.Count(result.AttributesA)} in A, {Numbers.Count(result.AttributesB)} in B"),
            ("effect size", $"{Numbers.Three(result.EffectSizeSampleSd)} standard deviations (n − 1); {Numbers.Three(result.EffectSizePopulationSd)} dividing by n"),
            ("statistic", Numbers.Three(result.Statistic)),
            ("p", $"{Numbers.Probability(test.PGreaterOrEqual)} as far or further, {Numbers.Probability(test.PStrict)} strictly further: {Numbers.Count(test.Greater)} of {Numbers.Count(test.Sampled ?? (long)test.Partitions)} {(test.Sampled is null ? "splits" : "random splits")}"));
        screen.Heading("s(w): nearer to A is positive");
        screen.Table([new("X"), new("s", Side.Right), new(""), new("   Y"), new("s", Side.Right), new("")],
        [
            .. Enumerable.Range(0, result.TargetCount).Select(Cell[] (i) =>
            [
                Tokens.Show(result.Associations[i].Text), Numbers.Fixed(result.Associations[i].Value, 3), Swing(4 * result.Associations[i].Value),
                "   " + Tokens.Show(result.Associations[result.TargetCount + i].Text), Numbers.Fixed(result.Associations[result.TargetCount + i].Value, 3),
                Swing(4 * result.Associations[result.TargetCount + i].Value),
            ]),
        ]);
        if (result.CutOff.Count > 0)
            screen.Dim($"cut off to make X and Y equally long: {string.Join(", ", result.CutOff.Select(token => Tokens.Show(token.Text)))}");
    }

    /// <summary>A short bar that grows to the left for negative and to the right for positive values.</summary>
    private static string Swing(double value)
    {
        const int width = 8;
        int length = (int)Math.Round(Math.Min(1, Math.Abs(value)) * width);
        return value < 0 ? new string(' ', width - length) + new string('▇', length) + "│" : new string(' ', width) + "│" + new string('▇', length);
    }
}
