using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Training.LanguageModels;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands.Train;

/// <summary>The options of <c>azimuth train lm</c> that change what is learned, and what they come to.</summary>
internal static class TrainLmOptions
{
    private static readonly Option<string?> Architecture = Options.Text("--architecture", "gpt2|llama", "a new model of this family instead of going on with -m; its table has a row for each token of --tokenizer");
    private static readonly Option<string?> Tokenizer = Options.Text("--tokenizer", "PATH", "the new model's tokenizer: a folder that holds one (a model's too), its tokenizer.json, or the name of a known model");
    private static readonly Option<int> Layers = Options.WholeNumber("--layers", "N", "new model: blocks", 1, 4096, 6);
    private static readonly Option<int> Width = Options.WholeNumber("--width", "N", "new model: width of the residual stream", 1, 1 << 16, 192);
    private static readonly Option<int> Heads = Options.WholeNumber("--heads", "N", "new model: attention heads, a divisor of the width", 1, 1 << 12, 6);
    private static readonly Option<int?> KeyValueHeads = Options.WholeNumber("--key-value-heads", "N", "new llama: heads that keys and values have, a divisor of --heads (default: as many as --heads)", 1, 1 << 12);
    private static readonly Option<int?> Mlp = Options.WholeNumber("--mlp", "N", "new model: inner width of the MLP (default 4 · width, in llama 8/3 · width)", 1, 1 << 18);
    private static readonly Option<int> Context = Options.WholeNumber("--context", "N", "new model: longest run of tokens", 2, 1 << 20, 256);
    private static readonly Option<bool> Untied = Options.Flag("--untied", "new model: an output table of its own");
    private static readonly Option<bool> FreezeTable = Options.Flag("--freeze-table", "leave the tables of tokens as they are");
    private static readonly Option<bool> OnlyTable = Options.Flag("--only-table", "move the tables of tokens and nothing else");
    private static readonly Option<string?> OnlyRows = Options.Text("--only-rows", "FROM..TO", "with --only-table: move these rows alone, FROM.. for all from there on (the new ones after resize)");
    private static readonly Option<int?> Length = Options.WholeNumber("--length", "N", "tokens that each sequence of a batch predicts (default: the context, at most 1024)", 1, 1 << 20);
    private static readonly Option<int> Batch = Options.WholeNumber("--batch", "N", "sequences in a batch", 1, 1 << 16, 32);
    private static readonly Option<int> Accumulate = Options.WholeNumber("--accumulate", "N", "batches whose gradients are averaged for one step", 1, 1 << 16, 1);
    private static readonly Option<int?> Steps = Options.WholeNumber("--steps", "N", "steps of the whole run", 1, int.MaxValue);
    private static readonly Option<double> Epochs = Options.Number("--epochs", "X", "passes over the corpus, where --steps is not given", 1e-6, 1e6, 1);
    private static readonly Option<string?> Optimizer = Options.Text("--optimizer", "muon|adamw", "muon moves the matrices of the blocks and leaves the rest to AdamW (default: muon for a new model, adamw for going on)");
    private static readonly Option<double?> Rate = Options.Number("--rate", "R", "highest learning rate (default 0.003 for a new model, 0.0001 for going on)", 0, 100);
    private static readonly Option<double?> LowestRate = Options.Number("--lowest-rate", "R", "learning rate at the end (default: a fiftieth of the highest)", 0, 100);
    private static readonly Option<string> Schedule = Options.Choice("--schedule", "how the learning rate falls", "linear", "cosine", "constant");
    private static readonly Option<double?> DecayFrom = Options.Number("--decay-from", "SHARE", "share of the steps from which on it falls (default 0.35 for linear, 0 for cosine)", 0, 1);
    private static readonly Option<int?> WarmUp = Options.WholeNumber("--warm-up", "N", "steps in which it rises (default 100, at most a tenth of all)", 0, int.MaxValue);
    private static readonly Option<double> WeightDecay = Options.Number("--weight-decay", "L", "share of the rate by which matrices and tables shrink at each step", 0, 100, 0.1);
    private static readonly Option<double> Clip = Options.Number("--clip", "NORM", "longest gradient that is taken as it is; 0 for any", 0, 1e9, 1);
    private static readonly Option<string?> Validate = Options.Text("--validate", "FILE", "held-out text whose loss is measured as eval perplexity does");
    private static readonly Option<string?> Sample = Options.Text("--sample", "PROMPT", "a text that the model goes on with, to be looked at; no end token is put behind it");
    private static readonly Option<int?> LookEvery = Options.WholeNumber("--look-every", "STEPS", "steps between two looks at --validate and --sample (default: a twentieth of all, at least 10)", 1, int.MaxValue);

