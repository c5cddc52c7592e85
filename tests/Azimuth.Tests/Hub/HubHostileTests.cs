using System.IO.Compression;
using System.Text;
using Azimuth.Hub;

namespace Azimuth.Tests.Hub;

/// <summary>Servers and folders that mean harm: one clear error, nothing under a final name, nothing outside the cache.</summary>
public sealed class HubHostileTests : HubTest
{
    private static readonly string Sha = new('a', 40);

    [Fact]
    public async Task Content_with_a_wrong_hash_gets_no_name()
    {
        Dictionary<string, byte[]> files = Model();
        Server.Add("org/tiny", files);
        Server.Answer = request => request.Path.StartsWith("/cdn/", StringComparison.Ordinal) ? new HubAnswer(200, new byte[10_000]) : null;
        HubException error = await RefusedAsync();
        Assert.Equal("HashMismatch", error.Kind);
        Assert.Contains($"expected SHA-256 {HubServer.Sha256(files["model.safetensors"])}, found {HubServer.Sha256(new byte[10_000])}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Written(), file => file.Contains(HubServer.Sha256(files["model.safetensors"]), StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(ModelFolder, "refs", "main")));
    }

    [Fact]
    public async Task A_small_file_is_held_to_gits_hash()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.EndsWith("/config.json", StringComparison.Ordinal) ? new HubAnswer(200, Encoding.UTF8.GetBytes("""{"model_type": "gpt_2", "seed": 1}""")) : null;
        HubException error = await RefusedAsync();
        Assert.Equal("HashMismatch", error.Kind);
        Assert.Contains("config.json of org/tiny: expected git's SHA-1", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> WrongContent => new()
    {
        { "announced less", "WrongSize", "expected 10000 bytes, as the hub lists it, found 9999" },
        { "announced more", "WrongSize", "found 10001" },
        { "no range there", "WrongSize", "found 77" },
        { "chunked and longer", "WrongSize", "sends more" },
        { "endless", "WrongSize", "sends more" },
        { "another range", "BadAnswer", "asked" },
        { "compressed", "BadAnswer", "gzip" },
        { "another commit", "Changed", "changed on the server" },
        { "another hash", "Contradiction", "contradicts itself" },
        { "another size", "WrongSize", "found 5" },
        { "too many headers", "BadAnswer", "HTTP" },
        { "no HTTP", "BadAnswer", "HTTP" },
        { "teapot", "BadAnswer", "418" },
    };

    [Theory]
    [MemberData(nameof(WrongContent))]
    public async Task An_answer_that_is_not_what_was_listed_is_one_sentence(string kind, string expected, string said)
    {
        Dictionary<string, byte[]> files = Model();
        byte[] weights = files["model.safetensors"];
        string commit = Server.Add("org/tiny", files);
        HubAnswer right = new(200, weights);
        Server.Answer = request =>
        {
            bool resolve = request.Path.EndsWith("/model.safetensors", StringComparison.Ordinal);
            if (!resolve)
                return null;
            return kind switch
            {
                "announced less" => right with { Body = weights[..9999] },
                "announced more" => right with { Body = [.. weights, 0] },
                "no range there" => HubAnswer.Text(416, "", ("Content-Range", "bytes */77")),
                "chunked and longer" => right with { Body = [.. weights, 0], Chunked = true },
                "endless" => right with { Endless = true },
                "another range" => new HubAnswer(206, weights[1..], ("Content-Range", "bytes 1-9999/10000")),
                "compressed" => new HubAnswer(200, weights, ("Content-Encoding", "gzip")),
                "another commit" => new HubAnswer(200, weights, ("X-Repo-Commit", Sha)),
                "another hash" => new HubAnswer(200, weights, ("ETag", $"W/\"{new string('b', 64)}\"")),
                "another size" => new HubAnswer(200, weights, ("X-Linked-Size", "5")),
                "too many headers" => new HubAnswer(200, weights, ("X-Long", new string('x', 100_000))),
                "no HTTP" => new HubAnswer(99_999, weights),
                _ => HubAnswer.Text(418),
            };
        };
        HubException error = await RefusedAsync();
        Assert.Equal(expected, error.Kind);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Written(), file => file.Contains(commit + "/model.safetensors", StringComparison.Ordinal) || file.EndsWith(HubServer.Sha256(weights), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("gopher://127.0.0.1/")]
    [InlineData("http://user:password@127.0.0.1/")]
    [InlineData("http://")]
    [InlineData("")]
    public async Task A_redirect_to_no_web_address_is_refused(string location)
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.EndsWith("/model.safetensors", StringComparison.Ordinal) ? HubAnswer.Redirect(location) : null;
        Assert.Equal("BadRedirect", (await RefusedAsync()).Kind);
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => HubAnswer.Redirect(request.Path + "x");
        Assert.Contains("lead on and on", (await RefusedAsync()).Message, StringComparison.Ordinal);
        Assert.InRange(Server.Requests.Count, 10, 12);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("../../../../etc/cron.d/x")]
    [InlineData("a/../../x.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\x")]
    [InlineData("C:\\x")]
    [InlineData("c:x")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a//b")]
    [InlineData("")]
    public async Task A_hostile_name_is_refused_before_a_byte_is_written(string path)
    {
        ListFiles("config.json", "model.safetensors", path);
        foreach (bool tree in new[] { true, false })
        {
            HubException error = await RefusedAsync();
            Assert.Equal("HostileName", error.Kind);
            Assert.Contains("Nothing was written", error.Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Cache));
            Func<HubRequest, HubAnswer?> listed = Server.Answer;
            Server.Answer = request => tree && request.Path.Contains("/tree/", StringComparison.Ordinal) ? HubAnswer.Text(404) : listed(request);
        }
    }

    [Theory]
    [InlineData("aux.json")]
    [InlineData("CON.safetensors")]
    [InlineData("what?.json")]
    [InlineData("Model.SafeTensors")]
    [InlineData("config.json/x")]
    [InlineData("trailing.")]
    public async Task A_name_that_cannot_be_kept_everywhere_is_refused_when_it_is_wanted(string path)
    {
        ListFiles("config.json", "model.safetensors", path);
        Assert.Equal("UnstorableName", (await RefusedAsync(choice: new FileChoice { All = true })).Kind);
        Assert.False(Directory.Exists(Cache));
        Assert.Equal(2, (await HubPull.PlanAsync(HubName.Parse("org/tiny"), Options, new FileChoice { Patterns = ["model.safetensors"] })).Files.Count);
    }

    [Fact]
    public async Task A_listing_without_end_is_given_up()
    {
        Server.Add("org/tiny", Model());
        int page = 0;
        Server.Answer = request => request.Path.Contains("/tree/", StringComparison.Ordinal)
            ? HubAnswer.Json(Enumerable.Range(0, 5000).Select(i => new { type = "file", path = $"f{page}-{i}", size = 1, oid = Sha }), ("Link", $"<{request.Path}?page={++page}>; rel=\"next\""))
            : null;
        Assert.Contains("at most 100000 files", (await RefusedAsync()).Message, StringComparison.Ordinal);
        Assert.InRange(page, 20, 22);
    }

    [Fact]
    public async Task A_page_that_leads_back_is_noticed()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.Contains("/tree/", StringComparison.Ordinal) ? HubAnswer.Json(Array.Empty<int>(), ("Link", $"<{request.Target}>; rel=\"next\"")) : null;
        Assert.Contains("leads back", (await RefusedAsync()).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> BadListings => new()
    {
        { "endless", "at most 16 MiB" },
        { "gzip", "not compressed" },
        { "text", "expected from 127.0.0.1 JSON" },
        { "deep", "expected from 127.0.0.1 JSON" },
        { "twice", "expected from 127.0.0.1 JSON" },
        { "no commit", "a commit of 40" },
        { "surrogate", "a commit of 40" },
        { "path as commit", "a commit of 40" },
    };

    [Theory]
    [MemberData(nameof(BadListings))]
    public async Task A_listing_that_is_none_is_one_sentence(string kind, string said)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(new byte[1 << 20]);
        Server.Answer = _ => kind switch
        {
            "endless" => new HubAnswer(200, Encoding.UTF8.GetBytes(new string(' ', 1 << 16))) { Endless = true },
            "gzip" => new HubAnswer(200, packed.ToArray(), ("Content-Encoding", "gzip")),
            "text" => HubAnswer.Text(200, "<html>not a hub</html>"),
            "deep" => HubAnswer.Text(200, new string('[', 100_000)),
            "twice" => HubAnswer.Text(200, "{\"sha\": \"a\", \"sha\": \"b\"}"),
            "no commit" => HubAnswer.Text(200, "{}"),
            "surrogate" => HubAnswer.Text(200, "{\"sha\": \"\\ud800\"}"),
            _ => HubAnswer.Json(new { sha = "../../../../../../../../../../../../../etc" }),
        };
        HubException error = await RefusedAsync();
        Assert.Equal("BadListing", error.Kind);
        if (kind != "surrogate")
            Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Cache));
    }

