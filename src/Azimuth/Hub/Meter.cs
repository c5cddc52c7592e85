namespace Azimuth.Hub;

/// <summary>Adds up what has come and reports it. May be called from any thread.</summary>
internal sealed class Meter(IProgress<HubProgress>? progress, IReadOnlyList<HubFile> files)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<HubFile, long> _done = files.ToDictionary(file => file, _ => 0L);
    private readonly long _total = files.Sum(file => file.SizeBytes);
    private long _all;
    private HubProgress _last;

    /// <summary>Bytes that came over the network.</summary>
    public long Received { get; private set; }

    /// <summary>Bytes of a file are there, or no longer.</summary>
    public void Add(HubFile file, long bytes, bool received = true)
    {
        lock (_lock)
        {
            long done = _done[file] += bytes;
            _all += bytes;
            Received += received ? bytes : 0;
            _last = new HubProgress(file.Path, done, file.SizeBytes, _all, _total, Received, null);
            progress?.Report(_last);
        }
    }

    /// <summary>Something to be told beside the progress.</summary>
    public void Remark(string text)
    {
        lock (_lock)
            progress?.Report(_last with { Remark = text });
    }
}
