using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth trace</c>: a prompt's residual stream from the embedding to the logits.</summary>
internal static class TraceCommand
{
    private static readonly Option<string?> Prompt = PromptInput.TextOption($" (default: \"{PromptInput.DefaultText}\")");
    private static readonly Option<int[]?> Ids = Options.Ids("--ids", "token ids in place of a text, taken as they are");
    private static readonly Option<string?> Target = Options.Text("--target", "TOKEN", PromptInput.TargetHelp);
    private static readonly Option<string?> Versus = Options.Text("--versus", "TOKEN", PromptInput.RivalHelp);
    private static readonly Option<int?> Position = Options.WholeNumber("--position", "P", "the position looked at, from 0; the last one when left out", 0, int.MaxValue);
    private static readonly Option<string?> Save = Options.Text("--save-activations", "F.safetensors", "also write every traced value of every position to a file");

    public static Verb Create() => Verb.Create(
        "trace",
        "Follows a prompt through every layer: what the logit lens reads at each, lengths and angles of the residual stream, the plane of target and rival, and how much each block and head adds to the target's logit.",
        [Prompt, Ids, Target, Versus, Position, Save],
        Run,
        new("azimuth trace", $"the bundled model deciding between \"{PromptInput.DefaultTarget}\" and \"{PromptInput.DefaultRival}\""),
        new("azimuth trace -m novels-gpt --prompt \"She opened the door and went into the\" --target \" room\" --versus \" house\"", "two tokens of one's own"),
        new("azimuth trace -m novels-gpt --ids 321,262,850 --save-activations activations.safetensors --json", "every number, for scripts"));

    private static Task<int> Run(Session session)
    {
        string? file = session.Value(Save);
        if (file is not null)
            session.Outputs.Check(file, Save.Name, ".safetensors");
        LanguageModel model = session.OpenDecoder();
        PromptInput prompt = PromptInput.Read(session, model, Prompt, Ids, PromptInput.DefaultText);
        PromptQuestion question = PromptQuestion.Read(session, model, prompt, Target, Versus, isDefault: !session.IsGiven(Prompt) && !session.IsGiven(Ids));
        int position = session.Value(Position) ?? prompt.Ids.Length - 1;
        if (position >= prompt.Ids.Length)
            throw new UsageException(FormattableString.Invariant($"--position: expected 0 to {prompt.Ids.Length - 1}, the prompt's positions, found {position}."));
        session.Progress.Say("following the prompt");
        PromptTraceOptions options = new()
        {
            Text = prompt.Text,
            BeginTokenAdded = prompt.BeginTokenAdded,
            Target = question.Target,
            Rival = question.Rival,
            Position = position,
        };
        PromptTrace trace = PromptTracer.Run(model, prompt.Ids, options, session.Cancel);
        if (file is not null)
        {
            session.Progress.Say($"writing {file}");
            ActivationFile.Save(model, prompt.Ids, file, session.Cancel);
        }

        Conventions conventions = prompt.Describe(trace.Conventions with { Tied = model.IsTied });
        return session.Show(model.Name, conventions, new { Prompts = new[] { trace }, Activations = file }, screen =>
        {
            TraceView.Draw(screen, trace);
            if (file is not null)
                screen.Line($"Every traced value is in {file}.");
        });
    }
}
