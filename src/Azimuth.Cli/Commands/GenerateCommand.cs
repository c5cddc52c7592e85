using System.CommandLine;
using System.Globalization;
using Azimuth.Cli.CommandLine;
using Azimuth.Embeddings;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth generate</c>: continues a prompt; the text appears as it comes.</summary>
internal static class GenerateCommand
{
    private static readonly Option<string?> Prompt = PromptInput.TextOption("; no end token behind it");
    private static readonly Option<int[]?> PromptIds = Options.Ids("--prompt-ids", "token ids in place of a text, taken as they are", "--ids");
    private static readonly Option<int> MaxTokens = Options.WholeNumber("--max-tokens", "N", "most tokens to make", 1, int.MaxValue, 64);
    private static readonly Option<double> Temperature = Options.Number("--temperature", "T", "divides the logits; 0 takes the most probable token", 0, 1e6, 0);
    private static readonly Option<int?> TopK = Options.WholeNumber("--top-k", "K", "sample among the K most probable tokens only", 1, int.MaxValue);
    private static readonly Option<double?> TopP = Options.Number("--top-p", "P", "sample among the fewest tokens that together reach probability P", double.Epsilon, 1);
    private static readonly Option<int> Seed = Options.WholeNumber("--seed", "S", "equal seeds give equal texts", 0, int.MaxValue, 0);
    private static readonly Option<string[]> Stop = new("--stop") { Description = "end before this text; may be given several times", HelpName = "TEXT" };

    public static Verb Create() => Verb.Create(
        "generate",
        "Continues a prompt with the most probable tokens, or with sampled ones where a temperature is given. The text appears as it comes; the rate goes to standard error.",
        [Prompt, PromptIds, MaxTokens, Temperature, TopK, TopP, Seed, Stop],
        Run,
        new("azimuth generate --prompt \"The capital of France is\" --max-tokens 12", "the most probable continuation"),
        new("azimuth generate -m novels-gpt --prompt \"It was a dark\" --temperature 0.8 --top-p 0.95 --seed 7", "a sampled one, the same each time"),
        new("azimuth generate -m novels-gpt --prompt-ids 321,262 --max-tokens 5 --json", "ids in, ids out, for scripts"));

    private static Task<int> Run(Session session)
    {
        CheckOptions(session);
        LanguageModel model = session.OpenDecoder();
        PromptInput prompt = PromptInput.Read(session, model, Prompt, PromptIds, otherwise: null, goesOn: true);
        GenerationOptions options = new()
        {
            MaxTokens = session.Value(MaxTokens),
            Temperature = session.Value(Temperature),
            TopK = session.Value(TopK),
            TopP = session.Value(TopP),
            Seed = (ulong)session.Value(Seed),
            StopTexts = session.Value(Stop) ?? [],
        };
        session.Progress.Say("reading the prompt");
        GenerationResult result = Generator.Run(model, prompt.Ids, options, session.Json ? null : Stream, session.Cancel);
        if (!session.Json && result.Text.Length > 0)
            session.Stream("\n");
        if (!session.Json && model.Tokenizer is null)
            session.Stream(string.Join(',', result.Ids.Select(id => id.ToString(CultureInfo.InvariantCulture))) + "\n");
        session.Note(Summary(result));
        Conventions conventions = prompt.Describe(new Conventions { Notes = [Sampling(options)] });
        return session.Json
            ? session.Show(model.Name, conventions, new { Prompt = new { prompt.Text, prompt.Ids }, Options = options, result.Ids, result.Text, result.StopReason, result.PromptTokens, result.PromptSeconds, result.TokensPerSecond }, _ => { })
            : Task.FromResult(ExitCode.Done);

        void Stream(string text)
        {
            session.Progress.Clear();
            session.Stream(text);
        }
    }

    private static void CheckOptions(Session session)
    {
        if (session.Value(Temperature) == 0 && (session.IsGiven(TopK) || session.IsGiven(TopP) || session.IsGiven(Seed)))
            throw new UsageException("azimuth generate: --top-k, --top-p and --seed are for sampling, and at temperature 0 nothing is sampled; give --temperature too.");
        if ((session.Value(Stop) ?? []).Any(text => text.Length == 0))
            throw new UsageException("--stop: expected a text, found an empty one.");
    }

    private static string Sampling(GenerationOptions options) => options.Temperature == 0
        ? "most probable token each time, lowest id where equal"
        : FormattableString.Invariant($"sampled at temperature {options.Temperature}, seed {options.Seed}");

    private static string Summary(GenerationResult result)
    {
        string why = result.StopReason switch
        {
            StopReason.EndToken => "the model ended the text",
            StopReason.StopText => "a stop text came",
            StopReason.ContextFull => "the context is full",
            _ => "as many as asked for",
        };
        string rate = result.TokensPerSecond is double perSecond ? $" · {Output.Numbers.Three(perSecond)} tokens/s" : "";
        return FormattableString.Invariant($"{Output.Plural.Of(result.Ids.Count, "token")}, {why}{rate} · prompt of {result.PromptTokens} in {result.PromptSeconds:0.00} s");
    }
}
