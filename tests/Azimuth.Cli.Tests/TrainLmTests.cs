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

    /// <summary>Each trainer, its result, and a short run.</summary>
    public static TheoryData<string, string, string[]> Trainers => new()
    {
        { "word2vec", "v.bin", ["--dimensions", "8", "--epochs", "1", "--min-count", "1", "--quiet"] },
        { "glove", "v.bin", ["--dimensions", "8", "--epochs", "2", "--min-count", "1", "--quiet"] },
        { "tokenizer", "tokens", ["--vocab-size", "300", "--quiet"] },
        { "lm", "model", [.. Tiny, "--steps", "3", "--quiet"] },
    };

    [Fact]
    public async Task Readings_stand_under_a_heading_within_a_hundred_columns_and_a_report_says_what_its_loss_is()
    {
        using TemporaryFolder folder = new();
        using StringWriter screen = new(CultureInfo.InvariantCulture), error = new(CultureInfo.InvariantCulture);
        string[] command = ["train", "lm", License, .. Tiny, "--steps", "12", "--validate", License, "-o", folder["out"]];
        Assert.True(await CommandLine.CommandRunner.RunAsync(command, screen, error, TestContext.Current.CancellationToken) == 0, error.ToString());
        string[] lines = [.. error.ToString().Split(error.NewLine).SkipWhile(line => !line.Contains("IsoScore", StringComparison.Ordinal))];
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 100));
        int heading = Array.FindIndex(lines, line => line.EndsWith(" held out", StringComparison.Ordinal));
        Assert.Equal(lines[heading].Length, lines[heading + 1].Length);
        Assert.Equal(0, await CommandLine.CommandRunner.RunAsync(["report", "--training", folder["out.run"], "-o", folder["r.html"]], screen, error, TestContext.Current.CancellationToken));
        Assert.Contains("nats a token, the mean of the last 12 steps", screen.ToString(), StringComparison.Ordinal);
    }

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

    [Fact]
    public async Task A_run_does_not_go_on_with_another_tokenizer_of_the_same_path()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["tokenizer"]);
        foreach (string name in new[] { "tokenizer.json", "tokenizer_config.json" })
            File.Copy(Path.Combine(Novels, name), Path.Combine(folder["tokenizer"], name));
        string[] command = ["train", "lm", License, .. Tiny.Select(word => word == Novels ? "tokenizer" : word), "--steps", "3", "--run", "run", "--quiet"];
        (await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "one"])).Screen();
        string file = Path.Combine(folder["tokenizer"], "tokenizer.json");
        File.AppendAllText(file, "\n");
        CliResult refused = await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "two", "--resume"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("the run was begun with tokenizer-sha256", refused.Error, StringComparison.Ordinal);
    }

    /// <summary>The run's own folder and what it writes lie in the folder of texts.</summary>
    [Theory]
    [MemberData(nameof(Trainers))]
    public async Task A_folder_of_texts_may_hold_the_run(string trainer, string output, string[] options)
    {
        using TemporaryFolder folder = new();
        File.Copy(License, folder["text.txt"]);
        string[] command = ["train", trainer, ".", "-o", output, .. options];
        (await CliProcess.RunInAsync(folder.Path, command)).Screen();
        if (Directory.Exists(folder[output]))
            Directory.Delete(folder[output], recursive: true);
        (await CliProcess.RunInAsync(folder.Path, [.. command, "--resume"])).Screen();
        string header = File.ReadLines(Path.Combine(folder[output + ".run"], "log.jsonl")).First();
        JsonElement corpus = JsonDocument.Parse(header).RootElement.GetProperty("settings").GetProperty("corpus");
        Assert.StartsWith("text.txt (", Assert.Single(corpus.EnumerateArray()).GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Trainers))]
    public async Task A_finished_run_has_nothing_to_do_and_a_changed_text_is_refused(string trainer, string output, string[] options)
    {
        using TemporaryFolder folder = new();
        File.Copy(License, folder["text.txt"]);
        string[] command = ["train", trainer, "text.txt", "-o", output, .. options];
        (await CliProcess.RunInAsync(folder.Path, command)).Screen();
        Assert.Matches($"{output}\\.run is finished: [0-9,]+ steps?; its result is {output}; nothing to do", (await CliProcess.RunInAsync(folder.Path, [.. command, "--resume"])).Screen());
        Assert.True((await CliProcess.RunInAsync(folder.Path, [.. command, "--resume", "--json"])).Json().GetProperty("finished").GetBoolean());
        string text = File.ReadAllText(folder["text.txt"]);
        File.WriteAllText(folder["text.txt"], text.Replace("the", "eht", StringComparison.Ordinal));
        CliResult refused = await CliProcess.RunInAsync(folder.Path, [.. command, "--resume"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("the run was begun with corpus of 1, number 1", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_shorter_than_a_step_is_warned_of_and_the_log_has_what_the_options_came_to()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["short.txt"], string.Concat(Enumerable.Repeat("It was a dark night. ", 20)));
        CliResult result = await CliProcess.RunInAsync(folder.Path, ["train", "lm", "short.txt", "-o", "model", .. Tiny[..^2], "--batch", "32"]);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("fewer than the 1,024 that one step predicts", result.Error, StringComparison.Ordinal);
        JsonElement effective = JsonDocument.Parse(File.ReadLines(folder[Path.Combine("model.run", "log.jsonl")]).First()).RootElement.GetProperty("effective");
        Assert.Equal((1, "muon", 0.003, 32), (effective.GetProperty("steps").GetInt32(), effective.GetProperty("optimizer").GetString(), effective.GetProperty("rate").GetDouble(), effective.GetProperty("length").GetInt32()));
        Assert.True(effective.GetProperty("threads").GetInt32() > 0);
    }

    private static Dictionary<string, string> Hashes(string folder) =>
        Directory.GetFiles(folder).ToDictionary(path => Path.GetFileName(path), path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))));
}
