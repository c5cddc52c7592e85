using System.CommandLine;
using System.Globalization;
using Azimuth.Embeddings;
using Azimuth.Studio.Reports;
using Azimuth.Tokenization;
using Azimuth.Transformers;

namespace Azimuth.Cli.CommandLine;

/// <summary>A prompt as a command was given it: a text that went through the tokenizer, or ids taken as they are.</summary>
/// <param name="Text">The text, null when ids were given.</param>
/// <param name="Ids">The ids that are run.</param>
/// <param name="BeginTokenAdded">True when the file's own policy put a token in front; null when ids were given.</param>
internal sealed record PromptInput(string? Text, int[] Ids, bool? BeginTokenAdded)
{
    /// <summary>The prompt of commands that are given none.</summary>
    public const string DefaultText = ReportOptions.DefaultPrompt;

    /// <summary>What is asked about after the default prompt, and against what.</summary>
    public const string DefaultTarget = ReportOptions.DefaultTarget, DefaultRival = ReportOptions.DefaultRival;

    /// <summary>What leaving <c>--target</c> and <c>--versus</c> out means.</summary>
    public const string TargetHelp = $"the token asked about; the most probable one when left out (\"{DefaultTarget}\" after the default prompt)",
        RivalHelp = $"the token it is compared with; the most probable other one when left out (\"{DefaultRival}\" after the default prompt)";

    public static Option<string?> TextOption(string otherwise = "") =>
        Options.Text("--prompt", "TEXT", "the text, encoded as the model's own files say, begin token included" + otherwise);

    /// <summary>Reads the prompt of a command with the options <c>--prompt</c> and <c>--ids</c> (or <c>--prompt-ids</c>).</summary>
    /// <param name="session">The command's options.</param>
    /// <param name="model">For its tokenizer, context and table.</param>
    /// <param name="text">The option that holds a text.</param>
    /// <param name="ids">The option that holds ids.</param>
    /// <param name="otherwise">The text when neither is given; null when one must be.</param>
    /// <param name="goesOn">Whether the model is to go on with the text: then the tokenizer's end token is not put behind it.</param>
    public static PromptInput Read(Session session, LanguageModel model, Option<string?> text, Option<int[]?> ids, string? otherwise, bool goesOn = false)
    {
        string? typed = session.Value(text);
        int[]? typedIds = session.List(ids);
        if (typed is not null && typedIds is not null)
            throw new UsageException($"{text.Name} and {ids.Name}: expected one of them, found both.");
        if (typed is null && typedIds is null && otherwise is null)
            throw new UsageException($"azimuth {session.Command}: expected {text.Name} TEXT or {ids.Name} 1,2,3, found neither.");
        PromptInput prompt = typedIds is not null ? new PromptInput(null, typedIds, null) : Encode(model, typed ?? otherwise!, text.Name, goesOn);
        prompt.Check(model, typedIds is not null ? ids.Name : text.Name);
        return prompt;
    }

    /// <summary>Encodes a text as the model's files say; without what they put behind a text when the model is to go on with it.</summary>
    public static PromptInput Encode(LanguageModel model, string text, string where, bool goesOn = false)
    {
        Tokenizer tokenizer = model.Tokenizer ?? throw new UsageException($"{where}: {model.Name} has no tokenizer; give token ids in place of a text.");
        return new PromptInput(text, goesOn ? tokenizer.EncodePrompt(text) : tokenizer.EncodeIds(text, workers: model.Workers), tokenizer.TokensBefore.Count > 0);
    }

    /// <summary>Adds to a result's conventions what is true of its prompt.</summary>
    public Conventions Describe(Conventions conventions) => conventions with
    {
        BeginTokenAdded = BeginTokenAdded,
        Notes = BeginTokenAdded is null ? [.. conventions.Notes, "ids taken as given"] : conventions.Notes,
    };

    private void Check(LanguageModel model, string where)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        int context = model.Config.LongestRun, rows = model.TokenEmbedding.Count;
        if (Ids.Length == 0)
            throw new UsageException($"{where}: expected at least one token, found none.");
        if (Ids.Length > context)
        {
            throw new UsageException(string.Create(
                culture, $"{where}: expected at most {context} tokens, the context of {model.Name}, found {Ids.Length}; shorten the prompt."));
        }

        int stranger = Array.FindIndex(Ids, id => id >= rows);
        if (stranger >= 0)
        {
            throw new UsageException(string.Create(
                culture, $"{where}: expected ids from 0 to {rows - 1}, the rows of the input table of {model.Name}, found {Ids[stranger]} at position {stranger}."));
        }
    }
}
