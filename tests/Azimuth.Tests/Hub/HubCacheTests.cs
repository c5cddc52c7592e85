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
