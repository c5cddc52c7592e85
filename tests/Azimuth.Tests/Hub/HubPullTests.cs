using System.Text;
using Azimuth.Hub;

namespace Azimuth.Tests.Hub;

public sealed class HubPullTests : HubTest
{
    [Fact]
    public async Task A_pull_makes_the_reference_clients_layout()
    {
        Dictionary<string, byte[]> files = Model();
        string commit = Server.Add("org/tiny", files);
        PulledModel pulled = await PullAsync();
        Assert.Equal(("org/tiny", "main", commit, Path.Combine(ModelFolder, "snapshots", commit)), (pulled.Repository, pulled.Revision, pulled.Commit, pulled.Folder));
        AssertSame(files, pulled.Folder);
        IEnumerable<string> expected = files.SelectMany(f => new[]
        {
            $"models--org--tiny/blobs/{HubServer.HashOf(f.Key, f.Value)}",
            $"models--org--tiny/snapshots/{commit}/{f.Key} -> ../../blobs/{HubServer.HashOf(f.Key, f.Value)}",
        });
        Assert.Equal([.. expected.Append("models--org--tiny/refs/main").Order(StringComparer.Ordinal)], Written());
        Assert.Equal(commit, File.ReadAllText(Path.Combine(ModelFolder, "refs", "main")));
        Assert.Equal(files.Values.Sum(f => f.Length), pulled.DownloadedBytes);
        Assert.All(pulled.Files, file => Assert.Equal(PulledState.Downloaded, file.State));
        Assert.True(File.Exists(Path.Combine(Cache, ".locks", "models--org--tiny", HubServer.Sha256(files["model.safetensors"]) + ".lock")));
    }

