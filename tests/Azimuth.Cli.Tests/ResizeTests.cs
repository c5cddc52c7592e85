using System.Diagnostics;
using System.Security.Cryptography;

namespace Azimuth.Cli.Tests;

/// <summary>A model resized in a process that may die.</summary>
public sealed class ResizeTests
{
    private const int Kills = 24;
    private static readonly string[] Command = ["resize", "-m", "model", "-o", "out", "--add", "<x>", "--add", "<y>", "--pad-to-multiple", "64", "--init", "mean+covariance"];

    [Fact]
    public async Task A_kill_at_any_moment_leaves_no_copy_or_a_whole_one_and_the_original_as_it_was()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["model"]);
        foreach (string file in Directory.GetFiles(TestFiles.Model("novels-gpt")))
            File.Copy(file, Path.Combine(folder["model"], Path.GetFileName(file)));
        Dictionary<string, string> source = Hashes(folder["model"]);
        Stopwatch clock = Stopwatch.StartNew();
        (await CliProcess.RunInAsync(folder.Path, Command)).Screen();
        TimeSpan whole = clock.Elapsed;
        Dictionary<string, string> complete = Hashes(folder["out"]);
        (int none, int all) = (0, 0);
        // Later after a kill that came too early, earlier after one that came too late: most fall where files are written, compared and renamed.
        TimeSpan moment = whole * 0.5;
        for (int kill = 0; kill < Kills; kill++)
        {
            if (Directory.Exists(folder["out"]))
                Directory.Delete(folder["out"], recursive: true);
            using Process process = CliProcess.Start(folder.Path, Command);
            await Task.Delay(moment, TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(source, Hashes(folder["model"]));
            if (Directory.Exists(folder["out"]))
            {
                Assert.Equal(complete, Hashes(folder["out"]));
                (all, moment) = (all + 1, moment * 0.88);
            }
            else
                (none, moment) = (none + 1, moment * 1.07);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{none} times no copy, {all} times a whole one, {whole.TotalSeconds:0.0} s a run");
        // What killed runs left is named after the target, and the next run takes it away.
        Assert.All(Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Except(["model", "out"]), name => Assert.StartsWith("out.azimuth-unfinished-", name));
        if (Directory.Exists(folder["out"]))
            Directory.Delete(folder["out"], recursive: true);
        (await CliProcess.RunInAsync(folder.Path, Command)).Screen();
        Assert.Equal(["model", "out"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
        Assert.Equal(complete, Hashes(folder["out"]));
        Assert.True(none > 0, "no kill came before the end");
    }

    [Fact]
    public async Task What_cannot_be_done_is_one_sentence_and_leaves_nothing()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["full"]);
        File.WriteAllText(Path.Combine(folder["full"], "mine"), "x");
        async Task Refused(string because, params string[] args) => Assert.Contains(because, (await CliProcess.RunInAsync(folder.Path, ["resize", "-m", "novels-gpt", .. args])).Refusal(), StringComparison.Ordinal);
        await Refused("expected --output", "--add", "<x>");
        await Refused("one with files in it", "-o", "full", "--add", "<x>");
        await Refused("is made from it", "-o", "out", "--remove", " the");
        await Refused("expected mean, mean+covariance", "-o", "out", "--add", "<x>", "--init", "median");
        await Refused("is token 4095 already", "-o", "out", "--add", "<|endoftext|>");
        Assert.Equal(["full"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Quantised_files_have_the_ending_that_their_type_needs()
    {
        using TemporaryFolder folder = new();
        async Task Refused(string because, params string[] args) => Assert.Contains(because, (await CliProcess.RunInAsync(folder.Path, ["quantize", "-m", "novels-gpt", .. args])).Refusal(), StringComparison.Ordinal);
        await Refused("ending in .gguf", "--type", "q8_0", "-o", "out");
        await Refused("ending in .safetensors", "--type", "int4", "-o", "out.gguf");
        await Refused("expected --type", "-o", "out.gguf");
        await Refused("expected q8_0", "--type", "q5_0");
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("--text", "--text", "some.txt")]
    [InlineData("--window", "--window", "64")]
    [InlineData("--part", "--part", "all")]
    public async Task A_file_of_vectors_refuses_what_needs_a_model(string because, params string[] args) =>
        Assert.StartsWith(because, (await CliProcess.RunAsync(["quantize", "-m", "tests/fixtures/word-vectors/fasttext.bin", .. args])).Refusal(), StringComparison.Ordinal);

    private static Dictionary<string, string> Hashes(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(folder, file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
}
