namespace Azimuth.Cli.CommandLine;

/// <summary>Looks at the name of a file to be written before the work for it begins.</summary>
internal static class OutputFile
{
    /// <summary>Refuses a name of another format, a folder in the file's place, and a folder that does not exist.</summary>
    public static void Check(string path, string where, params IReadOnlyList<string> endings)
    {
        if (path.Length == 0)
            throw new UsageException($"{where}: expected a file to write, found an empty text.");
        if (!endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            throw new UsageException($"{where}: expected a name ending in {string.Join(", ", endings.SkipLast(1))}{(endings.Count > 1 ? " or " : "")}{endings[^1]}, found {path}.");
        if (Directory.Exists(path))
            throw new UsageException($"{where}: expected a file to write, found the folder {path}.");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? path;
        if (!Directory.Exists(folder))
            throw new UsageException($"{where}: the folder {folder} does not exist; create it first.");
    }
}
