using Azimuth.Checkpoints;
using Azimuth.Hub;

namespace Azimuth.Tests.Hub;

public sealed class HubCacheTests : HubTest
{
    private const string First = "1111111111111111111111111111111111111111", Second = "1111111222222222222222222222222222222222";

    private HubCache Read => new(Cache);

    [Fact]
    public void What_the_reference_client_left_is_found_by_name_revision_and_commit()
    {
        Put("org/tiny", First, "main");
        Put("org/tiny", Second, "v1.0");
        Put("gpt2", First, "main");
        Put("org/loose", First, null);
        Assert.Equal(["gpt2", "org/loose", "org/tiny", "org/tiny@v1.0"], Read.List().Select(m => m.Name));
        Assert.All(Read.List(), model => Assert.Equal(model, Read.Find(HubName.Parse(model.Name))));
        Assert.Equal(Second, Read.Find(HubName.Parse("org/tiny@" + Second))?.Commit);
        Assert.Equal(Second, Read.Find(HubName.Parse("org/tiny@11111112"))?.Commit);
        Assert.Null(Read.Find(HubName.Parse("org/tiny@1111111")));
        Assert.Null(Read.Find(HubName.Parse("org/tiny@v2")));
        Assert.Null(Read.Find(HubName.Parse("org/none")));
    }

    [Fact]
    public void Whatever_else_lies_there_is_passed_over()
    {
        Assert.Empty(Read.List());
        Put("org/tiny", First, "main");
        foreach (string folder in new[] { "datasets--org--data/snapshots/" + First, "models--a--b--c/snapshots/" + First, "models----/snapshots/" + First, "models--org--x/snapshots/no-commit", ".locks" })
            Directory.CreateDirectory(Path.Combine(Cache, folder));
        File.WriteAllText(Path.Combine(Cache, "version.txt"), "1");
        File.WriteAllText(Path.Combine(ModelFolder, "refs", "broken"), "../../../etc");
        File.WriteAllText(Path.Combine(ModelFolder, "refs", "gone"), Second);
        Assert.Equal(["org/tiny"], Read.List().Select(m => m.Name));
        Assert.Null(Read.Find(HubName.Parse("org/tiny@broken")));
        Assert.Null(Read.Find(HubName.Parse("org/tiny@gone")));
    }

    [Fact]
    public async Task A_pulled_model_opens_by_name_and_is_listed_by_name()
    {
        string model = TestFiles.Model("novels-gpt");
        Dictionary<string, byte[]> files = new[] { "config.json", "model.safetensors", "tokenizer.json", "README.md" }.Where(f => File.Exists(Path.Combine(model, f))).ToDictionary(f => f, f => File.ReadAllBytes(Path.Combine(model, f)));
        Server.Add("org/novels", files);
        PulledModel pulled = await PullAsync("org/novels");
        string folder = KnownModels.Resolve("org/novels", [], Read);
        Assert.Equal(pulled.Folder, folder);
        Assert.Equal("org/novels", Azimuth.Checkpoints.ModelFolder.Open(folder).Name);
        KnownModel listed = Assert.Single(KnownModels.List([], Read));
        Assert.Equal(("org/novels", KnownModelSource.HubCache, false, folder), (listed.Name, listed.Source, listed.IsDefault, listed.Path));
        Assert.Equal(files["model.safetensors"].Length, listed.SizeBytes);
    }

