using System.Text;

namespace Azimuth.Hub;

/// <summary>
/// Notes the files of a pull from its start to its end (<c>.unfinished/COMMIT</c>, a path a line), so that half a model is told from a whole one without a
/// network. Of other programs' cut downloads there is no note, only <c>blobs/*.incomplete</c>.
/// </summary>
internal static class UnfinishedPull
{
    private const int LongestNote = 4 << 20;

    /// <summary>Where the note of a commit is.</summary>
    public static string Note(string modelFolder, string commit) => Path.Combine(modelFolder, ".unfinished", commit);

    /// <summary>What a commit's folder still lacks, as a sentence's subject ("model.safetensors"); null where nothing is known to be missing.</summary>
    public static string? Missing(string modelFolder, string commit)
    {
        string snapshot = Path.Combine(modelFolder, "snapshots", commit);
        string[] missing = [.. Noted(Note(modelFolder, commit)).Concat(DeadLinks(snapshot)).Where(path => !IsWhole(Path.Combine(snapshot, path)))];
        // One GGUF file of several runs without the others.
        if (Array.Find(missing, path => !IsGguf(path)) is string file)
            return file;
        string[] there = Below(snapshot);
        if (there.Any(path => IsWeights(path) && IsWhole(Path.Combine(snapshot, path))))
            return null;
        return missing.Length > 0 ? missing[0] : HasPart(modelFolder) ? "the file of its weights" : null;
    }

    /// <summary>True where this file was asked for and has not come.</summary>
    public static bool Lacks(string modelFolder, string commit, string path) =>
        Noted(Note(modelFolder, commit)).Contains(path, StringComparer.Ordinal) && !IsWhole(Path.Combine(modelFolder, "snapshots", commit, path));

    /// <summary>The command that goes on with it.</summary>
    public static string Command(HubName name, string missing) => IsGguf(missing) ? $"`azimuth pull {name} --file \"{missing}\"`" : $"`azimuth pull {name}`";

    /// <summary>Every file below a folder, links too, with slashes.</summary>
    public static string[] Below(string folder)
    {
        try
        {
            return Directory.Exists(folder)
                ? [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal)]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string[] Noted(string note)
    {
        try
        {
            return File.Exists(note) && new FileInfo(note).Length <= LongestNote
                ? [.. File.ReadAllText(note, Encoding.UTF8).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(path => HubPath.Hostile(path) is null)]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IEnumerable<string> DeadLinks(string snapshot) => Below(snapshot).Where(path => new FileInfo(Path.Combine(snapshot, path)).LinkTarget is not null);

    private static bool IsWhole(string path)
    {
        try
        {
            var info = new FileInfo(path);
            return info.LinkTarget is null ? info.Exists : info.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool HasPart(string modelFolder)
    {
        string blobs = Path.Combine(modelFolder, "blobs");
        try
        {
            return Directory.Exists(blobs) && Directory.EnumerateFiles(blobs, "*.incomplete").Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsGguf(string path) => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    private static bool IsWeights(string path) => IsGguf(path) || path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase);
}
