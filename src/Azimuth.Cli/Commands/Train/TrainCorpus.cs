using System.CommandLine;
using System.Text.Json.Nodes;
using Azimuth.Cli.CommandLine;
using Azimuth.Training.Corpora;

namespace Azimuth.Cli.Commands.Train;

/// <summary>The text that a trainer's command learns from.</summary>
internal static class TrainCorpus
{
    /// <param name="text">What the trainer takes for a text, or for words of it.</param>
    public static Argument<string[]> Argument(string text) => Options.Arguments("CORPUS", "text files, plain or gzip, folders of them, or - for standard input; " + text);

    /// <summary>The files and folders given.</summary>
    /// <exception cref="UsageException">There are none.</exception>
    public static string[] Paths(Session session, Argument<string[]> corpus) => session.Value(corpus) is { Length: > 0 } paths
        ? paths : throw new UsageException($"azimuth {session.Command}: expected CORPUS, a text file or a folder of them, found none.");

    /// <summary>What a run knows its corpus by: names and sizes of the files, which are kept from being written to. Standard input cannot be looked at before it is read.</summary>
    public static JsonArray Identity(Session session, string[] paths)
    {
        if (paths.Count(path => path == TextCorpus.StandardInput) > 1)
            throw new UsageException("CORPUS: expected - for standard input once, found it twice.");
        JsonArray identity = [];
        foreach (string path in paths)
        {
            if (path == TextCorpus.StandardInput)
            {
                identity.Add("standard input");
                continue;
            }

            TextCorpus corpus = TextCorpus.Open([path]);
            session.Outputs.Opened(corpus.Files);
            foreach (JsonNode? name in corpus.Identity)
                identity.Add(name!.DeepClone());
        }

        return identity;
    }

    /// <summary>Finds the files; standard input is kept in the run's folder, as it is read more than once.</summary>
    public static TextCorpus Open(string[] paths, string run) => TextCorpus.Open(paths, Spool(run), Console.IsInputRedirected ? Console.OpenStandardInput() : null);

    /// <summary>Deletes what was kept of standard input, once the run has the text as numbers.</summary>
    public static void Forget(string run) => File.Delete(Spool(run));

    private static string Spool(string run) => Path.Combine(run, "corpus.txt");
}
