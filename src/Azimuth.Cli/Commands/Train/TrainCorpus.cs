using System.CommandLine;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Training.Corpora;
using Azimuth.Training.Word2Vec;

namespace Azimuth.Cli.Commands.Train;

/// <summary>What the trainers of word vectors have in common: text in, vectors out.</summary>
internal static class TrainCorpus
{
    private static readonly string[] Endings = [".bin", ".vec", ".w2v", ".txt", ".bin.gz", ".vec.gz", ".w2v.gz", ".txt.gz"];

    public static Argument<string[]> Argument() => Options.Arguments("CORPUS", "text files, plain or gzip, folders of them, or - for standard input; words are what stands between blanks");

    public static Option<string?> OutputOption() => Options.Text("--output", "FILE", "the vectors: .bin word2vec binary, .vec or .txt word2vec text, with .gz behind it to compress", "-o");

    /// <summary>The texts and the file of vectors, both given.</summary>
    /// <exception cref="UsageException">One was left out, or the file cannot stand there.</exception>
    public static (string[] Paths, string File) Read(Session session, Argument<string[]> corpus, Option<string?> output)
    {
        string[] paths = session.Value(corpus) ?? [];
        if (paths.Length == 0)
            throw new UsageException($"azimuth {session.Command}: expected CORPUS, a text file or a folder of them, found none.");
        string file = session.Value(output) ?? throw new UsageException($"azimuth {session.Command}: expected --output FILE, found none.");
        session.Outputs.Check(file, output.Name, Endings);
        return (paths, file);
    }

    /// <summary>Counts the words and turns the text into numbers.</summary>
    public static TrainingText Prepare(Session session, string[] paths, VocabularyOptions options, string run)
    {
        string spool = Path.Combine(run, "corpus.txt");
        session.Progress.Say(paths.Contains(TextCorpus.StandardInput) ? "reading standard input" : "counting words");
        TextCorpus corpus = TextCorpus.Open(paths, spool, Console.IsInputRedirected ? Console.OpenStandardInput() : null);
        TrainingText text = TrainingText.Prepare(corpus, options, run, session.Warn, new ShareProgress(session.Progress, "counting words", 100, "percent"), session.Cancel);
        // What was kept of standard input has been turned into numbers.
        File.Delete(spool);
        session.Note($"{Plural.Of(text.Words.Count, "word")} with vectors, {Numbers.Count(text.WordCount)} of the text");
        return text;
    }

    /// <summary>Writes the vectors in the format of the name.</summary>
    public static TableExport Write(Session session, string file, EmbeddingTable table)
    {
        TableFormat format = file.EndsWith(".bin", StringComparison.OrdinalIgnoreCase) || file.EndsWith(".bin.gz", StringComparison.OrdinalIgnoreCase) ? TableFormat.Word2VecBinary : TableFormat.Word2VecText;
        TableExport export = TableWriter.Save(file, table, new TableExportOptions { Format = format }, session.Workers, new ShareProgress(session.Progress, "writing " + Path.GetFileName(file), 100, "percent"), session.Cancel);
        foreach (string warning in export.Warnings)
            session.Warn(warning);
        return export;
    }
}
