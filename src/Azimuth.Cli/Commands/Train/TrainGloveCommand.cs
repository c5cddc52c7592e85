using System.CommandLine;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Training;
using Azimuth.Training.Corpora;
using Azimuth.Training.Glove;

namespace Azimuth.Cli.Commands.Train;

/// <summary><c>azimuth train glove</c>: word vectors from how often words meet.</summary>
internal static class TrainGloveCommand
{
    private static readonly Argument<string[]> Corpus = TrainCorpus.Argument();
    private static readonly Option<string?> File = TrainCorpus.OutputOption();
    private static readonly Option<int> Dimensions = Options.WholeNumber("--dimensions", "D", "numbers in a vector", 1, 16_384, 50);
    private static readonly Option<int> Window = Options.WholeNumber("--window", "N", "words to each side that count, those at distance k with 1/k", 1, 255, 15);
    private static readonly Option<int> Epochs = Options.WholeNumber("--epochs", "N", "passes over the pairs", 1, 100_000, 25);
    private static readonly Option<double> Rate = Options.Number("--rate", "R", "learning rate of AdaGrad", double.Epsilon, 1000, 0.05);
    private static readonly Option<double> MaximumCount = Options.Number("--x-max", "X", "co-occurrence from which on a pair has its full weight", double.Epsilon, 1e12, 100);
    private static readonly Option<double> Power = Options.Number("--alpha", "A", "pairs below weigh (x/x-max)^A", 0, 10, 0.75);
    private static readonly Option<double> Memory = Options.Number("--memory", "GIB", "memory for counting, in gibibytes; what does not fit goes to the disk", 0.01, 1000, 1);
    private static readonly Option<int> MinCount = Options.WholeNumber("--min-count", "N", "words that come less often get no vector", 1, int.MaxValue, 5);
    private static readonly Option<int?> MaxVocabulary = Options.WholeNumber("--max-vocabulary", "N", "the N most frequent words only", 2, 100_000_000);

    public static Verb Create() => Verb.Create(
        "glove",
        "Learns word vectors from how often words meet within a window (GloVe): counts the pairs, puts them in random order, and fits the logarithms of the counts. Words are what stands between blanks; lines are separate.",
        [Corpus, File, Dimensions, Window, Epochs, Rate, MaximumCount, Power, Memory, MinCount, MaxVocabulary, .. TrainOptions.All],
        Run,
        new("azimuth train glove LICENSE README.md docs -o glove.bin --min-count 3 --epochs 10", "a small text, in seconds"),
        new("azimuth train glove docs -o glove.vec --dimensions 25 --window 8 --watch model table", "smaller vectors, and the neighbours of two words as they form")).WithoutModel();

    private static Task<int> Run(Session session)
    {
        (string[] paths, string file) = TrainCorpus.Read(session, Corpus, File);
        var options = new GloveOptions
        {
            Dimensions = session.Value(Dimensions),
            Window = session.Value(Window),
            Epochs = session.Value(Epochs),
            Rate = session.Value(Rate),
            MaximumCount = session.Value(MaximumCount),
            Power = session.Value(Power),
            MemoryBytes = (long)(session.Value(Memory) * (1L << 30)),
            Seed = TrainOptions.Seed(session),
            Vocabulary = new VocabularyOptions { MinCount = session.Value(MinCount), MaxWords = session.Value(MaxVocabulary) },
        };
        JsonArray identity = CorpusIdentity.Of(session, paths);
        var recipe = new TrainingRecipe("glove", options.Settings(session.Workers.ThreadCount, identity));
        TrainingText? text = null;
        GlovePairs? pairs = null;
        TableExport? export = null;
        (TrainingReading last, string folder) = TrainOptions.Train(session, file, recipe, Open, trainer => export = TrainCorpus.Write(session, file, trainer.Table!));
        var document = new { File = file, Run = folder, Words = text!.Words.Count, TextWords = text.WordCount, Pairs = pairs!.Count, options.Dimensions, last.Epoch, last.LossNats, last.Seconds, export!.SizeBytes };
        return session.Show(null, Conventions(session), document, screen => Draw(screen, file, folder, text, pairs, options, last, export));

        ITrainer Open(string? state, string run)
        {
            text = TrainingText.Open(run) ?? TrainCorpus.Prepare(session, paths, options.Vocabulary, run);
            pairs = GlovePairs.Open(text, run, session.Workers) ?? GlovePairs.Prepare(text, options, run, session.Workers,
                (what, share) => session.Progress.Report(what, (long)(100 * share), 100, "percent"), session.Cancel);
            session.Note($"{Plural.Of(text.Words.Count, "word")}, {Numbers.Count(pairs.Count)} pairs of them meet");
            return state is null ? GloveTrainer.Begin(pairs, options, session.Workers) : GloveTrainer.Open(state, pairs, options, session.Workers);
        }
    }

    private static Conventions Conventions(Session session) => new()
    {
        NaturalLog = true,
        Notes =
        [
            "loss is ½ f(x)(w·w̃ + b + b̃ − ln x)² of a pair, since the reading before", "vectors are words plus contexts, without biases",
            "steps of the biases are not multiplied by the rate, as in the original program's current version",
            $"the same seed gives the same bits on {Plural.Of(GlovePairs.Blocks(session.Workers.ThreadCount), "learning thread")}",
        ],
    };

    private static void Draw(Screen screen, string file, string folder, TrainingText text, GlovePairs pairs, GloveOptions options, TrainingReading last, TableExport export)
    {
        screen.Heading($"{Plural.Of(text.Words.Count, "word vector")} of {Plural.Of(options.Dimensions, "number")}");
        screen.Facts(
            ("file", $"{file} ({Numbers.Bytes(export.SizeBytes)}, {export.Format})"),
            ("log and saved states", folder),
            ("learned by", $"GloVe, window {options.Window}, {Plural.Of(options.Epochs, "pass", "passes")}"),
            ("text", $"{Numbers.Count(text.WordCount)} words of the vocabulary, {Numbers.Count(pairs.Count)} pairs that meet"),
            ("time", Numbers.Duration(TimeSpan.FromSeconds(last.Seconds))));
    }
}
