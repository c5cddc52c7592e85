using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth gradient</c>: how the loss of a prediction moves the rows of the output table.</summary>
internal static class GradientCommand
{
    private const int MostProbabilities = 1 << 25; // three doubles each
    private static readonly Option<string?> Prompt = PromptInput.TextOption($" (default: \"{PromptInput.DefaultText}\")");
    private static readonly Option<int[]?> Ids = Options.Ids("--ids", "token ids in place of a text, taken as they are");

    private static readonly Option<string?> Target = Options.Text(
        "--target", "TOKEN", $"the token that is right; when left out the prompt's own next one, after its last token the most probable one (\"{PromptInput.DefaultTarget}\" after the default prompt)");

    private static readonly Option<int?> Position = Options.WholeNumber("--position", "P", "the position that predicts, from 0; the last one when left out", 0, int.MaxValue);
    private static readonly Option<bool> All = Options.Flag("--all", "the mean loss of all positions, each with the prompt's own next token");
    private static readonly Option<double> Temperature = Options.Number("--temperature", "T", "logits are divided by it", 1e-3, 1e3, 1);
    private static readonly Option<double> Eta = Options.Number("--step", "ETA", "size of the step whose effect is shown", 0, 1e6, 1e-3);
    private static readonly Option<int> Top = Options.WholeNumber("--top", "K", "how many of the rows that are moved most", 1, 10_000, 10);
    private static readonly Option<bool> Check = Options.Flag("--check", "compare the gradient with differences of the loss; exit code 1 when they disagree");

    public static Verb Create() => Verb.Create(
        "gradient",
        "Shows how the loss of one prediction moves the output table: the right token's row towards the final vector h, every other row away from it by its own probability, (p − y)·h. And what one step would change.",
        [Prompt, Ids, Target, Position, All, Temperature, Eta, Top, Check],
        Run,
        new("azimuth gradient --prompt \"The capital of France is\" --target \" Paris\"", "which rows one example moves"),
        new("azimuth gradient -m novels-gpt --prompt \"It was the best of times, it was the worst of\" --all --top 5", "the mean over a text, as a training step takes it"),
        new("azimuth gradient -m novels-gpt --ids 321,262,850 --position 0 --check --json", "beside differences of the loss, for scripts"));

    private static Task<int> Run(Session session)
    {
        LanguageModel model = session.OpenDecoder();
        PromptInput prompt = PromptInput.Read(session, model, Prompt, Ids, PromptInput.DefaultText);
        bool isDefault = !session.IsGiven(Prompt) && !session.IsGiven(Ids);
        int[] positions = Positions(session, prompt.Ids.Length);
        if ((long)positions.Length * model.Unembedding.Count > MostProbabilities)
        {
            throw new UsageException(FormattableString.Invariant(
                $"--all: expected at most {MostProbabilities / model.Unembedding.Count} predictions with {model.Unembedding.Count} tokens each, found {positions.Length}; shorten the prompt."));
        }

        int? wanted = PromptQuestion.Read(session, model, prompt, Target, versus: null, isDefault && !session.IsGiven(Position) && !session.Value(All)).Target;
        session.Progress.Say("running the prompt");
        Matrix run = model.Trace(prompt.Ids, TraceSites.FinalNorm, session.Cancel).FinalNorm; // [position, model]
        var final = new Matrix(positions.Length, run.Columns);
        for (int i = 0; i < positions.Length; i++)
            run.Row(positions[i]).CopyTo(final.Row(i));
        int[] targets = [.. positions.Select((p, i) => wanted ?? (p + 1 < prompt.Ids.Length ? prompt.Ids[p + 1] : MostProbable(model, final, i)))];
        RequireRows(model, targets);
        session.Progress.Say("computing the gradient");
        LossGradient gradient = LossGradient.Of(model, final, targets, session.Value(Temperature));
        session.Cancel.ThrowIfCancellationRequested();
        GradientCheck? check = session.Value(Check) ? gradient.Check() : null;
        GradientView result = GradientView.Of(model, prompt, positions, targets, gradient, final, session.Value(Top), session.Value(Eta), check, session.Value(Temperature));
        Conventions conventions = prompt.Describe(new Conventions { Table = model.Unembedding.Name, Tied = model.IsTied, NaturalLog = true, FinalNormApplied = true, Notes = Notes(model) });
        return session.Show(model.Name, conventions, result, result.Draw, check is null or { Passed: true } ? ExitCode.Done : ExitCode.Findings);
    }

    private static int[] Positions(Session session, int length)
    {
        if (session.Value(All))
        {
            if (session.IsGiven(Position) || session.IsGiven(Target))
                throw new UsageException("--all: expected no --position and no --target, since every position predicts the prompt's own next token.");
            return length >= 2
                ? [.. Enumerable.Range(0, length - 1)]
                : throw new UsageException("--all: expected a prompt of at least two tokens, found one: nothing follows it.");
        }

        int position = session.Value(Position) ?? length - 1;
        return position < length
            ? [position]
            : throw new UsageException(FormattableString.Invariant($"--position: expected 0 to {length - 1}, the prompt's positions, found {position}."));
    }

    private static int MostProbable(LanguageModel model, Matrix final, int row) =>
        TopK.Largest(model.Parts.Logits(new Matrix(1, final.Columns, final.Row(row).ToArray())).Values, 1)[0].Index;

    private static void RequireRows(LanguageModel model, int[] targets)
    {
        int stranger = Array.FindIndex(targets, id => id >= model.Unembedding.Count);
        if (stranger >= 0)
            throw new UsageException(FormattableString.Invariant($"the prompt's token {targets[stranger]} has no row in the output table of {model.Name}, which has {model.Unembedding.Count}; name another --target."));
    }

    private static string[] Notes(LanguageModel model)
    {
        List<string> notes = ["products in double, from the rows as stored"];
        if (model.IsTied)
            notes.Add("the tied table's use as input is not in it");
        return [.. notes];
    }
}
