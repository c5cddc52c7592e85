using System.Numerics.Tensors;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Cli.Commands;

/// <summary>A row that the loss moves.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text.</param>
/// <param name="Probability">Its probability; the mean where several positions predict.</param>
/// <param name="Pull">dL/d(U·h), (p − y) at scale and temperature 1: below 0 towards h, above 0 away from it; the sum over positions, each counted by its share.</param>
/// <param name="GradientNorm">|dL/dU| of the row.</param>
/// <param name="Direction">"towards" h or "away" from it; null where several vectors take part.</param>
internal sealed record MovedRow(int Id, string Text, double Probability, double Pull, double GradientNorm, string? Direction);

/// <summary>What <c>azimuth gradient</c> found: the document's keys, and the screen.</summary>
internal sealed record GradientView(
    string? Text, int[] Ids, int[] Positions, IReadOnlyList<TokenRef> Targets, double Temperature, double LossNats, double ProbabilityTarget, double FinalVectorNorm,
    double VectorGradientNorm, IReadOnlyList<MovedRow> Rows, int RowCount, double ListedShare, GradientStep Step, GradientCheck? Check)
{
    private const int ShownTargets = 10;

    /// <summary>No scale, cap or temperature stands between p − y and the pull.</summary>
    private bool PlainPulls { get; init; }

    public static GradientView Of(
        LanguageModel model, PromptInput prompt, int[] positions, int[] targets, LossGradient gradient, Matrix final, int top, double eta, GradientCheck? check, double temperature)
    {
        EmbeddingTable table = model.Unembedding;
        bool single = positions.Length == 1;
        MovedRow[] rows =
        [
            .. gradient.LargestRows(top).Select(id => new MovedRow(
                id, table.Text(id), gradient.Probabilities.Average(p => p[id]), gradient.BiasGradient[id], gradient.RowLengths[id],
                !single ? null : gradient.BiasGradient[id] < 0 ? "towards" : "away")),
        ];
        double all = TensorPrimitives.Sum<double>(gradient.RowLengths);
        return new GradientView(
            prompt.Text, prompt.Ids, positions, [.. targets.Select(id => new TokenRef(id, table.Text(id)))], temperature, gradient.LossNats,
            targets.Select((id, p) => gradient.Probabilities[p][id]).Average(), Vectors.Norm(final.Row(0)), TensorPrimitives.Norm<double>(gradient.VectorGradient(0)), rows,
            table.Count, all == 0 ? 0 : rows.Sum(row => row.GradientNorm) / all, gradient.Step(eta), check)
        {
            PlainPulls = temperature == 1 && model.Config.Output is { LogitScale: 1, LogitSoftCap: null },
        };
    }

    public void Draw(Screen screen)
    {
        if (Positions.Length == 1)
            DrawPrediction(screen);
        else
            DrawMean(screen);
        screen.Heading("Rows of the output table that are moved most");
        double longest = Rows.Count == 0 ? 0 : Rows[0].GradientNorm;
        bool single = Positions.Length == 1;
        screen.Table(
            [new("#", Side.Right), new("token"), new("id", Side.Right), new(single ? "p" : "mean p", Side.Right), new(PlainPulls ? "p − y" : "pull", Side.Right), new("|gradient|", Side.Right), new("the step moves it"), new("")],
        [
            .. Rows.Select(Cell[] (row, i) =>
            [
                Numbers.Count(i + 1), new Cell(Tokens.Show(row.Text, 20), row.Pull < 0 ? Role.Target : Role.Plain), Numbers.Id(row.Id), Numbers.Probability(row.Probability), Numbers.Signed(row.Pull),
                Numbers.Three(row.GradientNorm), Moves(row), new Cell(Bar.Of(longest == 0 ? 0 : row.GradientNorm / longest, 20), row.Pull < 0 ? Role.Target : Role.Plain),
            ]),
        ]);
        screen.Dim($"{Numbers.Count(Rows.Count)} of {Plural.Of(RowCount, "row")}, {Numbers.Percent(ListedShare)} of the sum of all lengths; every row of the table is moved");
        DrawStep(screen);
        if (Check is not null)
            DrawCheck(screen, Check);
    }

    private static string Moves(MovedRow row) => row.Direction switch
    {
        "towards" => "towards h",
        "away" => "away from h",
        _ => row.Pull < 0 ? "mostly towards" : "mostly away",
    };

    private void DrawPrediction(Screen screen)
    {
        screen.Heading($"How the loss of {TokenArgument.Describe(Targets[0])} moves the output rows");
        screen.Facts(
            ("loss −ln p", $"{Numbers.Three(LossNats)} nats"),
            ("probability of the target", Numbers.Probability(ProbabilityTarget)),
            ("length of the final vector h", $"{Numbers.Three(FinalVectorNorm)}, at position {Numbers.Count(Positions[0])}"),
            ("gradient on h, |Uᵀ(p − y)|", Numbers.Three(VectorGradientNorm)));
    }

    private void DrawMean(Screen screen)
    {
        screen.Heading($"How the mean loss of {Numbers.Count(Positions.Length)} predictions moves the output rows");
        screen.Facts(("mean loss", $"{Numbers.Three(LossNats)} nats"), ("mean probability of the right tokens", Numbers.Probability(ProbabilityTarget)));
    }

    private void DrawStep(Screen screen)
    {
        screen.Heading($"One step of size {Numbers.Plain(Step.Eta)} on all output rows, the final vector held");
        screen.Table([new("right token"), new("logit", Side.Right), new("→", Side.Right), new("probability", Side.Right), new("→", Side.Right)],
        [
            .. Step.Targets.Take(ShownTargets).Select((target, i) => (Cell[])
            [
                new Cell(Tokens.Show(Targets[i].Text), Role.Target), Numbers.Three(target.LogitBefore), Numbers.Three(target.LogitAfter),
                Numbers.Probability(target.ProbabilityBefore), Numbers.Probability(target.ProbabilityAfter),
            ]),
        ]);
        if (Step.Targets.Count > ShownTargets)
            screen.Dim($"{ShownTargets} of {Numbers.Count(Step.Targets.Count)} positions");
        screen.Line($"The loss goes from {Numbers.Three(Step.LossBefore)} to {Numbers.Three(Step.LossAfter)} nats.");
        if (Step.LossAfter > Step.LossBefore)
            screen.Line("It grows: the step is too long for these vectors; --step takes a shorter one.");
    }

    private static void DrawCheck(Screen screen, GradientCheck check)
    {
        screen.Heading("The formula beside differences of the loss");
        screen.Line($"{Numbers.Count(check.RowEntries)} entries of dL/dU and {Numbers.Count(check.VectorEntries)} of dL/dh: largest difference {Numbers.Three(check.LargestDifference)}, "
            + $"largest entry {Numbers.Three(check.LargestEntry)}: {(check.Passed ? "they agree" : "they do NOT agree")}.");
    }
}
