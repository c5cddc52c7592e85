using System.Diagnostics;
using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary><c>azimuth pull</c> in processes of its own, from a hub of the test's own.</summary>
public sealed class PullTests : IDisposable
{
    private const int LargeBytes = 60 << 20;
    private readonly TemporaryFolder _home = new();
    private readonly HubServer _hub = new();

    private string ModelFolder => _home["hub/models--org--novels"];

    public void Dispose()
    {
        _hub.Dispose();
        _home.Dispose();
    }

    [Fact]
    public async Task A_pulled_model_is_listed_and_opens_by_its_name()
    {
        string commit = _hub.Add("org/novels", Novels());
        string screen = (await Run("pull", "org/novels", "--endpoint", _hub.Address)).Screen();
        Assert.StartsWith($"org/novels at main, commit {commit[..12]}\n", screen, StringComparison.Ordinal);
        Assert.Contains("model.safetensors", screen, StringComparison.Ordinal);
        Assert.Contains("azimuth inspect -m org/novels", screen, StringComparison.Ordinal);
        Assert.All(screen.Split('\n').Where(line => !line.Contains(_home.Path, StringComparison.Ordinal)), line => Assert.InRange(line.Length, 0, 100));

        JsonElement listed = (await Run("models", "--json")).Json().GetProperty("models").EnumerateArray().Single(m => m.GetProperty("name").GetString() == "org/novels");
        Assert.Equal(("hubCache", Path.Combine(ModelFolder, "snapshots", commit)), (listed.GetProperty("source").GetString(), listed.GetProperty("path").GetString()));

        JsonElement tokens = (await Run("tokenize", "-m", "org/novels", "--text", "a ship", "--json")).Json();
        JsonElement bundled = (await Run("tokenize", "-m", "novels-gpt", "--text", "a ship", "--json")).Json();
        Assert.Equal(bundled.GetProperty("ids").GetRawText(), tokens.GetProperty("ids").GetRawText());
        Assert.Equal("org/novels", (await Run("neighbors", "id:262", "-m", $"org/novels@{commit}", "--json")).Json().GetProperty("model").GetString());
    }

