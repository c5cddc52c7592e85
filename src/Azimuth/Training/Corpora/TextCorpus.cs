using System.IO.Enumeration;
using System.Text.Json.Nodes;

namespace Azimuth.Training.Corpora;

/// <summary>
/// The text that is learned from: plain or gzip-compressed files in a fixed order, read as a stream as often as needed and never held in memory.
/// </summary>
public sealed class TextCorpus
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    private readonly string? _spool;

    private TextCorpus(IReadOnlyList<string> files, string? spool)
    {
        (Files, SizeBytes, _spool) = (files, files.Sum(SizeOf), spool);
        Named = files.Count > 1 ? FormattableString.Invariant($"{files.Count} files") : NameOf(files[0]);
    }

    /// <summary>The files, in the order they are read.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Bytes as stored: what progress is counted in.</summary>
    public long SizeBytes { get; }

    /// <summary>What it is called in a sentence: the file, standard input, or how many files there are.</summary>
    public string Named { get; }

    /// <summary>What tells whether a saved state was made with the same text: names, stored sizes and <see cref="TextFingerprint"/>s.</summary>
    public JsonArray Identity => [.. Files.Select(file => (JsonNode)$"{Path.GetFileName(file)} ({SizeOf(file)} bytes, sha256 {TextFingerprint.Of(file)})")];

    /// <summary>Finds the files.</summary>
    /// <param name="paths">
    /// Files; folders, all of whose files are read in the order of their paths, but for hidden and empty ones and the folders of training runs; or "-" for standard input. Links to files are followed, links to folders are not: they
    /// may lead in a circle.
    /// </param>
    /// <param name="spool">Where standard input is kept, since a corpus is read more than once: a file that is written unless it is there already.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="without">Files and folders that are no text although they lie in a folder: what is being written.</param>
    /// <exception cref="IOException">A path is missing, cannot be read, or there is no file in it: one sentence.</exception>
    public static TextCorpus Open(IReadOnlyList<string> paths, string? spool = null, Stream? input = null, IReadOnlyList<string>? without = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count == 0)
            throw new ArgumentException("a corpus needs at least one file or folder", nameof(paths));
        var files = new List<string>();
        foreach (string path in paths)
        {
            if (path == StandardInput)
                files.Add(Keep(spool ?? throw new ArgumentException("standard input needs a file to be kept in", nameof(spool)), input));
            else if (RunFiles.IsRun(path))
                throw new IOException($"{path}: expected a text file or a folder of text files, found the folder that a training run is kept in");
            else if (Directory.Exists(path))
                files.AddRange(In(path, without ?? []));
            else if (File.Exists(path))
                files.Add(HasText(path) ? path : throw new IOException($"{path}: expected a text file, found an empty one or a pipe. What comes through a pipe is read from standard input, with - in its place"));
            else
                throw new IOException($"{path}: expected a text file or a folder of text files, found nothing of that name");
        }

        return new TextCorpus(files, paths.Contains(StandardInput) ? spool : null);
    }

    /// <summary>Reads the corpus from its beginning.</summary>
    public CorpusReader Read() => new(Files, NameOf);

    /// <summary>Reads one of its files.</summary>
    internal CorpusReader Read(string file) => new([file], NameOf);

    private string NameOf(string file) => file == _spool ? "standard input" : file;

    /// <summary>Bytes as stored, of what a link leads to.</summary>
    private static long SizeOf(string file) => Checkpoints.AtomicFile.Length(file);

    /// <summary>Files of no bytes have no text, and pipes and devices have none that can be read more than once: these are never opened, as that could wait for ever.</summary>
    private static bool HasText(string file)
    {
        // The full path: of a name alone, .NET looks for what the link leads to in the root.
        var leadsTo = File.ResolveLinkTarget(Path.GetFullPath(file), returnFinalTarget: true);
        return leadsTo is null ? new FileInfo(file).Length > 0 : leadsTo is FileInfo { Exists: true, Length: > 0 };
    }

    private static string[] In(string folder, IReadOnlyList<string> without)
    {
        string[] left = [.. without.Select(path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))];
        var found = new FileSystemEnumerable<string>(
            folder,
            (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && !left.Contains(Path.GetFullPath(entry.ToFullPath())),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint) && !left.Contains(Path.GetFullPath(entry.ToFullPath())) && !RunFiles.IsRun(entry.ToFullPath()),
        };
        string[] files = [.. found.Where(HasText).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new IOException($"{folder}: expected a folder of text files, found none in it");
    }

    private static string Keep(string spool, Stream? input)
    {
        if (File.Exists(spool))
            return spool;
        if (input is null)
            throw new IOException("the corpus on standard input cannot be read a second time. Give a file");
        Checkpoints.AtomicFile.Write(spool, input.CopyTo);
        return spool;
    }
}
