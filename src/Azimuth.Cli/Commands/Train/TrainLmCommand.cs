using System.CommandLine;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Tokenization;
using Azimuth.Training;
using Azimuth.Training.LanguageModels;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands.Train;

/// <summary><c>azimuth train lm</c>: a small language model from text, new or going on with one.</summary>
internal static class TrainLmCommand
{
    private static readonly Argument<string[]> Corpus = TrainCorpus.Argument("each file is a text of its own");
    private static readonly Option<string?> Out = TrainOptions.OutputFolder();

    public static Verb Create() => Verb.Create(
        "lm",
        "Trains a language model: a new one in the shape of GPT-2 or Llama, or one to go on with. The result is a model folder in single precision that every command opens, and so is each saved state of the run.",
        [Corpus, Out, .. TrainLmOptions.All, .. TrainOptions.All],
        Run,
        new("azimuth train lm models/novels-gpt/heldout.txt -o tiny --architecture llama --tokenizer models/novels-gpt --layers 2 --width 32 --heads 4 --context 64 --steps 30 --batch 8", "a new model, in seconds"),
        new("azimuth train lm LICENSE -o lawyer -m novels-gpt --steps 10 --batch 2 --length 64 --sample \"The license\"", "go on with a model"),
        new("azimuth train lm LICENSE -o table -m novels-gpt --only-table --only-rows 4090.. --steps 4 --batch 2 --length 64 --json", "the last rows of the tables alone, as after resize"));

    private static Task<int> Run(Session session)
    {
        string[] paths = TrainCorpus.Paths(session, Corpus);
        string path = TrainOptions.NewFolder(session, Out);
        TrainCorpus corpus = TrainCorpus.Find(session, paths, path);
        ModelSource? made = TrainLmOptions.NewModel(session);
        LanguageModel? model = made is null ? session.OpenDecoder() : null;
        if (model is not null)
            ModelSource.Require(model);
        TrainLmOptions.RequireBatch(session, made?.Config ?? model!.Config);
        string? held = TrainLmOptions.ValidationFile(session);
        string? heldText = held is null ? null : InputFile.ReadText(held, "--validate");
        var recipe = new TrainingRecipe("lm", TrainLmOptions.Recipe(session, corpus.Identity, made, model));
        if (FinishedRun.Show(session, path, recipe) is { } nothingToDo)
            return nothingToDo;
        TokenSpool? spool = null;
        LanguageModelTrainer? trainer = null;
        (TrainingReading last, string run) = TrainOptions.Train(session, path, recipe, Open, _ => Write(path, trainer!));
        var document = new
        {
            Path = Path.GetFullPath(path),
            Run = run,
            Parameters = trainer!.Count,
            TrainedParameters = trainer.TrainedCount,
            Tokens = spool!.Count,
            Steps = last.Step,
            last.Epoch,
            LossNats = last.RecentLossNats,
            last.ValidationLossNats,
            last.Seconds,
        };
        var conventions = new Conventions { NaturalLog = true, Notes = ["loss is the mean of −ln p of the next token, of the steps since the reading before", "the same bits with any number of threads"] };
        return session.Show(Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), conventions, document, screen => Draw(screen, path, run, trainer, spool, last));

        ITrainer Open(string? state, string folder)
        {
            // A state has a model and a tokenizer of its own.
            ModelSource source = state is not null ? ModelSource.Of(LanguageModel.Load(state, session.Workers), state) : made ?? ModelSource.Of(model!, Path.Combine(folder, "converted"));
            spool = Spool(session, corpus, folder, source);
            int[] heldOut = heldText is null ? [] : source.Tokenizer.EncodeIds(heldText, workers: session.Workers);
            if (heldText is not null && heldOut.Length < 2)
                throw new UsageException(FormattableString.Invariant($"--validate: {held}: expected at least two tokens, found {heldOut.Length}."));
            LanguageModelSettings settings = TrainLmOptions.Settings(session, source, made is not null, spool.Count, heldOut);
            if (spool.Count <= settings.Length)
                throw new UsageException(FormattableString.Invariant($"{corpus.Named}: expected at least {settings.Length + 1} tokens, one more than --length, found {spool.Count}; give more text, or a shorter --length."));
            trainer = state is null ? LanguageModelTrainer.Begin(source, spool, settings, session.Workers) : LanguageModelTrainer.Resume(state, source, spool, settings, session.Workers);
            WarnOfShortText(session, spool.Count, settings);
            session.Note(FormattableString.Invariant($"{Numbers.Count(trainer.Count)} weights, {Numbers.Count(trainer.TrainedCount)} of them trained, on {Numbers.Count(spool.Count)} tokens, {Numbers.Count(settings.Rate.Steps)} × {settings.Batch * settings.Accumulate} × {settings.Length} of them to predict"));
            return trainer;
        }
    }

    /// <summary>The corpus as ids, in the run's folder; made once.</summary>
    private static TokenSpool Spool(Session session, TrainCorpus corpus, string folder, ModelSource source)
    {
        string ids = Path.Combine(folder, "tokens.bin");
        var progress = new ShareProgress(session.Progress, "tokenizing the corpus");
        TokenSpool spool = File.Exists(ids) ? TokenSpool.Open(ids)
            : TokenSpool.Create(ids, corpus.Open(folder), source.Tokenizer, source.Config.VocabSize, session.Workers, session.Warn, progress, session.Cancel);
        TrainCorpus.Forget(folder);
        corpus.WarnOfUnread(session);
        return spool;
    }

    /// <summary>Epochs of less than a step are not what anybody means.</summary>
    private static void WarnOfShortText(Session session, long tokens, LanguageModelSettings settings)
    {
        long step = (long)settings.Batch * settings.Length * settings.Accumulate;
        if (tokens < step)
        {
            session.Warn($"the text has {Numbers.Count(tokens)} tokens, fewer than the {Numbers.Count(step)} that one step predicts (batch × length × accumulate): each step shows it {Numbers.Fixed((double)step / tokens, 1)} times."
                + " Give more text, or a smaller --batch and --steps");
        }
    }

    private static void Write(string path, LanguageModelTrainer trainer)
    {
        try
        {
            AtomicFolder.Create(path, trainer.SaveModel);
        }
        catch (IOException problem)
        {
            throw new UsageException($"--output: {problem.Message.TrimEnd('.')}; the run's newest state is the same model.");
        }
    }

    private static void Draw(Screen screen, string path, string run, LanguageModelTrainer trainer, TokenSpool spool, TrainingReading last)
    {
        screen.Heading($"a language model of {Numbers.Count(trainer.Count)} weights");
        screen.Facts(
            ("folder", path),
            ("log and saved states", run),
            ("trained", trainer.TrainedCount == trainer.Count ? "all weights" : $"{Numbers.Count(trainer.TrainedCount)} weights"),
            ("text", $"{Numbers.Count(spool.Count)} tokens, {Numbers.Fixed(last.Epoch ?? 0, 2)} passes in {Plural.Of(last.Step, "step")}"),
            ("loss", last.RecentLossNats is double loss ? $"{Numbers.Fixed(loss, 4)} nats per token, {(last.Step < LanguageModelTrainer.RecentSteps ? "all steps" : $"the last {LanguageModelTrainer.RecentSteps} steps")}" : "none"),
            ("held out", last.ValidationLossNats is double held ? $"{Numbers.Fixed(held, 4)} nats per token, perplexity {Numbers.Three(Math.Exp(held))}" : "not measured (--validate)"),
            ("time", Numbers.Duration(TimeSpan.FromSeconds(last.Seconds))));
    }
}