    /// <summary>In the order of help.</summary>
    public static IReadOnlyList<Symbol> All =>
    [
        Architecture, Tokenizer, Layers, Width, Heads, KeyValueHeads, Mlp, Context, Untied, FreezeTable, OnlyTable, OnlyRows, Length, Batch, Accumulate, Steps, Epochs, Optimizer, Rate, LowestRate,
        Schedule, DecayFrom, WarmUp, WeightDecay, Clip, Validate, Sample, LookEvery,
    ];

    /// <summary>The file of held-out text, or null.</summary>
    public static string? ValidationFile(Session session) => session.Value(Validate);

    /// <summary>The new model that is asked for, or null to go on with the model of -m.</summary>
    /// <exception cref="UsageException">Both, neither, or sizes that do not fit.</exception>
    public static ModelSource? NewModel(Session session)
    {
        if (session.Value(Architecture) is not { } architecture)
        {
            if (session.ModelName is null)
                throw new UsageException("azimuth train lm: expected --architecture gpt2 or llama for a new model, or -m MODEL to go on with one, found neither.");
            Option[] foreign = [Tokenizer, Layers, Width, Heads, KeyValueHeads, Mlp, Context, Untied];
            if (foreign.FirstOrDefault(session.IsGiven) is { } option)
                throw new UsageException($"{option.Name}: expected with --architecture, as the model of -m has its own, found without it.");
            return null;
        }

        if (session.ModelName is not null)
            throw new UsageException("--architecture: expected a new model without -m, found both; leave one out.");
        if (architecture is not ("gpt2" or "llama"))
            throw new UsageException($"--architecture: expected gpt2 or llama, found \"{architecture}\".");
        string tokenizer = session.Value(Tokenizer) ?? throw new UsageException("--tokenizer: expected a folder with a tokenizer or a tokenizer.json for the new model, found none.");
        var shape = new ModelShape
        {
            Architecture = architecture,
            Layers = session.Value(Layers),
            Width = session.Value(Width),
            Heads = session.Value(Heads),
            KeyValueHeads = session.Value(KeyValueHeads),
            MlpWidth = session.Value(Mlp),
            Context = session.Value(Context),
            Tied = !session.Value(Untied),
        };
        try
        {
            return ModelSource.New(shape, KnownModels.Resolve(tokenizer));
        }
        catch (ArgumentException problem)
        {
            throw new UsageException("--" + problem.Message);
        }
    }

    /// <summary>Everything given, as it changes the result, and what tells the tokenizer and the model from others of the same path.</summary>
    public static JsonObject Recipe(Session session, JsonArray corpus, ModelSource? made, LanguageModel? model)
    {
        if (session.Value(FreezeTable) && session.Value(OnlyTable))
            throw new UsageException("--only-table: expected without --freeze-table, found both; nothing would be trained.");
        Rows(session, (made?.Config ?? model!.Config).VocabSize);
        if (session.IsGiven(Steps) && session.IsGiven(Epochs))
            throw new UsageException("--epochs: expected without --steps, found both; leave one out.");
        if (session.Value(Optimizer) is not (null or "muon" or "adamw"))
            throw new UsageException($"--optimizer: expected muon or adamw, found \"{session.Value(Optimizer)}\".");
        var json = new JsonObject { ["corpus"] = corpus, ["model"] = session.ModelName };
        foreach (Option option in All.OfType<Option>().Where(option => session.IsGiven(option)))
            json[option.Name[2..]] = Value(session, option);
        json["seed"] = TrainOptions.Seed(session);
        (string tokenizer, string? config) = made is not null ? (made.TokenizerHash, null) : ModelSource.Identity(model!);
        json["tokenizer-sha256"] = tokenizer;
        if (config is not null)
            json["config-sha256"] = config;
        return json;
    }

