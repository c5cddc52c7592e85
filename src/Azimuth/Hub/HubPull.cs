namespace Azimuth.Hub;

/// <summary>
/// Fetches a model from a hub into the cache that the hub's reference client uses too. A file gets its final name when its size and hash are those that
/// the hub lists; what came of one before a cut or a cancellation stays as <c>HASH.incomplete</c>, and the next pull goes on from there.
/// </summary>
public static class HubPull
{
    private const int LargeFile = 8 << 20;

    /// <summary>Fetches what is missing and returns where everything is. Offline, the cached files are returned and no request is made.</summary>
    /// <param name="name">The model.</param>
    /// <param name="options">Server, cache, patience.</param>
    /// <param name="choice">Which files.</param>
    /// <param name="progress">Told of bytes as they come, from several threads, one at a time.</param>
    /// <param name="cancel">Ends the work; what has come is kept.</param>
    /// <exception cref="ArgumentException">Connections or attempts out of range.</exception>
    /// <exception cref="HubException">No such model, no access, no network, no room, a name that must not be written, or content that is not what was listed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<PulledModel> RunAsync(HubName name, HubOptions options, FileChoice choice, IProgress<HubProgress>? progress = null, CancellationToken cancel = default)
    {
        Check(name, options, choice);
        if (options.Offline)
            return FromCache(name, options, choice);
        if (options.Token is not null && options.Endpoint.Scheme == Uri.UriSchemeHttp && !RedirectRules.IsPrivate(options.Endpoint))
            progress?.Report(new HubProgress("", 0, 0, 0, 0, 0, $"the token goes to {options.Endpoint.Host} unencrypted, since the endpoint's address begins with http"));
        try
        {
            using var client = new HubClient(options);
            (string commit, IReadOnlyList<HubFile> files) = await ChosenAsync(client, name, options, choice, progress, cancel);
            return await FetchAsync(client, name, options, commit, files, progress, cancel);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException and not HubException)
        {
            throw new HubException($"{options.CacheFolder}: it cannot be written ({e.Message.TrimEnd('.')}). Check its permissions and the disk, or set HF_HUB_CACHE to another folder", "CacheNotWritable", e);
        }
    }

    /// <summary>The files that <see cref="RunAsync"/> would make sure of, and the commit they belong to; nothing is written.</summary>
    /// <exception cref="HubException">As for <see cref="RunAsync"/>.</exception>
    public static async Task<PulledModel> PlanAsync(HubName name, HubOptions options, FileChoice choice, CancellationToken cancel = default)
    {
        Check(name, options, choice);
        if (options.Offline)
            return FromCache(name, options, choice);
        using var client = new HubClient(options);
        (string commit, IReadOnlyList<HubFile> files) = await ChosenAsync(client, name, options, choice, progress: null, cancel);
        var cache = new CacheWriter(options, name.Repository);
        return new PulledModel(name.Repository, name.Revision, commit, cache.Snapshot(commit), [.. files.Select(file => new PulledFile(file.Path, file.SizeBytes, file.Hash, StateOf(cache, commit, file)))], 0);
    }