    [Fact]
    public async Task A_second_pull_downloads_nothing_and_a_new_commit_only_what_changed()
    {
        Dictionary<string, byte[]> files = Model();
        Server.Add("org/tiny", files);
        await PullAsync();
        int before = Server.Downloads.Count;
        PulledModel again = await PullAsync();
        Assert.Equal((0, before), (again.DownloadedBytes, Server.Downloads.Count));
        Assert.All(again.Files, file => Assert.Equal(PulledState.Cached, file.State));

        files["config.json"] = Encoding.UTF8.GetBytes("""{"model_type": "llama", "new": true}""");
        string commit = Server.Add("org/tiny", files);
        PulledModel changed = await PullAsync();
        Assert.Equal((commit, files["config.json"].Length), (changed.Commit, changed.DownloadedBytes));
        AssertSame(files, changed.Folder);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(ModelFolder, "snapshots")).Length);
    }

    [Fact]
    public async Task Several_pieces_at_once_make_the_file_that_one_request_would()
    {
        Dictionary<string, byte[]> files = Model((40 << 20) + 12_345);
        Server.Add("org/tiny", files);
        Reports reports = new();
        PulledModel pulled = await PullAsync(progress: reports);
        AssertSame(files, pulled.Folder);
        HubRequest[] pieces = [.. Server.Downloads.Where(r => r.Path.StartsWith("/cdn/", StringComparison.Ordinal))];
        Assert.Equal(6, pieces.Length);
        Assert.All(pieces, piece => Assert.NotNull(piece.Header("Range")));
        // The hub is asked once for the address; then the pieces come from there.
        Assert.Single(Server.Downloads, r => r.Path.EndsWith("/model.safetensors", StringComparison.Ordinal));
        HubProgress last = reports.All[^1];
        Assert.Equal((last.Total, last.Total, last.Total), (files.Values.Sum(f => f.LongLength), last.Done, last.Received));
    }

    [Fact]
    public async Task The_token_reaches_the_endpoint_and_nobody_else()
    {
        Server.Add("org/tiny", Model());
        await PullAsync();
        Assert.Contains(Server.Requests, r => r.Path.StartsWith("/cdn/", StringComparison.Ordinal));
        Assert.All(Server.Requests, r => Assert.Equal(r.Path.StartsWith("/cdn/", StringComparison.Ordinal) ? null : "Bearer secret", r.Header("Authorization")));
        Assert.All(Server.Requests, r => Assert.Equal("identity", r.Header("Accept-Encoding")));
    }

    [Fact]
    public async Task A_renamed_model_is_followed_with_the_token()
    {
        string commit = Server.Add("new/tiny", Model());
        Server.Answer = request => request.Path.Contains("org/tiny", StringComparison.Ordinal) ? HubAnswer.Redirect(request.Target.Replace("org/tiny", "new/tiny", StringComparison.Ordinal)) : null;
        Assert.Equal(commit, (await PullAsync()).Commit);
        Assert.All(Server.Requests.Where(r => r.Path.Contains("new/tiny", StringComparison.Ordinal)), r => Assert.Equal("Bearer secret", r.Header("Authorization")));
        Assert.True(Directory.Exists(ModelFolder));
    }

    [Fact]
    public async Task Listings_come_page_by_page()
    {
        Dictionary<string, byte[]> files = Model();
        for (int i = 0; i < 40; i++)
            files[$"extra/{i}.txt"] = [(byte)i];
        Server.Add("org/tiny", files);
        Server.PageSize = 7;
        PulledModel pulled = await PullAsync(choice: new FileChoice { All = true });
        Assert.Equal(44, pulled.Files.Count);
        AssertSame(files, pulled.Folder);
        Assert.Equal(7, Server.Requests.Count(r => r.Path.Contains("/tree/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_server_without_trees_is_asked_for_each_files_size_and_hash()
    {
        Dictionary<string, byte[]> files = Model();
        Server.Add("org/tiny", files);
        Server.Answer = request => request.Path.Contains("/tree/", StringComparison.Ordinal) ? HubAnswer.Text(404) : null;
        PulledModel pulled = await PullAsync();
        AssertSame(files, pulled.Folder);
        Assert.Equal(4, Server.Requests.Count(r => r.Method == "HEAD"));
        Assert.Equal(HubServer.Sha256(files["model.safetensors"]), pulled.Files.Single(f => f.Path == "model.safetensors").Hash);
    }

    [Fact]
    public async Task Branches_tags_and_commits_are_fetched_beside_each_other()
    {
        string main = Server.Add("org/tiny", Model()), other = Server.Add("org/tiny", Model(seed: 2), "refs/pr/1");
        Assert.Equal(main, (await PullAsync()).Commit);
        Assert.Equal(other, (await PullAsync("org/tiny@refs/pr/1")).Commit);
        Assert.Equal(other, File.ReadAllText(Path.Combine(ModelFolder, "refs", "refs", "pr", "1")));
        Assert.Contains(Server.Requests, r => r.Path == "/api/models/org/tiny/revision/refs%2Fpr%2F1");
        await PullAsync("org/tiny@" + main);
        Assert.False(File.Exists(Path.Combine(ModelFolder, "refs", main)));
    }

    [Fact]
    public async Task Without_links_the_files_themselves_are_in_the_commits_folder()
    {
        Dictionary<string, byte[]> files = Model();
        files["LICENSE"] = files["README.md"];
        Server.Add("org/tiny", files);
        HubOptions options = Options with { SymbolicLinks = false };
        PulledModel pulled = await PullAsync(options: options);
        AssertSame(files, pulled.Folder);
        Assert.DoesNotContain(Written(), file => file.Contains("->", StringComparison.Ordinal) || file.Contains("blobs/", StringComparison.Ordinal));
        Assert.Equal(0, (await PullAsync(options: options)).DownloadedBytes);
    }

    [Fact]
    public async Task Where_links_stop_working_those_there_are_keep_their_files()
    {
        Dictionary<string, byte[]> files = Model();
        Server.Add("org/tiny", files);
        PulledModel linked = await PullAsync();
        Server.Add("org/tiny", new Dictionary<string, byte[]>(files) { ["config.json"] = [1] });
        PulledModel copied = await PullAsync(options: Options with { SymbolicLinks = false });
        AssertSame(files, linked.Folder);
        Assert.Equal(1, copied.DownloadedBytes);
        Assert.Null(new FileInfo(Path.Combine(copied.Folder, "model.safetensors")).LinkTarget);
    }

    [Fact]
    public async Task Empty_files_and_equal_files_are_kept()
    {
        Dictionary<string, byte[]> files = Model();
        files["added_tokens.json"] = [];
        files["LICENSE"] = files["README.md"];
        Server.Add("org/tiny", files);
        PulledModel pulled = await PullAsync();
        AssertSame(files, pulled.Folder);
        Assert.Equal(5, Directory.GetFiles(Path.Combine(ModelFolder, "blobs")).Length);
    }

    [Fact]
    public async Task A_damaged_blob_is_fetched_again()
    {
        Dictionary<string, byte[]> files = Model();
        Server.Add("org/tiny", files);
        PulledModel pulled = await PullAsync();
        string blob = Path.Combine(ModelFolder, "blobs", HubServer.Sha256(files["model.safetensors"]));
        using (FileStream file = File.OpenWrite(blob))
            file.SetLength(100);
        Assert.Equal(PulledState.Downloaded, (await PullAsync()).Files.Single(f => f.Path == "model.safetensors").State);
        AssertSame(files, pulled.Folder);
    }

    [Fact]
    public async Task A_plan_lists_and_writes_nothing()
    {
        Server.Add("org/tiny", Model());
        PulledModel plan = await HubPull.PlanAsync(HubName.Parse("org/tiny"), Options, new FileChoice());
        Assert.Equal(["README.md", "config.json", "model.safetensors", "tokenizer.json"], plan.Files.Select(f => f.Path));
        Assert.All(plan.Files, file => Assert.Equal(PulledState.Downloaded, file.State));
        Assert.False(Directory.Exists(Cache));
        await PullAsync();
        Assert.All((await HubPull.PlanAsync(HubName.Parse("org/tiny"), Options, new FileChoice())).Files, file => Assert.Equal(PulledState.Cached, file.State));
    }

    [Fact]
    public async Task Offline_the_cache_answers_and_no_request_is_made()
    {
        string commit = Server.Add("org/tiny", Model());
        await PullAsync();
        int before = Server.Requests.Count;
        PulledModel cached = await PullAsync(options: Options with { Offline = true });
        Assert.Equal((commit, 4, before), (cached.Commit, cached.Files.Count, Server.Requests.Count));
        Assert.Equal(10_000, cached.Files.Single(f => f.Path == "model.safetensors").SizeBytes);
        Assert.Equal("NotCached", (await RefusedAsync("org/other", Options with { Offline = true })).Kind);
    }

    [Fact]
    public async Task What_does_not_fit_on_the_disk_is_refused_before_anything_is_written()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.Contains("/tree/", StringComparison.Ordinal)
            ? HubAnswer.Json(new[] { new { type = "file", path = "model.safetensors", size = 1L << 43, oid = new string('a', 64) } })
            : null;
        HubException error = await RefusedAsync();
        Assert.Equal("NoRoom", error.Kind);
        Assert.Contains("8,796,093 MB", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Cache));
    }
}