    /// <summary>The settings for a model and a corpus of <paramref name="tokens"/>.</summary>
    public static LanguageModelSettings Settings(Session session, ModelSource source, bool isNew, long tokens, IReadOnlyList<int> heldOut)
    {
        int length = LengthFor(session, source.Config), batch = session.Value(Batch), accumulate = session.Value(Accumulate);
        long steps = session.Value(Steps) ?? Math.Max(1, (long)Math.Round(session.Value(Epochs) * tokens / ((long)batch * length * accumulate)));
        double rate = session.Value(Rate) ?? (isNew ? 0.003 : 0.0001);
        string schedule = session.Value(Schedule)!;
        string? prompt = session.Value(Sample);
        return new LanguageModelSettings
        {
            Batch = batch,
            Length = length,
            Accumulate = accumulate,
            Rate = new LearningRate
            {
                Shape = schedule switch { "cosine" => RateShape.Cosine, "constant" => RateShape.Constant, _ => RateShape.Linear },
                Peak = rate,
                Lowest = session.Value(LowestRate) ?? rate / 50,
                WarmUpSteps = session.Value(WarmUp) ?? Math.Min(100, steps / 10),
                DecayFrom = session.Value(DecayFrom) ?? (schedule == "cosine" ? 0 : 0.35),
                Steps = steps,
            },
            Optimizer = new OptimizerSettings
            {
                Kind = (session.Value(Optimizer) ?? (isNew ? "muon" : "adamw")) == "muon" ? OptimizerKind.Muon : OptimizerKind.AdamW,
                WeightDecay = session.Value(WeightDecay),
                ClipNorm = session.Value(Clip),
            },
            Part = session.Value(FreezeTable) ? TrainedPart.AllButTables : session.Value(OnlyTable) ? TrainedPart.OnlyTables : TrainedPart.All,
            Rows = Rows(session, source.Config.VocabSize),
            Seed = TrainOptions.Seed(session),
            LookEvery = session.Value(LookEvery) ?? Math.Max(10, steps / 20),
            HeldOut = heldOut,
            Prompt = prompt is null ? [] : Prompt(source, prompt),
        };
    }

    /// <summary>Stops before a batch that cannot be, before the corpus is read.</summary>
    /// <exception cref="UsageException">A length beyond the context, or a batch that is too large.</exception>
    public static void RequireBatch(Session session, TransformerConfig config)
    {
        try
        {
            LanguageModelTrainer.Require(config, session.Value(Batch), LengthFor(session, config));
        }
        catch (ArgumentException problem)
        {
            throw new UsageException("--batch, --length: " + problem.Message["batch: ".Length..]);
        }
    }

    /// <summary>FROM..TO counts both, as rows are counted elsewhere from 0.</summary>
    private static (int From, int End)? Rows(Session session, int rows)
    {
        if (session.Value(OnlyRows) is not { } typed)
            return null;
        if (!session.Value(OnlyTable))
            throw new UsageException("--only-rows: expected with --only-table, found without it.");
        if (typed.Split("..") is [var first, var last] && Row(first) is int from && (last.Length == 0 ? rows - 1 : Row(last)) is int to && from <= to && to < rows)
            return (from, to + 1);
        throw new UsageException(FormattableString.Invariant($"--only-rows: expected FROM..TO or FROM.., rows from 0 to {rows - 1}, found \"{typed}\"."));

        static int? Row(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int row) ? row : null;
    }

    private static int LengthFor(Session session, TransformerConfig config)
    {
        int length = session.Value(Length) ?? Math.Min(config.ContextLength, 1024);
        return length <= config.ContextLength
            ? length
            : throw new UsageException(FormattableString.Invariant($"--length: expected at most {config.ContextLength}, the model's context, found {length}."));
    }

    private static int[] Prompt(ModelSource source, string prompt)
    {
        int[] ids = source.Tokenizer.EncodePrompt(prompt);
        return ids.Length > 0 && ids.Length < source.Config.ContextLength
            ? ids
            : throw new UsageException(FormattableString.Invariant($"--sample: expected a text of 1 to {source.Config.ContextLength - 1} tokens, found {ids.Length}."));
    }

    private static JsonNode? Value(Session session, Option option) => option switch
    {
        Option<bool> flag => session.Value(flag),
        Option<int> whole => session.Value(whole),
        Option<int?> whole => session.Value(whole),
        Option<double> number => session.Value(number),
        Option<double?> number => session.Value(number),
        Option<string> text => session.Value(text),
        _ => throw new InvalidOperationException($"{option.Name} has a value of an unknown kind"),
    };
}
