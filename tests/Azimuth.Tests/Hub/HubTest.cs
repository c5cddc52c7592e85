using System.Text;
using Azimuth.Hub;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;

namespace Azimuth.Tests.Hub;

/// <summary>A hub and a cache of a test's own.</summary>
public abstract class HubTest : IDisposable
{
    private protected HubServer Server { get; } = new();

    private protected TemporaryFolder Folder { get; } = new();

    private protected string Cache => Folder.File("hub");

    private protected string ModelFolder => Folder.File("hub/models--org--tiny");

    private protected HubOptions Options => new()
    {
        Endpoint = new Uri(Server.Address),
        CacheFolder = Cache,
        IdleTimeout = TimeSpan.FromSeconds(20),
        FirstPause = TimeSpan.FromMilliseconds(5),
        Token = "secret",
    };

    /// <summary>A model of a few small files and weights of <paramref name="weightBytes"/> bytes.</summary>
    private protected static Dictionary<string, byte[]> Model(int weightBytes = 10_000, ulong seed = 1) => new(StringComparer.Ordinal)
    {
        ["config.json"] = Encoding.UTF8.GetBytes($$"""{"model_type": "llama", "seed": {{seed}}}"""),
        ["tokenizer.json"] = Encoding.UTF8.GetBytes("{}"),
        ["README.md"] = Encoding.UTF8.GetBytes("# Tiny\n\nA tiny model.\n"),
        ["model.safetensors"] = Bytes(weightBytes, seed),
    };

    private protected static byte[] Bytes(int count, ulong seed)
    {
        var random = new SeededRandom(seed);
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = (byte)random.NextUInt64();
        return bytes;
    }

    private protected Task<PulledModel> PullAsync(string name = "org/tiny", HubOptions? options = null, FileChoice? choice = null, IProgress<HubProgress>? progress = null, CancellationToken cancel = default) =>
        HubPull.RunAsync(HubName.Parse(name), options ?? Options, choice ?? new FileChoice(), progress, cancel);

    private protected async Task<HubException> RefusedAsync(string name = "org/tiny", HubOptions? options = null, FileChoice? choice = null) =>
        await Assert.ThrowsAsync<HubException>(() => PullAsync(name, options, choice));

    /// <summary>Everything below the cache but lock files, relative to it, links with where they lead.</summary>
    private protected IReadOnlyList<string> Written() => !Directory.Exists(Cache) ? [] :
        [.. Directory.EnumerateFiles(Cache, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Cache, file) + (new FileInfo(file).LinkTarget is string target ? " -> " + target : ""))
            .Where(file => !file.StartsWith(".locks", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private protected void AssertSame(IReadOnlyDictionary<string, byte[]> files, string folder)
    {
        foreach ((string path, byte[] content) in files)
            Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, path))), $"{path} differs");
    }

    public void Dispose()
    {
        Server.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Keeps what is reported.</summary>
    private protected sealed class Reports : IProgress<HubProgress>
    {
        private readonly Lock _lock = new();
        private readonly List<HubProgress> _all = [];

        public Action<HubProgress> Seen { get; init; } = _ => { };

        public IReadOnlyList<HubProgress> All
        {
            get
            {
                lock (_lock)
                    return [.. _all];
            }
        }

        public IReadOnlyList<string> Remarks => [.. All.Select(report => report.Remark).OfType<string>()];

        public void Report(HubProgress value)
        {
            lock (_lock)
                _all.Add(value);
            Seen(value);
        }
    }
}
