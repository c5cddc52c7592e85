using System.Collections.Concurrent;
using Azimuth.Hub;

namespace Azimuth.Tests.Hub;

/// <summary>What a network does to a download.</summary>
public sealed class HubRetryTests : HubTest
{
    private const int PieceBytes = 8 << 20;
    private int _count;

    [Theory]
    [InlineData(503)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(429)]
    [InlineData(408)]
    public async Task What_may_pass_is_tried_again(int status)
    {
        Dictionary<string, byte[]> files = Model();
        Server.Add("org/tiny", files);
        // The first request for anything fails: listings, addresses and content alike.
        ConcurrentDictionary<string, bool> asked = [];
        Server.Answer = request => asked.TryAdd(request.Path, true) ? HubAnswer.Text(status) : null;
        Reports reports = new();
        AssertSame(files, (await PullAsync(progress: reports)).Folder);
        Assert.Equal(2 + 4 + 1, reports.Remarks.Count);
        Assert.Contains($"model.safetensors of org/tiny: 127.0.0.1 {(status == 429 ? "has had too many requests from here (429)" : $"answered {status}")}; trying again in 0 s (attempt 2 of 5)", reports.Remarks);
    }

    [Fact]
    public async Task A_server_that_stays_down_ends_the_pull_with_one_sentence()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.StartsWith("/cdn/", StringComparison.Ordinal) ? HubAnswer.Text(503) : null;
        HubException error = await RefusedAsync();
        Assert.Equal("Unreachable", error.Kind);
        Assert.Contains("503", error.Message, StringComparison.Ordinal);
        Assert.Contains("5 times in a row", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Written(), file => file.Contains("model.safetensors", StringComparison.Ordinal) || file.Contains("refs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Retry_After_is_obeyed()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = _ => Interlocked.Increment(ref _count) == 1 ? HubAnswer.Text(429, "", ("Retry-After", "1")) : null;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Reports reports = new();
        await PullAsync(progress: reports);
        Assert.True(clock.Elapsed >= TimeSpan.FromSeconds(0.99), $"waited {clock.Elapsed}");
        Assert.Contains("trying again in 1 s", reports.Remarks[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_of_an_hour_is_left_to_the_user()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = _ => HubAnswer.Text(429, "", ("Retry-After", "3600"));
        Assert.Contains("60 minutes", (await RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cut_download_goes_on_where_it_ended(bool ranges)
    {
        Dictionary<string, byte[]> files = Model(3_000_000);
        Server.Add("org/tiny", files);
        Server.Ranges = ranges;
        Server.Answer = request => request.Path.StartsWith("/cdn/", StringComparison.Ordinal) && Interlocked.Increment(ref _count) < 3
            ? Server.Rightly(request) with { CutAfter = _count * 500_000, Chunked = _count == 2 }
            : null;
        Reports reports = new();
        AssertSame(files, (await PullAsync(progress: reports)).Folder);
        Assert.Equal(2, reports.Remarks.Count(r => r.Contains("the connection to localhost was cut", StringComparison.Ordinal)));
        string[] asked = [.. Server.Requests.Where(r => r.Path.StartsWith("/cdn/", StringComparison.Ordinal)).Select(r => r.Header("Range") ?? "all")];
        Assert.Equal(["all", "bytes=500000-2999999", ranges ? "bytes=1500000-2999999" : "bytes=1000000-2999999"], asked);
    }

    [Fact]
    public async Task Pieces_that_are_cut_or_stall_are_gone_on_with()
    {
        Dictionary<string, byte[]> files = Model((3 * PieceBytes) + 1000);
        Server.Add("org/tiny", files);
        Server.Answer = request => request.Path.StartsWith("/cdn/", StringComparison.Ordinal) ? Interlocked.Increment(ref _count) switch
        {
            2 => Server.Rightly(request) with { CutAfter = 1_000_000 },
            3 => Server.Rightly(request) with { StallAfter = 10 },
            4 => HubAnswer.Text(500),
            _ => null,
        } : null;
        AssertSame(files, (await PullAsync(options: Options with { IdleTimeout = TimeSpan.FromSeconds(2) })).Folder);
        Assert.Equal(4 + 3, _count);
    }

    [Fact]
    public async Task A_server_that_goes_silent_is_cut_off()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.StartsWith("/cdn/", StringComparison.Ordinal) ? Server.Rightly(request) with { StallAfter = 100 } : null;
        HubException error = await RefusedAsync(options: Options with { IdleTimeout = TimeSpan.FromSeconds(0.3), Attempts = 2 });
        Assert.Contains("sent nothing for 0.3 s", error.Message, StringComparison.Ordinal);
        // Twice 100 bytes came; the next pull goes on behind them.
        Assert.Equal(200, new FileInfo(Assert.Single(Directory.GetFiles(Path.Combine(ModelFolder, "blobs"), "*.incomplete"))).Length);
    }

    [Fact]
    public async Task An_address_that_expires_is_asked_for_again()
    {
        Dictionary<string, byte[]> files = Model(4 * PieceBytes);
        Server.Add("org/tiny", files);
        Server.Answer = request => request.Path.StartsWith("/cdn/", StringComparison.Ordinal) && Interlocked.Increment(ref _count) == 3 ? HubAnswer.Text(403) : null;
        AssertSame(files, (await PullAsync(options: Options with { Connections = 1 })).Folder);
        Assert.Equal(2, Server.Downloads.Count(r => r.Path.EndsWith("/model.safetensors", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cancelled_pull_leaves_the_files_beginning_and_the_next_one_goes_on(bool ranges)
    {
        Dictionary<string, byte[]> files = Model(5 * PieceBytes);
        Server.Add("org/tiny", files);
        Server.Ranges = ranges;
        using var cancel = new CancellationTokenSource();
        Reports reports = new() { Seen = report => CancelAt(report, 2 * PieceBytes, cancel) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PullAsync(progress: reports, cancel: cancel.Token));
        string partial = Assert.Single(Directory.GetFiles(Path.Combine(ModelFolder, "blobs"), "*.incomplete"));
        Assert.Equal(HubServer.Sha256(files["model.safetensors"]) + ".incomplete", Path.GetFileName(partial));
        byte[] there = File.ReadAllBytes(partial);
        Assert.InRange(there.Length, PieceBytes, (5 * PieceBytes) - 1);
        Assert.True(there.AsSpan().SequenceEqual(files["model.safetensors"].AsSpan(0, there.Length)), "what is there is not the file's beginning");
        Assert.False(File.Exists(Path.Combine(ModelFolder, "refs", "main")));

        PulledModel pulled = await PullAsync();
        AssertSame(files, pulled.Folder);
        Assert.Equal(PulledState.Resumed, pulled.Files.Single(f => f.Path == "model.safetensors").State);
        if (ranges)
            Assert.Equal(files["model.safetensors"].Length - there.Length, pulled.DownloadedBytes);
        Assert.Empty(Directory.GetFiles(Path.Combine(ModelFolder, "blobs"), "*.incomplete"));
    }

    [Fact]
    public async Task A_partial_file_of_the_reference_client_is_gone_on_with()
    {
        Dictionary<string, byte[]> files = Model(100_000);
        Server.Add("org/tiny", files);
        Leave(files, files["model.safetensors"][..60_000]);
        PulledModel pulled = await PullAsync();
        AssertSame(files, pulled.Folder);
        Assert.Contains(Server.Requests, r => r.Header("Range") == "bytes=60000-99999");
    }

    [Fact]
    public async Task A_partial_file_that_does_not_fit_is_thrown_away()
    {
        Dictionary<string, byte[]> files = Model(100_000);
        Server.Add("org/tiny", files);
        Leave(files, new byte[60_000]);
        Reports reports = new();
        AssertSame(files, (await PullAsync(progress: reports)).Folder);
        Assert.Contains(reports.Remarks, remark => remark.Contains("from the beginning", StringComparison.Ordinal));
        HubProgress last = reports.All.Last(r => r.Remark is null);
        Assert.Equal(last.Total, last.Done);
    }

    [Fact]
    public async Task A_partial_file_that_is_whole_already_or_too_long_needs_no_trust()
    {
        Dictionary<string, byte[]> files = Model(100_000);
        Server.Add("org/tiny", files);
        Leave(files, files["model.safetensors"]);
        AssertSame(files, (await PullAsync()).Folder);
        Assert.DoesNotContain(Server.Requests, r => r.Path.StartsWith("/cdn/", StringComparison.Ordinal));
        Directory.Delete(ModelFolder, recursive: true);
        Leave(files, new byte[100_001]);
        AssertSame(files, (await PullAsync()).Folder);
    }

    [Fact]
    public async Task Two_pulls_at_once_fetch_each_file_once()
    {
        Dictionary<string, byte[]> files = Model(2 * PieceBytes);
        Server.Add("org/tiny", files);
        PulledModel[] pulled = await Task.WhenAll(PullAsync(), PullAsync(), PullAsync());
        Assert.All(pulled, model => AssertSame(files, model.Folder));
        Assert.Equal(files.Values.Sum(f => f.LongLength), pulled.Sum(model => model.DownloadedBytes));
    }

    [Fact]
    public async Task A_file_that_another_program_fetches_is_waited_for()
    {
        Dictionary<string, byte[]> files = Model();
        Server.Add("org/tiny", files);
        string locks = Folder.File("hub/.locks/models--org--tiny");
        Directory.CreateDirectory(locks);
        var held = new FileStream(Path.Combine(locks, HubServer.Sha256(files["model.safetensors"]) + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var waiting = new TaskCompletionSource();
        Reports reports = new() { Seen = report => _ = report.Remark?.Contains("waiting for another program", StringComparison.Ordinal) == true && waiting.TrySetResult() };
        Task<PulledModel> pull = PullAsync(progress: reports);
        await waiting.Task;
        Assert.False(pull.IsCompleted);
        await held.DisposeAsync();
        AssertSame(files, (await pull).Folder);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_named_at_once()
    {
        HubException error = await RefusedAsync(options: Options with { Endpoint = new Uri("http://127.0.0.1:1"), FirstPause = TimeSpan.FromHours(1) });
        Assert.Equal("Unreachable", error.Kind);
        Assert.Contains("127.0.0.1 cannot be reached", error.Message, StringComparison.Ordinal);
        Assert.Contains("Check the network", error.Message, StringComparison.Ordinal);
        Assert.Contains("unknown.invalid", (await RefusedAsync(options: Options with { Endpoint = new Uri("http://unknown.invalid"), FirstPause = TimeSpan.FromHours(1) })).Message, StringComparison.Ordinal);
    }

    private static void CancelAt(HubProgress report, long bytes, CancellationTokenSource cancel)
    {
        if (report.Done >= bytes)
            cancel.Cancel();
    }

    private void Leave(Dictionary<string, byte[]> files, byte[] content)
    {
        string blobs = Path.Combine(ModelFolder, "blobs");
        Directory.CreateDirectory(blobs);
        File.WriteAllBytes(Path.Combine(blobs, HubServer.Sha256(files["model.safetensors"]) + ".incomplete"), content);
    }
}
