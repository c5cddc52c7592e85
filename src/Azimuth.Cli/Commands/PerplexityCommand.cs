using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth eval perplexity</c>: how well a model predicts a text file.</summary>
internal static class PerplexityCommand
{
    private const int DefaultWindow = 512;
    private static readonly Argument<string?> File = Options.Argument("FILE", "a UTF-8 text file");
    private static readonly Option<int?> Window = Options.WholeNumber("--window", "W", "tokens run at a time (default 512, or the model's context where that is shorter)", 2, int.MaxValue);
    private static readonly Option<int?> Stride = Options.WholeNumber("--stride", "S", "tokens from one window's start to the next one's (default: the window)", 1, int.MaxValue);

    public static Verb Create() => Verb.Create(
        "perplexity",
        "Measures how well the model predicts a text file: mean loss in nats per token and perplexity. With a stride below the window every token but the first is predicted once, with at least window − stride tokens before it; with the default the first token of each window is not predicted.",
        [File, Window, Stride],
        Run,
        new("azimuth eval perplexity models/novels-gpt/heldout.txt -m novels-gpt --window 256", "a novel the model has not seen"),
        new("azimuth eval perplexity LICENSE -m novels-gpt --window 256 --stride 128 --json", "overlapping windows, for scripts"));

    private static Task<int> Run(Session session)
    {
        string file = session.Value(File) ?? throw new UsageException("azimuth eval perplexity: expected a text FILE, found none.");
        string text = InputFile.ReadText(file, "FILE");
        LanguageModel model = session.OpenDecoder();
        int context = model.Config.LongestRun;
        int window = session.Value(Window) ?? Math.Min(DefaultWindow, context);
        int stride = session.Value(Stride) ?? window;
        if (window > context)
            throw new UsageException(FormattableString.Invariant($"--window: expected at most {context}, the context of {model.Name}, found {window}."));
        if (stride > window)
            throw new UsageException(FormattableString.Invariant($"--stride: expected at most the window of {window}, found {stride}; a larger one would leave tokens out."));
        PromptInput input = PromptInput.Encode(model, text, "FILE");
        if (input.Ids.Length < 2)
            throw new UsageException(FormattableString.Invariant($"FILE: {file}: expected at least two tokens, found {input.Ids.Length}."));
        ShareProgress progress = new(session.Progress, "predicting", input.Ids.Length, "tokens");
        PerplexityResult result = Perplexity.Of(model, input.Ids, window, stride, progress, session.Cancel);
        Conventions conventions = input.Describe(new Conventions { NaturalLog = true, FinalNormApplied = true });
        var document = new { File = file, result.Tokens, result.Window, result.Stride, result.PredictedTokens, result.LossNatsPerToken, result.Perplexity };
        return session.Show(model.Name, conventions, document, screen =>
        {
            screen.Heading($"{model.Name} on {file}");
            screen.Facts(
                ("perplexity", Numbers.Three(result.Perplexity)),
                ("loss", $"{Numbers.Three(result.LossNatsPerToken)} nats per token"),
                ("predicted", $"{Numbers.Count(result.PredictedTokens)} of {Numbers.Count(result.Tokens)} tokens"),
                ("windows", $"{Numbers.Count(result.Window)} tokens, one every {Numbers.Count(result.Stride)}"));
        });
    }
}
