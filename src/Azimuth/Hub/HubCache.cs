using Azimuth.Checkpoints;

namespace Azimuth.Hub;

/// <summary>A model in the cache at one commit.</summary>
/// <param name="Name">What names it on a command line: ORG/NAME for the branch "main", else with @REVISION.</param>
/// <param name="Repository">ORG/NAME.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Folder">The folder that holds its files.</param>
public sealed record CachedModel(string Name, string Repository, string Commit, string Folder);

/// <summary>
/// Reads a cache in the layout of the hub's reference client: <c>models--ORG--NAME/refs/REVISION</c> holds a commit, <c>snapshots/COMMIT</c> the files, as
/// links to <c>blobs/HASH</c> where the system has links. Nothing is written; a folder that cannot be read is passed over.
/// </summary>
/// <param name="root">The folder that holds <c>models--ORG--NAME</c>; it need not exist.</param>
public sealed class HubCache(string root)
{
    private const string Prefix = "models--";
    private const int ShortestCommit = 7;

    /// <summary>The folder that holds <c>models--ORG--NAME</c>.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>The cache that HF_HUB_CACHE, HF_HOME or their absence name.</summary>
    public static HubCache FromEnvironment() => new(HubOptions.CacheFolderFrom(Environment.GetEnvironmentVariable));

    /// <summary>Every model and commit, by name.</summary>
    public IReadOnlyList<CachedModel> List() =>
        [.. Folders(Root).SelectMany(Models).OrderBy(m => m.Name, StringComparer.Ordinal)];

    /// <summary>The folder of a model's files, or null where that revision is not in the cache.</summary>
    /// <param name="name">Without a revision: the branch "main", else the only commit there is. A commit may be shortened to seven digits.</param>
    public CachedModel? Find(HubName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string folder = ModelFolder(Root, name.Repository);
        string snapshots = Path.Combine(folder, "snapshots");
        string? commit = ReadRef(folder, name.Revision) ?? (HubFile.IsHash(name.Revision) ? name.Revision : null);
        if (commit is null)
        {
            string[] there = [.. Folders(snapshots).Select(f => Path.GetFileName(f)!).Where(HubFile.IsHash)];
            string[] meant = name.GivenRevision is null ? there
                : name.Revision.Length >= ShortestCommit ? Array.FindAll(there, c => c.StartsWith(name.Revision, StringComparison.Ordinal))
                : [];
            commit = meant.Length == 1 ? meant[0] : null;
        }

        return commit is not null && Directory.Exists(Path.Combine(snapshots, commit))
            ? new CachedModel(name.ToString(), name.Repository, commit, Path.Combine(snapshots, commit))
            : null;
    }

    /// <summary>The file that a model's folder still lacks, since its download was not finished; null where none is known to be missing.</summary>
    internal string? Missing(CachedModel model) => UnfinishedPull.Missing(ModelFolder(Root, model.Repository), model.Commit);

    /// <summary>The folder that ORG/NAME or ORG/NAME@REVISION names, or the file that either with /FILE behind it names; null where there is none.</summary>
    /// <exception cref="Checkpoints.CheckpointFormatException">It is there in part.</exception>
    internal string? FindPath(string text)
    {
        if (HubName.TryParse(text) is { } name && Find(name) is { } whole)
            return Missing(whole) is string missing ? throw Incomplete(name, missing) : whole.Folder;
        // Of a model with weights in several forms, one of its files is meant.
        for (int slash = text.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = text.IndexOf('/', slash + 1))
        {
            string rest = text[(slash + 1)..];
            if (HubPath.Hostile(rest) is not null || HubName.TryParse(text[..slash]) is not { } model || Find(model) is not { } found)
                continue;
            if (UnfinishedPull.Lacks(ModelFolder(Root, model.Repository), found.Commit, rest))
                throw Incomplete(model, rest);
            if (Path.Combine(found.Folder, rest) is string file && Path.Exists(file))
                return file;
        }

        return null;

        static Checkpoints.CheckpointFormatException Incomplete(HubName name, string missing) =>
            new(name.ToString(), $"{missing} is incomplete, since its download was not finished. Run {UnfinishedPull.Command(name, missing)} again", kind: "Incomplete");
    }

    /// <summary>The name that opens a snapshot's folder: ORG/NAME where "main" leads there, else with the commit; null for any other folder.</summary>
    internal static string? NameThatOpens(string folder)
    {
        if (NameOfSnapshot(folder) is not string repository)
            return null;
        string commit = Path.GetFileName(folder), model = Path.GetDirectoryName(Path.GetDirectoryName(folder))!;
        return ReadRef(model, HubName.DefaultRevision) == commit ? repository : $"{repository}@{commit}";
    }

    /// <summary>ORG/NAME of a path to a snapshot's folder, or null for any other path; nothing is looked up.</summary>
    public static string? NameOfSnapshot(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string[] parts = folder.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        return parts is [.., string model, "snapshots", string commit] && HubFile.IsHash(commit) ? RepositoryOf(model) : null;
    }

    /// <summary>The folder of a model in a cache.</summary>
    internal static string ModelFolder(string root, string repository) => Path.Combine(root, Prefix + repository.Replace("/", "--", StringComparison.Ordinal));

    private static string? RepositoryOf(string folderName)
    {
        if (!folderName.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        string[] parts = folderName[Prefix.Length..].Split("--");
        // Names never hold "--", so the first is the boundary; what is left over was not made by a hub's client.
        return parts.Length <= 2 && HubName.TryParse(string.Join('/', parts)) is { GivenRevision: null } name ? name.Repository : null;
    }

    private static IEnumerable<CachedModel> Models(string folder)
    {
        if (RepositoryOf(Path.GetFileName(folder)) is not string repository)
            yield break;
        string refs = Path.Combine(folder, "refs");
        // Of several names for a commit, "main" and then the first by letter counts.
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string revision in Revisions(refs).OrderByDescending(r => r == HubName.DefaultRevision).ThenBy(r => r, StringComparer.Ordinal))
        {
            if (ReadRef(folder, revision) is string commit)
                names.TryAdd(commit, revision == HubName.DefaultRevision ? repository : $"{repository}@{revision}");
        }

        string[] snapshots = [.. Folders(Path.Combine(folder, "snapshots")).Where(s => HubFile.IsHash(Path.GetFileName(s)))];
        foreach (string snapshot in snapshots)
        {
            string commit = Path.GetFileName(snapshot);
            string name = names.TryGetValue(commit, out string? named) ? named : snapshots.Length == 1 ? repository : $"{repository}@{commit}";
            yield return new CachedModel(name, repository, commit, snapshot);
        }
    }

    /// <summary>The revisions that refs has a file for; branches may have slashes in their names.</summary>
    private static IEnumerable<string> Revisions(string refs)
    {
        const int Most = 1000;
        try
        {
            return Directory.Exists(refs)
                ? [.. Directory.EnumerateFiles(refs, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 8, AttributesToSkip = FileAttributes.ReparsePoint })
                    .Take(Most).Select(f => Path.GetRelativePath(refs, f).Replace('\\', '/')).Where(r => HubPath.Hostile(r) is null)]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string? ReadRef(string folder, string revision)
    {
        const int LongestRef = 100;
        string path = Path.Combine(folder, "refs", revision);
        try
        {
            if (!File.Exists(path) || AtomicFile.Length(path) > LongestRef)
                return null;
            string commit = File.ReadAllText(path).Trim();
            return HubFile.IsHash(commit) ? commit : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string[] Folders(string path)
    {
        try
        {
            return Directory.Exists(path) ? [.. Directory.GetDirectories(path).Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
