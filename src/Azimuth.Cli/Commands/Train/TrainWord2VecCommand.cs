using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Training;
using Azimuth.Training.Corpora;
using Azimuth.Training.Word2Vec;

namespace Azimuth.Cli.Commands.Train;

/// <summary><c>azimuth train word2vec</c>: word vectors from plain text.</summary>
internal static class TrainWord2VecCommand
{
    private static readonly Option<bool> Cbow = Options.Flag("--cbow", "the mean of the words around predicts the word (CBOW); otherwise each of them does (skip-gram)");
    private static readonly Option<bool> Hierarchical = Options.Flag("--hierarchical", "hierarchical softmax over a Huffman tree; otherwise negative sampling");
    private static readonly Option<int> Dimensions = Options.WholeNumber("--dimensions", "D", "numbers in a vector", 1, 16_384, 100);
    private static readonly Option<int> Window = Options.WholeNumber("--window", "N", "words to each side at most; each position draws its own width", 1, 1000, 5);
    private static readonly Option<int> Negatives = Options.WholeNumber("--negative", "N", "words drawn against each prediction", 1, 1000, 5);
    private static readonly Option<bool> PerPair = Options.Flag("--negative-per-pair", "draw them for each pair of words and learn pair by pair, as the original program does; otherwise once for all pairs of a position, learned together, in half the time or less");
    private static readonly Option<int> Epochs = Options.WholeNumber("--epochs", "N", "passes over the corpus", 1, 100_000, 5);
    private static readonly Option<double?> Rate = Options.Number("--rate", "R", "learning rate at the beginning (default 0.025; 0.05 with --cbow)", double.Epsilon, 1000);
    private static readonly Option<double> LastRate = Options.Number("--last-rate", "R", "learning rate at the end, to which it falls in a straight line", 0, 1000, 0.0001);
    private static readonly Option<double> Sample = Options.Number("--sample", "S", "words more frequent than this share of the text are left out at random; 0 for none", 0, 1, 0.001);
    private static readonly Option<int> Phrases = Options.WholeNumber("--phrases", "PASSES", "join words that belong together to phrases as in new_york; two passes find phrases of up to four", 0, 10, 0);
    private static readonly Option<double> PhraseThreshold = Options.Number("--phrase-threshold", "SCORE", "score above which two words are joined", 0, 1e12, 100);

    public static Verb Create() => Verb.Create(
        "word2vec",
        "Learns word vectors from text, in a stream: skip-gram or CBOW, by negative sampling or hierarchical softmax. The vectors open in every command; the log and the saved states are kept beside them.",
        [.. WordVectorRun.InAndOut, Cbow, Hierarchical, Dimensions, Window, Negatives, PerPair, Epochs, Rate, LastRate, Sample, .. WordVectorRun.OfTheVocabulary, Phrases, PhraseThreshold, .. TrainOptions.All],
        Run,
        new("azimuth train word2vec README.md docs -o vectors.bin --min-count 3 --dimensions 50", "a small text, in a second"),
        new("azimuth train word2vec docs -o phrases.vec --phrases 2 --phrase-threshold 20 --watch model --watch table", "phrases, and the neighbours of two words as they form"),
        new("azimuth train word2vec - -o cbow.bin --cbow --hierarchical --min-count 2 < README.md", "from standard input")).WithoutModel("since word vectors are learned from text alone");

    private static Task<int> Run(Session session)
    {
        var run = new WordVectorRun(session);
        Word2VecOptions options = Read(session, run.Vocabulary);
        var recipe = new TrainingRecipe("word2vec", options.Settings(session.Workers.ThreadCount, run.Identity));
        if (FinishedRun.Show(session, run.VectorFile, recipe) is { } nothingToDo)
            return nothingToDo;
        WordVectorResult result = run.Train(
            recipe, options.Vocabulary,
            (text, state, _) => state is null ? Word2VecTrainer.Begin(text, options, session.Workers) : Word2VecTrainer.Open(state, text, options, session.Workers));
        var document = new
        {
            result.File,
            Run = result.Folder,
            Words = result.Text.Words.Count,
            TextWords = result.Text.WordCount,
            options.Dimensions,
            result.Last.Epoch,
            LossNats = result.Last.PassLossNats,
            result.Last.Seconds,
            result.Stages,
            result.Export.SizeBytes,
        };
        return session.Show(
            null, Conventions(options, session.Workers.ThreadCount), document, screen => result.Draw(screen, options.Dimensions, LearnedBy(options), Plural.Of(options.Epochs, "pass", "passes"), ("loss", result.Last.PassLossNats, "nats a prediction")));
    }

    private static Word2VecOptions Read(Session session, VocabularyOptions vocabulary)
    {
        if (session.Value(Hierarchical) && session.IsGiven(Negatives))
            throw new UsageException("--negative: expected without --hierarchical, which draws no words, found both.");
        if (session.Value(PerPair) && (session.Value(Hierarchical) || session.Value(Cbow)))
            throw new UsageException($"--negative-per-pair: expected with skip-gram by negative sampling only, found {(session.Value(Cbow) ? "--cbow" : "--hierarchical")}.");
        if (session.IsGiven(PhraseThreshold) && session.Value(Phrases) == 0)
            throw new UsageException("--phrase-threshold: expected with --phrases, which it is about, found without it.");
        double rate = session.Value(Rate) ?? (session.Value(Cbow) ? 0.05 : 0.025);
        if (session.IsGiven(LastRate) && session.Value(LastRate) > rate)
            throw new UsageException(FormattableString.Invariant($"--last-rate: expected at most --rate, {rate}, from which it falls, found {session.Value(LastRate)}."));
        return new Word2VecOptions
        {
            Dimensions = session.Value(Dimensions),
            Window = session.Value(Window),
            Cbow = session.Value(Cbow),
            HierarchicalSoftmax = session.Value(Hierarchical),
            Negatives = session.Value(Negatives),
            NegativesPerPair = session.Value(PerPair),
            Epochs = session.Value(Epochs),
            Rate = rate,
            LastRate = Math.Min(rate, session.Value(LastRate)),
            Sample = session.Value(Sample),
            Seed = TrainOptions.Seed(session),
            Vocabulary = vocabulary with { PhrasePasses = session.Value(Phrases), PhraseThreshold = session.Value(PhraseThreshold) },
        };
    }

    private static Conventions Conventions(Word2VecOptions options, int threads) => new()
    {
        NaturalLog = true,
        Notes =
        [
            "loss is −ln p of a prediction, summed over its targets",
            $"the same seed gives the same bits on {Plural.Of(Word2VecTrainer.Blocks(options, threads), "learning thread")}",
        ],
    };

    private static string LearnedBy(Word2VecOptions options)
    {
        string drawn = Plural.Of(options.Negatives, "negative") + (options.Cbow ? "" : options.NegativesPerPair ? " a pair" : " a position");
        return $"{(options.Cbow ? "CBOW" : "skip-gram")}, {(options.HierarchicalSoftmax ? "hierarchical softmax" : drawn)}, window {options.Window}";
    }
}
