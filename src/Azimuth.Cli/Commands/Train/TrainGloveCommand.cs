using System.CommandLine;
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
    private static readonly Option<int> Dimensions = Options.WholeNumber("--dimensions", "D", "numbers in a vector", 1, 16_384, 50);
    private static readonly Option<int> Window = Options.WholeNumber("--window", "N", "words to each side that count, those at distance k with 1/k", 1, 255, 15);
    private static readonly Option<int> Epochs = Options.WholeNumber("--epochs", "N", "passes over the pairs", 1, 100_000, 25);
    private static readonly Option<double> Rate = Options.Number("--rate", "R", "learning rate of AdaGrad", double.Epsilon, 1000, 0.05);
    private static readonly Option<double> MaximumCount = Options.Number("--x-max", "X", "co-occurrence from which on a pair has its full weight", double.Epsilon, 1e12, 100);
    private static readonly Option<double> Power = Options.Number("--alpha", "A", "pairs below weigh (x/x-max)^A", 0, 10, 0.75);
    private static readonly Option<double> Memory = Options.Number("--memory", "GIB", "memory for counting, in gibibytes; what does not fit goes to the disk", 0.01, 1000, 1);

    public static Verb Create() => Verb.Create(
        "glove",
        "Learns word vectors from how often words meet within a window (GloVe): counts the pairs, puts them in random order, and fits the logarithms of the counts. Words are what stands between spaces and tabs; lines are separate.",
        [.. WordVectorRun.InAndOut, Dimensions, Window, Epochs, Rate, MaximumCount, Power, Memory, .. WordVectorRun.OfTheVocabulary, .. TrainOptions.All],
        Run,
        new("azimuth train glove LICENSE README.md docs -o glove.bin --min-count 3 --epochs 10", "a small text, in seconds"),
        new("azimuth train glove docs -o glove.vec --dimensions 25 --window 8 --watch model --watch table", "smaller vectors, and the neighbours of two words as they form")).WithoutModel("since word vectors are learned from text alone");

    private static Task<int> Run(Session session)
    {
        var run = new WordVectorRun(session);
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
            Vocabulary = run.Vocabulary with { AsciiBlanks = true, WholeLines = true },
        };
        var recipe = new TrainingRecipe("glove", options.Settings(session.Workers.ThreadCount, run.Identity));
        if (FinishedRun.Show(session, run.VectorFile, recipe) is { } nothingToDo)
            return nothingToDo;
        GlovePairs? pairs = null;
        WordVectorResult result = run.Train(recipe, options.Vocabulary, Open);
        var document = new
        {
            result.File,
            Run = result.Folder,
            Words = result.Text.Words.Count,
            TextWords = result.Text.WordCount,
            Pairs = pairs!.Count,
            options.Dimensions,
            result.Last.Epoch,
            Cost = result.Last.PassCost,
            result.Last.Seconds,
            result.Stages,
            result.Export.SizeBytes,
        };
        return session.Show(null, Conventions(session), document, screen => result.Draw(
            screen, options.Dimensions, $"GloVe, window {options.Window}, {Plural.Of(options.Epochs, "pass", "passes")}", $"{Numbers.Count(pairs.Count)} pairs that meet", ("cost", result.Last.PassCost, "a pair")));

        ITrainer Open(TrainingText text, string? state, string folder)
        {
            pairs = GlovePairs.Open(text, folder, session.Workers) ?? GlovePairs.Prepare(text, options, folder, session.Workers, Show, session.Cancel);
            session.Note($"{Plural.Of(text.Words.Count, "word")}, {Numbers.Count(pairs.Count)} pairs of them meet");
            return state is null ? GloveTrainer.Begin(pairs, options, session.Workers) : GloveTrainer.Open(state, pairs, options, session.Workers);
        }

        void Show(string what, double share)
        {
            run.Clock.Begin(what);
            session.Progress.Report(what, (long)(100 * share), 100, ProgressLine.Percent);
        }
    }

    private static Conventions Conventions(Session session) => new()
    {
        NaturalLog = true,
        Notes =
        [
            "cost is ½ f(x)(w·w̃ + b + b̃ − ln x)² of a pair", "vectors are words plus contexts, without biases",
            "steps of the biases are not multiplied by the rate, as in the original program's current version",
            $"the same seed gives the same bits on {Plural.Of(GlovePairs.Blocks(session.Workers.ThreadCount), "learning thread")}",
        ],
    };
}
