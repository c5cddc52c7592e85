using System.CommandLine;
using System.Text.Json.Nodes;
using Azimuth.Cli.CommandLine;
using Azimuth.Training.Corpora;

namespace Azimuth.Cli.Commands.Train;

/// <summary>The text that a trainer's command learns from: the files that were there when it began.</summary>
internal sealed class TrainCorpus
{
    private readonly string[] _files;
    private bool _isRead;

    private TrainCorpus(string[] files, JsonArray identity) => (_files, Identity) = (files, identity);

    /// <summary>What a run knows its corpus by: names and sizes of the files. Standard input cannot be looked at before it is read.</summary>
    public JsonArray Identity { get; }

    /// <summary>What it is called in a sentence.</summary>
    public string Named => _files.Length > 1 ? FormattableString.Invariant($"{_files.Length} files") : HasStandardInput ? "standard input" : _files[0];

    /// <summary>Whether standard input is read.</summary>
    public bool HasStandardInput => _files.Contains(TextCorpus.StandardInput);

    /// <param name="text">What the trainer takes for a text, or for words of it.</param>
    public static Argument<string[]> Argument(string text) => Options.Arguments("CORPUS", "text files, plain or gzip, folders of them, or - for standard input; " + text);

    /// <summary>The files and folders given.</summary>
    /// <exception cref="UsageException">There are none.</exception>
    public static string[] Paths(Session session, Argument<string[]> corpus) => session.Value(corpus) is { Length: > 0 } paths
        ? paths : throw new UsageException($"azimuth {session.Command}: expected CORPUS, a text file or a folder of them, found none.");

    /// <summary>Finds the files, which are kept from being written to. What the run itself writes is none of them.</summary>
    /// <param name="session">Of the command.</param>
    /// <param name="paths">Files and folders.</param>
    /// <param name="output">What the command writes when the training is over.</param>
    /// <exception cref="UsageException">Standard input stands there twice.</exception>
    public static TrainCorpus Find(Session session, string[] paths, string output)
    {
        if (paths.Count(path => path == TextCorpus.StandardInput) > 1)
            throw new UsageException("CORPUS: expected - for standard input once, found it twice.");
        List<string> files = [];
        JsonArray identity = [];
        foreach (string path in paths)
        {
            if (path == TextCorpus.StandardInput)
            {
                files.Add(path);
                identity.Add("standard input");
                continue;
            }

            TextCorpus found = TextCorpus.Open([path], without: [output, TrainOptions.Folder(session, output)]);
            session.Outputs.Opened(found.Files);
            files.AddRange(found.Files);
            foreach (JsonNode? name in found.Identity)
                identity.Add(name!.DeepClone());
        }

        return new TrainCorpus([.. files], identity);
    }

    /// <summary>Opens the files; standard input is kept in the run's folder, as it is read more than once.</summary>
    public TextCorpus Open(string run)
    {
        _isRead |= !File.Exists(Spool(run));
        return TextCorpus.Open(_files, Spool(run), Console.IsInputRedirected ? Console.OpenStandardInput() : null);
    }

    /// <summary>A run that is gone on with has its text: another one on standard input would be taken for what is learned from.</summary>
    public void WarnOfUnread(Session session)
    {
        if (HasStandardInput && !_isRead && Console.IsInputRedirected)
            session.Warn("standard input is not read: the run goes on with the text that it was begun with; leave out --resume and name another --run to learn from another");
    }

    /// <summary>Deletes what was kept of standard input, once the run has the text as numbers.</summary>
    public static void Forget(string run) => File.Delete(Spool(run));

    private static string Spool(string run) => Path.Combine(run, "corpus.txt");
}