    [Fact]
    public async Task The_document_has_every_documented_key()
    {
        _hub.Add("org/novels", Novels());
        JsonElement document = (await Run("pull", "org/novels", "--endpoint", _hub.Address, "--json")).Json();
        Assert.Equal(
            ["command", "model", "conventions", "repository", "revision", "commit", "folder", "files", "downloadedBytes", "seconds", "dryRun", "offline"],
            document.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["path", "sizeBytes", "hash", "state"], document.GetProperty("files")[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal("downloaded", document.GetProperty("files")[0].GetProperty("state").GetString());
        JsonElement offline = (await Run([("HF_HUB_OFFLINE", "1")], "pull", "org/novels", "--json")).Json();
        Assert.Equal((true, "cached"), (offline.GetProperty("offline").GetBoolean(), offline.GetProperty("files")[0].GetProperty("state").GetString()));
    }

    [Fact]
    public async Task One_gguf_of_several_opens_by_its_own_path()
    {
        byte[] gguf = File.ReadAllBytes(Directory.EnumerateFiles(TestFiles.Model("SmolLM2-135M-Instruct"), "*.gguf").First());
        _hub.Add("org/gguf", new Dictionary<string, byte[]> { ["sub/a.gguf"] = gguf, ["sub/b.gguf"] = [1], ["c.gguf"] = [2] });
        Assert.Contains("azimuth inspect -m org/gguf/sub/a.gguf\n", (await Run("pull", "org/gguf", "--file", "a.gguf", "--endpoint", _hub.Address)).Screen(), StringComparison.Ordinal);
        Assert.Equal("a.gguf", (await Run("inspect", "-m", "org/gguf/sub/a.gguf", "--json")).Json().GetProperty("model").GetString());
    }

    [Fact]
    public async Task A_dry_run_writes_nothing()
    {
        _hub.Add("org/novels", Novels());
        Assert.Contains("to fetch", (await Run([("HF_ENDPOINT", _hub.Address)], "pull", "org/novels", "--dry-run")).Screen(), StringComparison.Ordinal);
        Assert.Empty(_home.Files());
    }

    [Theory]
    [InlineData("pull org/gguf --file a* b.gguf --dry-run", "azimuth pull org/gguf --file \"a*\" b.gguf")]
    [InlineData("pull org/gguf --all --connections 3 --dry-run", "azimuth pull org/gguf --all --connections 3")]
    public async Task A_dry_run_names_the_command_that_does_it(string commandLine, string next)
    {
        _hub.Add("org/gguf", new Dictionary<string, byte[]> { ["a.gguf"] = [1], ["b.gguf"] = [2] });
        Assert.Contains($"then       {next}\n", (await Run([("HF_ENDPOINT", _hub.Address)], commandLine.Split(' '))).Screen(), StringComparison.Ordinal);
        await CliProcess.RunShellAsync(_home.Path, next + $" --endpoint {_hub.Address}", Environment([]));
        Assert.True(File.Exists(Path.Combine(_home.Path, "hub/models--org--gguf/refs/main")));
    }

    [Fact]
    public async Task The_token_of_the_environment_goes_to_the_endpoint_only()
    {
        _hub.Add("org/novels", Novels());
        await Run([("HF_TOKEN", "hf_secret")], "pull", "org/novels", "--endpoint", _hub.Address);
        Assert.Contains(_hub.Requests, r => r.Path.StartsWith("/cdn/", StringComparison.Ordinal));
        Assert.All(_hub.Requests, r => Assert.Equal(r.Path.StartsWith("/cdn/", StringComparison.Ordinal) ? null : "Bearer hf_secret", r.Header("Authorization")));
    }

    [Theory]
    [InlineData("pull", "expected the name of a model")]
    [InlineData("pull ../x", "expected NAME, ORG/NAME")]
    [InlineData("pull org/none", "has no such model (404); the nearest it has: org/novels")]
    [InlineData("pull org/novels@v9", "no revision \"v9\"; the nearest it has: main")]
    [InlineData("pull org/novels --file *.gguf", "no file fits")]
    [InlineData("pull org/novels --file x --all", "--all: expected no --file")]
    [InlineData("pull org/novels -m novels-gpt", "expected no --model")]
    [InlineData("pull org/novels --endpoint nowhere", "--endpoint: expected an address")]
    [InlineData("pull org/novels --endpoint http://127.0.0.1:1", "cannot be reached")]
    [InlineData("pull org/novels --connections 0", "--connections: expected")]
    [InlineData("pull org/gguf", "it has 2 sets of weights: a.gguf, b.gguf. Choose with --file")]
    [InlineData("pull org/hostile", "Nothing was written")]
    [InlineData("pull org/gated", "accept its licence")]
    public async Task What_cannot_be_pulled_is_one_sentence_and_writes_nothing(string commandLine, string said)
    {
        _hub.Add("org/novels", Novels());
        _hub.Add("org/gguf", new Dictionary<string, byte[]> { ["a.gguf"] = [1], ["b.gguf"] = [2] });
        _hub.Add("org/hostile", new Dictionary<string, byte[]> { ["config.json"] = [1], ["model.safetensors"] = [2], ["../../../\u001b[2Jx"] = [3] });
        _hub.Answer = request => request.Path.Contains("org/gated", StringComparison.Ordinal) ? HubAnswer.Text(403, "", ("X-Error-Code", "GatedRepo")) : null;
        string sentence = (await Run([("HF_ENDPOINT", _hub.Address)], commandLine.Split(' '))).Refusal();
        Assert.Contains(said, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', sentence);
        Assert.Empty(_home.Files());
    }

    [Fact]
    public async Task A_name_that_is_not_in_the_cache_says_how_to_fetch_it() =>
        Assert.Contains("`azimuth pull org/novels` fetches it", (await Run("tokenize", "-m", "org/novels", "--text", "x")).Refusal(), StringComparison.Ordinal);

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("KILL", 137)]
    public async Task A_pull_that_is_ended_is_gone_on_with(string signal, int exit)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        Dictionary<string, byte[]> files = Novels();
        files["model.safetensors"] = new byte[LargeBytes];
        for (int i = 0; i < LargeBytes; i += 1000)
            files["model.safetensors"][i] = (byte)(i / 1000);
        _hub.Add("org/novels", files);
        // The first piece comes, the others stop on their way.
        _hub.Answer = request => request.Header("Range") is { } range && !range.StartsWith("bytes=0-", StringComparison.Ordinal) ? _hub.Rightly(request) with { StallAfter = 1000 } : null;
        using Process process = CliProcess.StartWith(Environment([]), TestFiles.Root, "pull", "org/novels", "--endpoint", _hub.Address);
        await Until(() => _hub.Requests.Count(r => r.Header("Range") is not null) > 3);
        using Process kill = Process.Start("kill", ["-s", signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        Assert.Equal(exit, (await CliProcess.FinishAsync(process, ["pull"])).ExitCode);
        string partial = Assert.Single(Directory.GetFiles(Path.Combine(ModelFolder, "blobs"), "*.incomplete"));
        byte[] there = File.ReadAllBytes(partial);
        Assert.InRange(there.Length, 8 << 20, (8 << 20) + 1000);
        foreach (string[] command in new string[][] { ["pull", "org/novels"], ["inspect", "-m", "org/novels"] })
        {
            string refusal = (await Run([("HF_HUB_OFFLINE", "1")], command)).Refusal();
            Assert.Contains("model.safetensors is incomplete", refusal, StringComparison.Ordinal);
            Assert.Contains("`azimuth pull org/novels` again", refusal, StringComparison.Ordinal);
        }

        Assert.True(there.AsSpan().SequenceEqual(files["model.safetensors"].AsSpan(0, there.Length)), "what is there is not the file's beginning");

        _hub.Answer = _ => null;
        JsonElement again = (await Run("pull", "org/novels", "--endpoint", _hub.Address, "--json")).Json();
        Assert.Equal(LargeBytes - there.Length, again.GetProperty("downloadedBytes").GetInt64());
        Assert.Equal("resumed", again.GetProperty("files").EnumerateArray().Single(f => f.GetProperty("path").GetString() == "model.safetensors").GetProperty("state").GetString());
        Assert.True(files["model.safetensors"].AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(again.GetProperty("folder").GetString()!, "model.safetensors"))), "the file differs");
    }

    [Fact]
    public async Task Two_processes_fetch_each_file_once()
    {
        Dictionary<string, byte[]> files = Novels();
        _hub.Add("org/novels", files);
        CliResult[] runs = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Run("pull", "org/novels", "--endpoint", _hub.Address, "--json")));
        Assert.Equal(files.Values.Sum(f => f.LongLength), runs.Sum(run => run.Json().GetProperty("downloadedBytes").GetInt64()));
        Assert.Equal(files.Count, Directory.GetFiles(Path.Combine(ModelFolder, "blobs")).Length);
    }

    private static Dictionary<string, byte[]> Novels() =>
        Directory.EnumerateFiles(TestFiles.Model("novels-gpt"))
            .Where(file => Path.GetFileName(file) is "config.json" or "model.safetensors" or "vocab.json" or "merges.txt" or "tokenizer.json" or "README.md")
            .ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);

    private Task<CliResult> Run(params string[] args) => Run([], args);

    private Task<CliResult> Run((string Name, string Value)[] variables, params string[] args) => CliProcess.RunWithAsync(Environment(variables), args);

    private Dictionary<string, string> Environment((string Name, string Value)[] variables) =>
        variables.Append(("HF_HOME", _home.Path)).ToDictionary(v => v.Item1, v => v.Item2);

    private static async Task Until(Func<bool> happened)
    {
        for (int i = 0; i < 600 && !happened(); i++)
            await Task.Delay(100);
        Assert.True(happened(), "it did not happen within a minute");
    }
}
