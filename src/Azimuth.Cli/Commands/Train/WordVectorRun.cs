using System.CommandLine;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Training;
using Azimuth.Training.Corpora;

namespace Azimuth.Cli.Commands.Train;

/// <summary>What the trainers of word vectors have in common: text in, a file of vectors out.</summary>
internal sealed class WordVectorRun
{
    private static readonly string[] Endings = [".bin", ".vec", ".w2v", ".txt", ".bin.gz", ".vec.gz", ".w2v.gz", ".txt.gz"];
    private static readonly Argument<string[]> Corpus = TrainCorpus.Argument("words are what stands between blanks");
    private static readonly Option<string?> Output = Options.Text("--output", "FILE", "the vectors: .bin word2vec binary, .vec or .txt word2vec text, with .gz behind it to compress", "-o");
    private static readonly Option<int> MinCount = Options.WholeNumber("--min-count", "N", "words that come less often get no vector", 1, int.MaxValue, 5);
    private static readonly Option<int?> MaxVocabulary = Options.WholeNumber("--max-vocabulary", "N", "the N most frequent words only", 2, 100_000_000);
    private readonly Session _session;
    private readonly TrainCorpus _corpus;

    /// <summary>Looks at what was given for the text and for the file.</summary>
    /// <exception cref="UsageException">One was left out, or the file cannot stand there.</exception>
    public WordVectorRun(Session session)
    {
        _session = session;
        string[] paths = TrainCorpus.Paths(session, Corpus);
        VectorFile = session.Value(Output) ?? throw new UsageException($"azimuth {session.Command}: expected --output FILE, found none.");
        session.Outputs.Check(VectorFile, Output.Name, Endings);
        _corpus = TrainCorpus.Find(session, paths, VectorFile);
        Vocabulary = new VocabularyOptions { MinCount = session.Value(MinCount), MaxWords = session.Value(MaxVocabulary) };
    }

    /// <summary>Listed before a command's own options.</summary>
    public static IReadOnlyList<Symbol> InAndOut => [Corpus, Output];

    /// <summary>Listed behind them.</summary>
    public static IReadOnlyList<Symbol> OfTheVocabulary => [MinCount, MaxVocabulary];

    /// <summary>The file of vectors.</summary>
    public string VectorFile { get; }

    /// <summary>What the run knows its corpus by.</summary>
    public JsonArray Identity => _corpus.Identity;

    /// <summary>Which words get a vector.</summary>
    public VocabularyOptions Vocabulary { get; }

    /// <summary>How long each stage took. A trainer begins those of its own.</summary>
    public StageClock Clock { get; } = new();

    /// <summary>Counts the text, trains, and writes the vectors.</summary>
    /// <param name="recipe">Everything that changes the result.</param>
    /// <param name="vocabulary">Which words get a vector, phrases among them.</param>
    /// <param name="open">Makes the trainer: new when the state is null; the string behind it is the run's folder.</param>
    public WordVectorResult Train(TrainingRecipe recipe, VocabularyOptions vocabulary, Func<TrainingText, string?, string, ITrainer> open)
    {
        TrainingText? text = null;
        TableExport? export = null;
        (TrainingReading last, string folder) = TrainOptions.Train(_session, VectorFile, recipe, Open, trainer => export = Write(trainer.Table!));
        return new WordVectorResult(VectorFile, folder, text!, last, Clock.Times, export!);

        ITrainer Open(string? state, string run)
        {
            text = TrainingText.Open(run) ?? Prepare(vocabulary, run);
            TrainCorpus.Forget(run);
            _corpus.WarnOfUnread(_session);
            ITrainer trainer = open(text, state, run);
            // Behind all that may be refused, and before the work.
            if (File.Exists(VectorFile) && !TrainOptions.Resumes(_session))
                _session.Warn($"--output: {VectorFile} is there already and is replaced when the training is over");
            Clock.Begin("training");
            return trainer;
        }
    }

    /// <summary>Counts the words and turns the text into numbers.</summary>
    private TrainingText Prepare(VocabularyOptions options, string run)
    {
        Clock.Begin("counting words");
        _session.Progress.Say(_corpus.HasStandardInput ? "reading standard input" : "counting words");
        TrainingText text = TrainingText.Prepare(_corpus.Open(run), options, run, _session.Workers, _session.Warn, new ShareProgress(_session.Progress, "counting words"), _session.Cancel);
        _session.Note($"{Plural.Of(text.Words.Count, "word")} with vectors, {Numbers.Count(text.WordCount)} of the text");
        return text;
    }

    /// <summary>Writes the vectors in the format of the name.</summary>
    private TableExport Write(EmbeddingTable table)
    {
        Clock.Begin("writing");
        TableFormat format = VectorFile.EndsWith(".bin", StringComparison.OrdinalIgnoreCase) || VectorFile.EndsWith(".bin.gz", StringComparison.OrdinalIgnoreCase) ? TableFormat.Word2VecBinary : TableFormat.Word2VecText;
        TableExport export = TableWriter.Save(VectorFile, table, new TableExportOptions { Format = format }, _session.Workers, new ShareProgress(_session.Progress, "writing " + Path.GetFileName(VectorFile)), _session.Cancel);
        foreach (string warning in export.Warnings)
            _session.Warn(warning);
        return export;
    }
}

/// <summary>What came of a run.</summary>
/// <param name="File">The vectors.</param>
/// <param name="Folder">The run's folder.</param>
/// <param name="Text">What was learned from.</param>
/// <param name="Last">The last reading.</param>
/// <param name="Stages">Those of this process: what an interrupted run had done before is not among them.</param>
/// <param name="Export">How the vectors were written.</param>
internal sealed record WordVectorResult(string File, string Folder, TrainingText Text, TrainingReading Last, IReadOnlyList<StageTime> Stages, TableExport Export)
{
    /// <summary>Shows what was learned.</summary>
    /// <param name="screen">Of the command.</param>
    /// <param name="dimensions">Of the vectors.</param>
    /// <param name="learnedBy">The method.</param>
    /// <param name="text">What it went through, behind the number of words.</param>
    /// <param name="loss">What was minimised, of the last pass.</param>
    public void Draw(Screen screen, int dimensions, string learnedBy, string text, (string Name, double? Value, string Unit) loss)
    {
        screen.Heading($"{Plural.Of(Text.Words.Count, "word vector")} of {Plural.Of(dimensions, "number")}");
        screen.Facts(
            ("file", $"{File} ({Numbers.Bytes(Export.SizeBytes)}, {Export.Format})"),
            ("log and saved states", Folder),
            ("learned by", learnedBy),
            ("text", $"{Numbers.Count(Text.WordCount)} words of the vocabulary, {text}"),
            (loss.Name, loss.Value is double mean ? $"{Numbers.Three(mean)} {loss.Unit}, the mean of the last pass" : "not measured"),
            ("time", string.Join(", ", Stages.Select(stage => $"{stage.Stage} {Numbers.Duration(TimeSpan.FromSeconds(stage.Seconds))}"))));
    }
}