    private static void Check(HubName name, HubOptions options, FileChoice choice)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(choice);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Connections, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Connections, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Attempts, 1);
    }

    private static PulledState StateOf(CacheWriter cache, string commit, HubFile file) =>
        cache.HasPointer(commit, file) || cache.HasBlob(file) ? PulledState.Cached
        : cache.PartialBytes(file) > 0 ? PulledState.Resumed
        : PulledState.Downloaded;

    private static PulledModel FromCache(HubName name, HubOptions options, FileChoice choice)
    {
        const string Offline = "HF_HUB_OFFLINE forbids to fetch it";
        HubCache cache = new(options.CacheFolder);
        if (cache.Find(name) is not { } cached)
            throw new HubException($"{name}: it is not in {options.CacheFolder}, and {Offline}. Unset HF_HUB_OFFLINE where there is a network", "NotCached");
        if (cache.Missing(cached) is string missing)
            throw new HubException($"{name}: {missing} is incomplete in {options.CacheFolder}, and {Offline}. Run {UnfinishedPull.Command(name, missing)} again where there is a network, without HF_HUB_OFFLINE", "Incomplete");
        string[] paths = UnfinishedPull.Below(cached.Folder);
        try
        {
            choice.CheckCached(paths);
        }
        catch (HubException e)
        {
            throw new HubException($"{name}: {e.Message}, and {Offline}. Unset HF_HUB_OFFLINE where there is a network", "NotCached", e);
        }

        PulledFile[] files = [.. paths.Select(path => new PulledFile(path, Checkpoints.AtomicFile.Length(Path.Combine(cached.Folder, path)), null, PulledState.Cached))];
        return new PulledModel(name.Repository, name.Revision, cached.Commit, cached.Folder, files, 0);
    }

    private static async Task<(string Commit, IReadOnlyList<HubFile> Files)> ChosenAsync(HubClient client, HubName name, HubOptions options, FileChoice choice, IProgress<HubProgress>? progress, CancellationToken cancel)
    {
        var reader = new ListingReader(client, options, name, remark => progress?.Report(new HubProgress("", 0, 0, 0, 0, 0, remark)));
        HubListing listing;
        try
        {
            listing = await reader.ReadAsync(cancel);
        }
        catch (HubException e) when (e.Kind is "NotFound" or "RevisionNotFound")
        {
            throw new HubException($"{e.Message}{await reader.AdviceAsync(e.Kind, cancel)}. Check the spelling", e.Kind, e);
        }

        Dictionary<string, ListedFile> listed = listing.Files.GroupBy(f => f.Path, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        IReadOnlyList<string> paths = choice.Of(name.ToString(), [.. listed.Keys.Order(StringComparer.Ordinal)]);
        foreach (string path in paths)
        {
            if (HubPath.Unstorable(path) is string bad)
                throw new HubException($"\"{HubException.Shown(path)}\" of {name}: {bad}. Nothing was written; choose other files with --file", "UnstorableName");
        }

        if (HubPath.Collision(paths) is var (one, other))
            throw new HubException($"{name}: \"{HubException.Shown(one)}\" and \"{HubException.Shown(other)}\" would take each other's place. Nothing was written; choose one with --file", "UnstorableName");
        var files = new HubFile[paths.Count];
        await Parallel.ForAsync(0, files.Length, Degree(options, cancel), async (i, token) => files[i] = await reader.CompleteAsync(listed[paths[i]], listing.Commit, token));
        return (listing.Commit, files);
    }

    private static async Task<PulledModel> FetchAsync(HubClient client, HubName name, HubOptions options, string commit, IReadOnlyList<HubFile> files, IProgress<HubProgress>? progress, CancellationToken cancel)
    {
        var cache = new CacheWriter(options, name.Repository);
        CheckRoom(cache, commit, files, name);
        cache.Begin(commit, files);
        var meter = new Meter(progress, files);
        var reader = new ListingReader(client, options, name, meter.Remark);
        var states = new PulledState[files.Count];
        async ValueTask FetchOne(int i, CancellationToken token) => states[i] = await FetchFileAsync(
            new BlobDownload(client, options, name, files[i], reader.Resolve(files[i].Path, commit), commit, meter), cache, commit, files[i], meter, token);
        // Small files side by side; then the large ones, each of which takes all connections.
        ILookup<bool, int> bySize = Enumerable.Range(0, files.Count).ToLookup(i => files[i].SizeBytes > LargeFile);
        await Parallel.ForEachAsync(bySize[false], Degree(options, cancel), FetchOne);
        foreach (int i in bySize[true])
            await FetchOne(i, cancel);
        // Last, so that a branch never names a commit whose files are missing.
        cache.WriteRef(name.Revision, commit);
        cache.Finish(commit);
        return new PulledModel(name.Repository, name.Revision, commit, cache.Snapshot(commit), [.. files.Select((file, i) => new PulledFile(file.Path, file.SizeBytes, file.Hash, states[i]))], meter.Received);
    }

    private static async Task<PulledState> FetchFileAsync(BlobDownload download, CacheWriter cache, string commit, HubFile file, Meter meter, CancellationToken cancel)
    {
        if (cache.HasPointer(commit, file))
        {
            meter.Add(file, file.SizeBytes, received: false);
            return PulledState.Cached;
        }

        using IDisposable held = await cache.LockAsync(file, () => meter.Remark($"{file.Path}: waiting for another program that is fetching it"), cancel);
        PulledState state = PulledState.Cached;
        // Whoever held the lock may have fetched it, or another commit has the same content.
        if (cache.HasPointer(commit, file) || cache.HasBlob(file))
        {
            meter.Add(file, file.SizeBytes, received: false);
        }
        else
        {
            cache.Prepare(cache.Blob(file));
            cache.Prepare(cache.Partial(file));
            try
            {
                using var writer = new BlobWriter(cache.Partial(file), file);
                writer.Resume(cancel);
                state = writer.Position > 0 ? PulledState.Resumed : PulledState.Downloaded;
                meter.Add(file, writer.Position, received: false);
                await download.RunAsync(writer, cancel);
            }
            catch
            {
                cache.DropEmptyPartial(file);
                throw;
            }

            cache.Keep(file);
        }

        if (!cache.HasPointer(commit, file))
            cache.Point(commit, file, isNew: state != PulledState.Cached);
        return state;
    }

    private static void CheckRoom(CacheWriter cache, string commit, IReadOnlyList<HubFile> files, HubName name)
    {
        decimal needed = files.DistinctBy(file => file.Hash).Where(file => !cache.HasPointer(commit, file) && !cache.HasBlob(file)).Sum(file => (decimal)(file.SizeBytes - cache.PartialBytes(file)));
        if (cache.FreeBytes() is long free && needed > free)
            throw new HubException(FormattableString.Invariant($"{name}: expected {needed / 1_000_000:N0} MB of room in {cache.Root}, found {free / 1_000_000:N0} MB. Free some, or set HF_HUB_CACHE to a folder on another disk"), "NoRoom");
    }

    private static ParallelOptions Degree(HubOptions options, CancellationToken cancel) => new() { MaxDegreeOfParallelism = options.Connections, CancellationToken = cancel };
}
