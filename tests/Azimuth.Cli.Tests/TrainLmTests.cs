using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>Language models trained in processes that are stopped, killed and resumed.</summary>
public sealed class TrainLmTests
{
    private static readonly string Novels = TestFiles.Model("novels-gpt"), License = Path.Combine(TestFiles.Root, "LICENSE");
    private static readonly string[] Tiny = ["--architecture", "gpt2", "--tokenizer", Novels, "--layers", "2", "--width", "32", "--heads", "4", "--context", "32", "--batch", "4"];

    [Fact]
    public async Task A_finished_run_that_is_resumed_writes_its_model_again_and_says_its_losses()
    {
        using TemporaryFolder folder = new();
        string[] command = ["train", "lm", License, .. Tiny, "--steps", "12", "--validate", License, "--run", "run", "--json", "--quiet"];
        JsonElement first = (await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "one"])).Json(), again = (await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "two", "--resume"])).Json();
        foreach (string name in new[] { "lossNats", "validationLossNats", "seconds" })
            Assert.Equal(first.GetProperty(name).GetDouble(), again.GetProperty(name).GetDouble());
        Assert.Equal(Hashes(folder["one"]), Hashes(folder["two"]));
    }

    [Fact]
    public async Task A_signal_saves_and_ends_with_130_and_resume_gives_the_bits_of_an_undisturbed_run()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        using TemporaryFolder folder = new();
        string[] command = ["train", "lm", License, .. Tiny, "--steps", "400"];
        (await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "whole", "--quiet"])).Screen();
        using Process process = CliProcess.Start(folder.Path, [.. command, "-o", "stopped", "--log-every", "0.1"]);
        // The heading of the readings says that it is learning.
        while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.Contains("done", StringComparison.Ordinal))
        {
        }

        using Process kill = Process.Start("kill", ["-s", "INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        CliResult stopped = await CliProcess.FinishAsync(process, ["train"]);
        Assert.Equal(130, stopped.ExitCode);
        Assert.NotEmpty(Directory.GetDirectories(folder["stopped.run"], "step-*"));
        Assert.False(Directory.Exists(folder["stopped"]));
        (await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "stopped", "--quiet", "--resume", "--threads", "1"])).Screen();
        Assert.Equal(Hashes(folder["whole"]), Hashes(folder["stopped"]));
    }

    /// <summary>AZIMUTH_KILLS says how many; a few where it does not.</summary>
    [Fact]
    public async Task Kills_at_any_moment_cost_no_more_than_time()
    {
        int kills = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_KILLS"), CultureInfo.InvariantCulture, out int wanted) ? wanted : 4;
        using TemporaryFolder folder = new();
        string[] command = ["train", "lm", License, .. Tiny, "--steps", "300", "--optimizer", "muon", "--quiet", "--save-every", "0.01", "--log-every", "0.1"];
        Stopwatch clock = Stopwatch.StartNew();
        (await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "whole"])).Screen();
        TimeSpan whole = clock.Elapsed;
        var random = new Random(1);
        for (int kill = 0; kill < kills; kill++)
        {
            using Process process = CliProcess.Start(folder.Path, [.. command, "-o", "killed", .. Resume()]);
            await Task.Delay(whole * (0.2 + 0.7 * random.NextDouble()), TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            if (Directory.Exists(folder["killed"]))
            {
                Assert.Equal(Hashes(folder["whole"]), Hashes(folder["killed"]));
                Directory.Delete(folder["killed"], recursive: true);
                Directory.Delete(folder["killed.run"], recursive: true);
            }
        }

        (await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "killed", .. Resume()])).Screen();
        Assert.Equal(Hashes(folder["whole"]), Hashes(folder["killed"]));

        string[] Resume() => File.Exists(Path.Combine(folder["killed.run"], "log.jsonl")) ? ["--resume"] : [];
    }

    private static Dictionary<string, string> Hashes(string folder) =>
        Directory.GetFiles(folder).ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))));
}