    [Fact]
    public void A_name_that_is_nowhere_leads_to_pull()
    {
        Put("org/tiny", First, "main");
        File.WriteAllBytes(Path.Combine(ModelFolder, "snapshots", First, "model.safetensors"), [1]);
        string message = Assert.Throws<CheckpointFormatException>(() => KnownModels.Resolve("org/tinny", [], Read)).Message;
        Assert.Contains("the nearest is org/tiny", message, StringComparison.Ordinal);
        Assert.Contains("`azimuth pull org/tinny` fetches it", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_counts_before_a_name_in_the_cache()
    {
        Put("org/tiny", First, "main");
        Directory.CreateDirectory(Folder.File("org/tiny"));
        string path = Path.GetRelativePath(Environment.CurrentDirectory, Folder.File("org/tiny"));
        Assert.Equal(Folder.File("org/tiny"), KnownModels.Resolve(path, [], Read));
    }

    [Fact]
    public void One_file_of_a_model_is_named_behind_it()
    {
        Put("org/tiny", First, "main");
        string file = Path.Combine(ModelFolder, "snapshots", First, "sub", "a.gguf");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, [1]);
        Assert.Equal(file, KnownModels.Resolve("org/tiny/sub/a.gguf", [], Read));
        foreach (string wrong in new[] { "org/tiny/b.gguf", "org/tiny/../../refs/main", "org/tiny//etc", "org/tiny/", "org/none/sub/a.gguf" })
            Assert.Throws<CheckpointFormatException>(() => KnownModels.Resolve(wrong, [], Read));
    }

    [Fact]
    public async Task Half_a_model_is_not_taken_for_a_whole_one()
    {
        string path = TestFiles.Model("novels-gpt");
        Server.Add("org/novels", new[] { "config.json", "model.safetensors", "tokenizer.json" }.ToDictionary(f => f, f => File.ReadAllBytes(Path.Combine(path, f))));
        Server.Answer = request => request.Path.StartsWith("/cdn/", StringComparison.Ordinal) ? HubAnswer.Text(500) : null;
        await RefusedAsync("org/novels");
        const string Again = "model.safetensors is incomplete, since its download was not finished. Run `azimuth pull org/novels` again";
        Assert.Contains(Again, Assert.Throws<CheckpointFormatException>(() => KnownModels.Resolve("org/novels", [], Read)).Message, StringComparison.Ordinal);
        Assert.Contains("model.safetensors is incomplete", Assert.Throws<CheckpointFormatException>(() => KnownModels.Resolve("org/novels/model.safetensors", [], Read)).Message, StringComparison.Ordinal);
        Assert.Empty(KnownModels.List([], Read));
        HubException offline = await RefusedAsync("org/novels", Options with { Offline = true });
        Assert.Equal("Incomplete", offline.Kind);
        Assert.Contains("org/novels: model.safetensors is incomplete in ", offline.Message, StringComparison.Ordinal);
        Assert.Contains("Run `azimuth pull org/novels` again", offline.Message, StringComparison.Ordinal);

        Server.Answer = _ => null;
        await PullAsync("org/novels");
        Assert.Single(KnownModels.List([], Read));
        Assert.Equal(3, (await PullAsync("org/novels", Options with { Offline = true })).Files.Count);
        Assert.DoesNotContain(Written(), file => file.Contains(".unfinished", StringComparison.Ordinal));
        // Whoever cleans the blobs up by hand leaves links that lead nowhere.
        foreach (string blob in Directory.GetFiles(Path.Combine(Cache, "models--org--novels", "blobs")).Where(blob => new FileInfo(blob).Length > 1 << 20))
            File.Delete(blob);
        Assert.Contains("model.safetensors is incomplete", (await RefusedAsync("org/novels", Options with { Offline = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_small_file_that_did_not_come_counts_as_much_as_the_weights()
    {
        Server.Add("org/tiny", Model());
        Server.Answer = request => request.Path.EndsWith("/tokenizer.json", StringComparison.Ordinal) && request.Method == "GET" ? HubAnswer.Text(500) : null;
        await RefusedAsync();
        Server.Answer = _ => null;
        File.Delete(Directory.GetFiles(Path.Combine(ModelFolder, "blobs"), "*.incomplete").SingleOrDefault() ?? Folder.File("none"));
        Assert.Contains("tokenizer.json is incomplete", (await RefusedAsync(options: Options with { Offline = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_program_did_not_finish_is_told_by_its_partial_file()
    {
        Put("org/tiny", First, "main");
        File.WriteAllText(Path.Combine(ModelFolder, "snapshots", First, "config.json"), "{}");
        Assert.Contains("it has no weights in the cache", (await RefusedAsync(options: Options with { Offline = true })).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(ModelFolder, "blobs"));
        File.WriteAllText(Path.Combine(ModelFolder, "blobs", First + ".1a2b.incomplete"), "x");
        Assert.Contains("the file of its weights is incomplete", (await RefusedAsync(options: Options with { Offline = true })).Message, StringComparison.Ordinal);
        Assert.Contains("Run `azimuth pull org/tiny` again", Assert.Throws<CheckpointFormatException>(() => KnownModels.Resolve("org/tiny", [], Read)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_gguf_files_each_is_listed_by_a_name_that_opens_it()
    {
        byte[] gguf = File.ReadAllBytes(TestFiles.Fixture("checkpoints", "gguf", "model-llama", "model.gguf"));
        Server.Add("org/gg", new Dictionary<string, byte[]> { ["a.gguf"] = gguf, ["b.gguf"] = [.. gguf, 0], ["sub/c.gguf"] = gguf });
        await PullAsync("org/gg", choice: new FileChoice { Patterns = ["a.gguf"] });
        Assert.Equal(["org/gg"], KnownModels.List([], Read).Select(m => m.Name));
        Server.Answer = request => request.Path.StartsWith("/cdn/", StringComparison.Ordinal) ? HubAnswer.Text(500) : null;
        await Assert.ThrowsAsync<HubException>(() => PullAsync("org/gg", choice: new FileChoice { Patterns = ["b.gguf"] }));
        // One file of several runs without the others.
        Assert.EndsWith("a.gguf", WeightsLocator.Find(KnownModels.Resolve("org/gg", [], Read)).File, StringComparison.Ordinal);
        Assert.Contains("Run `azimuth pull org/gg --file \"b.gguf\"` again", Assert.Throws<CheckpointFormatException>(() => KnownModels.Resolve("org/gg/b.gguf", [], Read)).Message, StringComparison.Ordinal);
        Server.Answer = _ => null;
        await PullAsync("org/gg", choice: new FileChoice { Patterns = ["*.gguf"] });
        IReadOnlyList<KnownModel> listed = KnownModels.List([], Read);
        Assert.Equal(["org/gg/a.gguf", "org/gg/b.gguf", "org/gg/sub/c.gguf"], listed.Select(m => m.Name));
        Assert.All(listed, model => Assert.Equal(model.Path, KnownModels.Resolve(model.Name, [], Read)));
        string message = Assert.Throws<CheckpointFormatException>(() => WeightsLocator.Find(KnownModels.Resolve("org/gg", [], Read))).Message;
        Assert.Contains("Name one of them, as in -m org/gg/a.gguf", message, StringComparison.Ordinal);
        Assert.Contains("the nearest is org/gg/a.gguf", Assert.Throws<CheckpointFormatException>(() => KnownModels.Resolve("org/gg/aa.gguf", [], Read)).Message, StringComparison.Ordinal);
        Assert.Contains("no file in the cache fits \"*Q8*\"", (await RefusedAsync("org/gg", Options with { Offline = true }, new FileChoice { Patterns = ["*Q8*"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_revision_is_named_behind_it()
    {
        Put("org/tiny", First, "v1.0");
        Put("gpt2", Second, "main");
        string[] files = [Path.Combine(ModelFolder, "snapshots", First, "a.gguf"), Path.Combine(Cache, "models--gpt2", "snapshots", Second, "b.gguf")];
        Array.ForEach(files, file => File.WriteAllBytes(file, [1]));
        Assert.Equal(files, new[] { "org/tiny@v1.0/a.gguf", "gpt2/b.gguf" }.Select(name => KnownModels.Resolve(name, [], Read)));
    }

    [Theory]
    [InlineData("/c/models--org--tiny/snapshots/1111111111111111111111111111111111111111", "org/tiny")]
    [InlineData("/c/models--gpt2/snapshots/1111111111111111111111111111111111111111", "gpt2")]
    [InlineData("/c/models--org--tiny/snapshots/main", null)]
    [InlineData("/c/org/snapshots/1111111111111111111111111111111111111111", null)]
    [InlineData("/c/model", null)]
    public void A_snapshots_path_says_whose_it_is(string path, string? name) => Assert.Equal(name, HubCache.NameOfSnapshot(path));

    private void Put(string repository, string commit, string? revision)
    {
        string folder = Path.Combine(Cache, "models--" + repository.Replace("/", "--", StringComparison.Ordinal));
        Directory.CreateDirectory(Path.Combine(folder, "snapshots", commit));
        Directory.CreateDirectory(Path.Combine(folder, "refs"));
        if (revision is not null)
            File.WriteAllText(Path.Combine(folder, "refs", revision), commit);
    }
}
