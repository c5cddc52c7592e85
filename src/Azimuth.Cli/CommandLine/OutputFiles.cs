using Azimuth.Checkpoints;
using Azimuth.Checkpoints.WordVectors;

namespace Azimuth.Cli.CommandLine;

/// <summary>Looks at the names of files to be written before the work for them begins, and keeps them apart from the files that are read.</summary>
internal sealed class OutputFiles
{
    private readonly List<(string Full, string Path, string Where)> _written = [];
    private readonly HashSet<string> _read = new(OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);

    /// <summary>Refuses a name of another format, a folder or device in the file's place, a folder that does not exist, and a file that is read.</summary>
    public void Check(string path, string where, params IReadOnlyList<string> endings)
    {
        if (path.Length == 0)
            throw new UsageException($"{where}: expected a file to write, found an empty text.");
        if (!endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            throw new UsageException($"{where}: expected a name ending in {string.Join(", ", endings.SkipLast(1))}{(endings.Count > 1 ? " or " : "")}{endings[^1]}, found {path}.");
        try
        {
            _written.Add((AtomicFile.Check(path), path, where));
        }
        catch (IOException problem)
        {
            throw new UsageException($"{where}: {problem.Message}.");
        }

        KeepApart();
    }

    /// <summary>The same for a file of vectors, which may have a second file beside it. That one alone is somebody's work of another kind, and is not replaced.</summary>
    public void CheckTable(string path, string where, TableFormat format)
    {
        Check(path, where, "");
        if (format == TableFormat.Npz && path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"{where}: expected .npz alone, which is compressed by itself, found {path}; leave .gz out.");
        if (TableWriter.MetadataPath(path, format) is not string metadata)
            return;
        Check(metadata, where, "");
        if (File.Exists(metadata) && !File.Exists(path))
            throw new UsageException($"{where}: {path} comes with a second file, {metadata}, which is there without the first and would be replaced; choose another name, or move that file away.");
    }

    /// <summary>These files are open: none of them may be written.</summary>
    public void Opened(IEnumerable<string> files)
    {
        foreach (string file in files.Where(File.Exists))
            _read.Add(AtomicFile.RealPath(file));
        KeepApart();
    }

    private void KeepApart()
    {
        foreach (var (full, path, where) in _written)
        {
            if (_read.Contains(full))
                throw new UsageException($"{where}: expected another file than those that are read, found {path}, which is one of them; choose another name.");
        }
    }
}
