using Azimuth.Cli.Output;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary>Draws what <c>azimuth probe</c> found.</summary>
internal static class ProbeView
{
    private const int MostConfusionClasses = 10;
    private const int LongestClass = 12;

    public static void Draw(Screen screen, ProbeResult result, ProbeInput input, ProbeSplit split, string file)
    {
        screen.Heading(result.Kind == ProbeKind.Logistic
            ? $"Logistic probe: {Tokens.OneLine(result.Classes[1], 24)} against {Tokens.OneLine(result.Classes[0], 24)}"
            : $"Softmax probe of {Numbers.Count(result.Classes.Count)} classes on {file}");
        screen.Facts(
            ("tokens", Parts(input, split)),
            ("C", Numbers.Plain(result.C) + (result.Tried.Count > 0 ? $", the best of {Numbers.Count(result.Tried.Count)} on the validation part" : "")));
        screen.Table([new("part"), new("right", Side.Right), new("of", Side.Right), new("accuracy", Side.Right), new("shuffled labels", Side.Right)],
        [
            Row("train", result.Accuracy.Train, result.ControlAccuracy.Train), Row("validation", result.Accuracy.Validation, result.ControlAccuracy.Validation),
            Row("test", result.Accuracy.Test, result.ControlAccuracy.Test),
        ]);
        screen.Facts(
            ("most frequent class", $"{Share(result.MajorityBaselineTest)} of the test part"),
            ("selectivity", $"{Numbers.Signed(100 * result.SelectivityTest)} points of test accuracy above the probe on shuffled labels"));
        if (result.Classes.Count <= MostConfusionClasses)
            DrawConfusion(screen, result);
    }

    public static void Draw(Screen screen, RegressionResult result, ProbeInput input, ProbeSplit split, string what)
    {
        screen.Heading($"Linear probe of {what}");
        screen.Facts(("tokens", Parts(input, split)), ("ridge", result.Alpha == 0 ? "none: least squares" : Numbers.Plain(result.Alpha)));
        screen.Table([new("part"), new("R²", Side.Right), new("shuffled numbers", Side.Right)],
        [
            Row("train", result.R2.Train, result.ControlR2.Train), Row("validation", result.R2.Validation, result.ControlR2.Validation), Row("test", result.R2.Test, result.ControlR2.Test),
        ]);
        screen.Dim("R² is 1 for perfect, 0 for as good as the part's mean, below 0 for worse than it.");
    }

    private static void DrawConfusion(Screen screen, ProbeResult result)
    {
        screen.Heading("Test part: true class down, predicted across");
        screen.Table([new(""), .. result.Classes.Select(name => new Column(Tokens.OneLine(name, LongestClass), Side.Right))],
        [
            .. result.TestConfusion.Select(Cell[] (row, i) =>
                [Tokens.OneLine(result.Classes[i], 24), .. row.Select((count, j) => count == 0 ? new Cell("·", Role.Dim) : new Cell(Numbers.Count(count), i == j ? Role.Target : Role.Rival))]),
        ]);
    }

    private static string Parts(ProbeInput input, ProbeSplit split) =>
        $"{Numbers.Count(input.Ids.Count)} used, {Numbers.Count(input.OutOfVocabulary.Count)} out of vocabulary: {Numbers.Count(split.Train.Count)} train, {Numbers.Count(split.Validation.Count)} validation, {Numbers.Count(split.Test.Count)} test";

    private static Cell[] Row(string part, PartCount own, PartCount control) =>
        [part, Numbers.Count(own.Correct), Numbers.Count(own.Of), Share(own.Share), Share(control.Share)];

    private static Cell[] Row(string part, double own, double control) => [part, R2(own), R2(control)];

    private static string R2(double value) => double.IsNaN(value) ? "–" : Numbers.Fixed(value, 3);

    private static string Share(double share) => double.IsNaN(share) ? "–" : Numbers.Percent(share);
}
