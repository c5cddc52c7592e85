using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth confidence</c>: how sure the model is at every temperature, and as the final vector grows or shrinks.</summary>
internal static class ConfidenceCommand
{
    private static readonly Option<string?> Prompt = PromptInput.TextOption($" (default: \"{PromptInput.DefaultText}\")");
    private static readonly Option<int[]?> Ids = Options.Ids("--ids", "token ids in place of a text, taken as they are");
    private static readonly Option<string?> Target = Options.Text("--target", "TOKEN", PromptInput.TargetHelp);

    private static readonly Option<double[]?> Temperatures = Options.Numbers(
        "--temperatures", "T,T,…", "temperatures from 0 to inf (default 0,0.1,0.5,0.7,1,1.5,2,10,1000000,inf)", 0, double.PositiveInfinity);

    public static Verb Create() => Verb.Create(
        "confidence",
        "Sweeps the temperature from 0 (always the most probable token) to infinity (all equal), and the length of the final vector. Scaling the vector by s is the same as temperature 1/s.",
        [Prompt, Ids, Target, Temperatures],
        Run,
        new("azimuth confidence --prompt \"The capital of France is\"", "both sweeps for the most probable token"),
        new("azimuth confidence -m novels-gpt --prompt \"It was the best of times, it was the worst of\" --target \" times\"", "for a token of one's own"),
        new("azimuth confidence -m novels-gpt --ids 321,262 --temperatures 0,1,inf --json", "for scripts"));

    private static Task<int> Run(Session session)
    {
        LanguageModel model = session.OpenDecoder();
        PromptInput prompt = PromptInput.Read(session, model, Prompt, Ids, PromptInput.DefaultText);
        PromptQuestion question = PromptQuestion.Read(session, model, prompt, Target, versus: null, isDefault: !session.IsGiven(Prompt) && !session.IsGiven(Ids));
        session.Progress.Say("running the prompt");
        float[] logits = model.NextLogits(prompt.Ids); // [vocab]
        int id = question.Target ?? TopK.Largest(logits, 1)[0].Index;
        Sweeps sweeps = new(
            prompt.Text,
            prompt.Ids,
            new TokenRef(id, model.Unembedding.Text(id)),
            TemperatureSweep.Of(logits, id, session.List(Temperatures) ?? TemperatureSweep.Usual),
            TemperatureSweep.LimitAtZero(logits, id),
            LengthSweep.Of(logits, id, LengthSweep.Usual));
        Conventions conventions = prompt.Describe(new Conventions { NaturalLog = true, FinalNormApplied = true, Notes = ["temperature 0 is the most probable token, inf all tokens equal"] });
        return session.Show(model.Name, conventions, sweeps, screen => Draw(screen, sweeps));
    }

    private sealed record Sweeps(string? Text, int[] Ids, TokenRef Target, IReadOnlyList<TemperaturePoint> Confidence, TemperaturePoint LimitAtZero, IReadOnlyList<LengthPoint> Length);

    private static void Draw(Screen screen, Sweeps sweep)
    {
        screen.Heading($"Probability of {TokenArgument.Describe(sweep.Target)} by temperature");
        screen.Table(
            [new("temperature", Side.Right), new("target", Side.Right), new("largest", Side.Right), new("entropy, nats", Side.Right), new("tokens for 90 %", Side.Right), new("")],
        [
            .. sweep.Confidence.Select(Cell[] (point) =>
            [
                Numbers.Plain(point.Temperature), Numbers.Probability(point.ProbabilityTarget), Numbers.Probability(point.ProbabilityTop), Numbers.Three(point.EntropyNats),
                Numbers.Count(point.TokensFor90Percent), new Cell(Bar.Of(point.ProbabilityTarget, 30), Role.Target),
            ]),
        ]);
        if (sweep.LimitAtZero.ProbabilityTop < 1)
            screen.Dim($"{Numbers.Count((long)Math.Round(1 / sweep.LimitAtZero.ProbabilityTop))} tokens share the largest logit: temperature 0 takes the lowest id, the limit gives each {Numbers.Probability(sweep.LimitAtZero.ProbabilityTop)}");
        screen.Heading("The same by length of the final vector");
        screen.Table([new("scale", Side.Right), new("target", Side.Right), new("")],
            [.. sweep.Length.Select(Cell[] (point) => [Numbers.Plain(point.Scale), Numbers.Probability(point.ProbabilityTarget), new Cell(Bar.Of(point.ProbabilityTarget, 30), Role.Target)])]);
    }
}