    [Theory]
    [InlineData("""{"type": "file", "path": "model.safetensors", "size": -1, "oid": "HASH"}""")]
    [InlineData("""{"type": "file", "path": "model.safetensors", "size": 1e30, "oid": "HASH"}""")]
    [InlineData("""{"type": "file", "path": "model.safetensors", "size": "5", "oid": "HASH"}""")]
    [InlineData("""{"type": "file", "path": "model.safetensors", "size": 9223372036854775807, "oid": "HASH"}""")]
    [InlineData("""{"type": "file", "path": "model.safetensors", "size": 5, "oid": "../../../../../x"}""")]
    [InlineData("""{"type": "file", "path": "model.safetensors", "size": 5, "lfs": {"size": 5, "oid": "sha256"}}""")]
    [InlineData("""{"type": "file", "path": "\udc00", "size": 5, "oid": "HASH"}""")]
    public async Task An_entry_that_makes_no_sense_is_one_sentence(string entry)
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.Contains("/tree/", StringComparison.Ordinal) ? HubAnswer.Text(200, $"[{entry.Replace("HASH", Sha, StringComparison.Ordinal)}]") : null;
        Assert.Contains((await RefusedAsync()).Kind, new[] { "BadListing", "BadAnswer" });
        Assert.False(Directory.Exists(Cache));
    }

    [Theory]
    [InlineData("hub/models--org--tiny")]
    [InlineData("hub/models--org--tiny/blobs")]
    [InlineData("hub/models--org--tiny/snapshots")]
    [InlineData("hub/models--org--tiny/refs")]
    [InlineData("hub/.locks")]
    public async Task A_link_inside_the_cache_is_not_written_through(string link)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "making links needs permission there");
        Server.Add("org/tiny", Model());
        string outside = Folder.File("outside");
        Directory.CreateDirectory(outside);
        Directory.CreateDirectory(Path.GetDirectoryName(Folder.File(link))!);
        Directory.CreateSymbolicLink(Folder.File(link), outside);
        HubException error = await RefusedAsync();
        Assert.Equal("LinkInCache", error.Kind);
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task A_link_in_a_partial_files_place_is_not_written_through()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "making links needs permission there");
        Dictionary<string, byte[]> files = Model();
        Server.Add("org/tiny", files);
        string victim = Folder.Write("victim", "precious");
        Directory.CreateDirectory(Path.Combine(ModelFolder, "blobs"));
        File.CreateSymbolicLink(Path.Combine(ModelFolder, "blobs", HubServer.Sha256(files["model.safetensors"]) + ".incomplete"), victim);
        Assert.Equal("LinkInCache", (await RefusedAsync()).Kind);
        Assert.Equal("precious", File.ReadAllText(victim));
    }

    [Fact]
    public async Task A_cache_that_is_a_link_itself_is_the_users_choice()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "making links needs permission there");
        Dictionary<string, byte[]> files = Model();
        Server.Add("org/tiny", files);
        Directory.CreateDirectory(Folder.File("elsewhere"));
        Directory.CreateSymbolicLink(Cache, Folder.File("elsewhere"));
        AssertSame(files, (await PullAsync()).Folder);
    }

    private void ListFiles(params string[] paths)
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request =>
            request.Path.Contains("/tree/", StringComparison.Ordinal) ? HubAnswer.Json(paths.Select(path => new { type = "file", path, size = 5, oid = Sha }))
            : request.Path.Contains("/revision/", StringComparison.Ordinal) ? HubAnswer.Json(new { sha = Sha, siblings = paths.Select(rfilename => new { rfilename }) })
            : null;
    }
}
