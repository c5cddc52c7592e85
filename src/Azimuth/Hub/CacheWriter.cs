namespace Azimuth.Hub;

/// <summary>
/// Writes one model's part of the cache in the reference client's layout. Before each write the path down from the cache's own folder is looked at:
/// a link there could lead anywhere, so it is an error.
/// </summary>
internal sealed class CacheWriter
{
    private const int SharingViolation = 32;
    private const int WouldBlockLinux = 11;
    private const int WouldBlockMac = 35;
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(100);

    private readonly string _root;
    private readonly string _folder;
    private readonly bool _links;

    public CacheWriter(HubOptions options, string repository)
    {
        _root = Path.GetFullPath(options.CacheFolder);
        _folder = HubCache.ModelFolder(_root, repository);
        _links = options.SymbolicLinks;
    }

    public string Root => _root;

    public string Snapshot(string commit) => Path.Combine(_folder, "snapshots", commit);

    public string Blob(HubFile file) => Path.Combine(_folder, "blobs", file.Hash);

    /// <summary>Where a file is while it is not whole; the name that the reference client gives it.</summary>
    public string Partial(HubFile file) => Blob(file) + ".incomplete";

    /// <summary>True where the commit's folder has the file whole.</summary>
    public bool HasPointer(string commit, HubFile file) => HasWhole(Pointer(commit, file), file);

    public bool HasBlob(HubFile file) => HasWhole(Blob(file), file);

    /// <summary>Bytes of a file that an earlier pull left.</summary>
    public long PartialBytes(HubFile file)
    {
        var partial = new FileInfo(Partial(file));
        return partial.Exists ? Math.Min(partial.Length, file.SizeBytes) : 0;
    }

    /// <summary>After a failure: a partial file with nothing in it is of no use to the next pull.</summary>
    public void DropEmptyPartial(HubFile file)
    {
        if (new FileInfo(Partial(file)) is { Exists: true, Length: 0 } empty)
            empty.Delete();
    }

    /// <summary>Makes the folder that a path is in, with nothing on the way leading elsewhere.</summary>
    public void Prepare(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(_root);
        string at = _root;
        foreach (string name in Path.GetRelativePath(_root, folder).Split(Path.DirectorySeparatorChar))
        {
            at = Path.Combine(at, name);
            RefuseLink(at);
            Directory.CreateDirectory(at);
        }

        RefuseLink(path);
    }

    /// <summary>
    /// Waits until nobody else works at a file. The same lock, on the same file, as the reference client takes (flock; .locks/models--ORG--NAME/HASH.lock).
    /// </summary>
    public async Task<IDisposable> LockAsync(HubFile file, Action waiting, CancellationToken cancel)
    {
        string path = Path.Combine(_root, ".locks", Path.GetFileName(_folder), file.Hash + ".lock");
        Prepare(path);
        for (bool first = true; ; first = false)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (IsInUse(e))
            {
                if (first)
                    waiting();
                await Task.Delay(LockPoll, cancel);
            }
        }
    }

    /// <summary>Gives a verified file its final name.</summary>
    public void Keep(HubFile file)
    {
        RefuseLink(Blob(file));
        File.Move(Partial(file), Blob(file), overwrite: true);
    }

    /// <summary>Makes a blob appear in the commit's folder: a relative link, so that the cache can be moved, or the file itself where there are no links.</summary>
    public void Point(string commit, HubFile file, bool isNew)
    {
        string pointer = Pointer(commit, file), blob = Blob(file);
        string folder = Path.GetDirectoryName(pointer)!;
        Prepare(Path.Combine(folder, "any"));
        string temporary = Path.Combine(folder, $".azimuth-{Path.GetRandomFileName()}.tmp");
        try
        {
            if (_links)
            {
                File.CreateSymbolicLink(temporary, Path.GetRelativePath(folder, blob));
                File.Move(temporary, pointer, overwrite: true);
                return;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Windows without its developer mode, and file systems without links.
            File.Delete(temporary);
        }

        // As the reference client does: a new blob is moved and so not kept twice; one that was there may have links to it, and is copied.
        if (isNew)
        {
            File.Move(blob, pointer, overwrite: true);
            return;
        }

        File.Copy(blob, temporary);
        File.Move(temporary, pointer, overwrite: true);
    }

    /// <summary>Notes which files of a commit are to come, before the first does.</summary>
    public void Begin(string commit, IReadOnlyList<HubFile> files)
    {
        if (files.All(file => HasPointer(commit, file)))
            return;
        string note = UnfinishedPull.Note(_folder, commit);
        Prepare(note);
        Checkpoints.AtomicFile.Write(note, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', files.Select(file => file.Path)))));
    }

    /// <summary>All of them have come.</summary>
    public void Finish(string commit)
    {
        string note = UnfinishedPull.Note(_folder, commit);
        if (!File.Exists(note))
            return;
        Prepare(note);
        File.Delete(note);
    }

    /// <summary>Notes which commit a branch or tag stands for; a commit needs no note.</summary>
    public void WriteRef(string revision, string commit)
    {
        if (revision == commit)
            return;
        string path = Path.Combine(_folder, "refs", revision);
        Prepare(path);
        if (File.Exists(path) && File.ReadAllText(path) == commit)
            return;
        Checkpoints.AtomicFile.Write(path, stream => stream.Write(System.Text.Encoding.ASCII.GetBytes(commit)));
    }

    /// <summary>Bytes free where the cache is or will be; null where the system does not say.</summary>
    public long? FreeBytes()
    {
        try
        {
            DirectoryInfo? at = new(_root);
            while (at is { Exists: false })
                at = at.Parent;
            return at is null ? null : new DriveInfo(at.FullName).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private string Pointer(string commit, HubFile file) => Path.Combine([Snapshot(commit), .. file.Path.Split('/')]);

    /// <summary>The length is all that is looked at, as the reference client trusts what has its final name: only whole, verified files get one.</summary>
    private static bool HasWhole(string path, HubFile file)
    {
        try
        {
            var info = new FileInfo(path);
            FileSystemInfo target = info.LinkTarget is null ? info : info.ResolveLinkTarget(returnFinalTarget: true)!;
            return target is FileInfo { Exists: true } there && there.Length == file.SizeBytes;
        }
        catch (IOException)
        {
            // Links in a circle.
            return false;
        }
    }

    private void RefuseLink(string path)
    {
        if (new FileInfo(path).LinkTarget is string target)
            throw new HubException($"{path}: expected a file or folder of the cache's own, found a link to {target}, and writing through it could leave the cache. Remove the link, or set HF_HUB_CACHE to another folder", "LinkInCache");
    }

    /// <summary>A lock that somebody else holds: a sharing violation on Windows, EWOULDBLOCK elsewhere.</summary>
    private static bool IsInUse(IOException e) => OperatingSystem.IsWindows()
        ? (e.HResult & 0xFFFF) == SharingViolation
        : e.HResult is WouldBlockLinux or WouldBlockMac;
}
