using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary><c>train word2vec</c> and <c>train glove</c> in real processes: killed and resumed, watched.</summary>
public sealed class TrainVectorsTests
{
    private static readonly string Docs = Path.Combine(TestFiles.Root, "docs");

    /// <summary>Some seconds of work in many saved states.</summary>
    private static string[] Long(string trainer, int epochs) =>
        ["train", trainer, Docs, "--dimensions", "40", "--min-count", "2", "--save-every", "0.01", "--log-every", "0.3", "--epochs", $"{epochs}", "--threads", "2"];

    [Theory]
    [InlineData("word2vec", 80)]
    [InlineData("glove", 120)]
    public async Task A_run_that_is_killed_again_and_again_ends_with_the_bytes_of_one_that_is_not(string trainer, int epochs)
    {
        using TemporaryFolder folder = new();
        string[] command = Long(trainer, epochs);
        CliResult undisturbed = await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "whole.bin", "--quiet"]);
        Assert.Equal(0, undisturbed.ExitCode);
        // AZIMUTH_KILLS=50 is the long form.
        int kills = int.Parse(Environment.GetEnvironmentVariable("AZIMUTH_KILLS") ?? "4", CultureInfo.InvariantCulture), done = 0;
        Random random = new(8);
        while (done < kills)
        {
            bool began = File.Exists(folder["parts.bin.run/log.jsonl"]);
            using Process process = CliProcess.Start(folder.Path, [.. command, "-o", "parts.bin", .. began ? new[] { "--resume" } : []]);
            Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            bool ended = process.WaitForExit(random.Next(200, 2500));
            if (ended)
            {
                Assert.True(process.ExitCode == 0, await error);
                // Over before its time: from the beginning, until there were kills enough.
                Directory.Delete(folder["parts.bin.run"], recursive: true);
                continue;
            }

            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            done++;
        }

        bool left = File.Exists(folder["parts.bin.run/log.jsonl"]);
        CliResult last = await CliProcess.RunInAsync(folder.Path, [.. command, "-o", "parts.bin", .. left ? new[] { "--resume" } : []]);
        Assert.True(last.ExitCode == 0, last.Error);
        Assert.Equal(File.ReadAllBytes(folder["whole.bin"]), File.ReadAllBytes(folder["parts.bin"]));
        Assert.Equal(File.ReadAllBytes(Newest(folder["whole.bin.run"])), File.ReadAllBytes(Newest(folder["parts.bin.run"])));

        static string Newest(string run) => Path.Combine(Directory.GetDirectories(run, "step-*").Order(StringComparer.Ordinal).Last(), "state.safetensors");
    }

    [Fact]
    public async Task An_interrupt_saves_and_ends_with_130_and_the_run_goes_on_from_there()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        using TemporaryFolder folder = new();
        string[] command = ["train", "word2vec", Docs, "-o", "v.bin", "--dimensions", "30", "--log-every", "0.2", "--epochs", "2000"];
        using Process process = CliProcess.Start(folder.Path, command);
        // The second line of the readings says that it is learning.
        for (string? line = ""; line is not null && !line.Contains('%', StringComparison.Ordinal);)
            line = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        using Process kill = Process.Start("kill", ["-s", "INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        CliResult run = await CliProcess.FinishAsync(process, command);
        Assert.Equal(130, run.ExitCode);
        Assert.Matches(@"cancelled; the state of step [\d,]+ is saved in v\.bin\.run.step-\d+; repeat the command with --resume to go on from there\n$", run.Error);
        Assert.False(File.Exists(folder["v.bin"]));
        string state = Assert.Single(Directory.GetDirectories(folder["v.bin.run"], "step-*"));
        CliResult table = await CliProcess.RunInAsync(folder.Path, "inspect", "-m", Path.Combine(state, "vectors.bin"), "--json");
        Assert.Equal(30, table.Json().GetProperty("modelDim").GetInt32());
        CliResult other = await CliProcess.RunInAsync(folder.Path, [.. command, "--resume", "--window", "4"]);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("begun with window 5, found 4", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readings_are_shown_and_logged_and_the_result_opens()
    {
        using TemporaryFolder folder = new();
        CliResult run = await CliProcess.RunInAsync(folder.Path, "train", "word2vec", Docs, "-o", "v.vec.gz", "--dimensions", "24", "--min-count", "3", "--epochs", "3", "--watch", "model", "--log-every", "0.1", "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("model → ", run.Error, StringComparison.Ordinal);
        JsonElement document = run.Json();
        int words = document.GetProperty("words").GetInt32();
        string[] log = File.ReadAllLines(folder["v.vec.gz.run/log.jsonl"]);
        Assert.Equal("word2vec", JsonDocument.Parse(log[0]).RootElement.GetProperty("training").GetString());
        JsonElement last = JsonDocument.Parse(log[^1]).RootElement;
        Assert.Equal(1, last.GetProperty("done").GetDouble());
        Assert.Equal(words, last.GetProperty("table").GetProperty("rows").GetInt32());
        Assert.Equal(3 * document.GetProperty("textWords").GetInt64(), last.GetProperty("items").GetInt64());
        // Before anything is learned a prediction costs 6 ln 2.
        Assert.InRange(last.GetProperty("lossNats").GetDouble(), 0.5, 6 * Math.Log(2));
        JsonElement table = (await CliProcess.RunInAsync(folder.Path, "neighbors", "model", "-m", "v.vec.gz", "--json")).Json();
        Assert.Equal(last.GetProperty("table").GetProperty("neighbors")[0].GetProperty("nearest")[0].GetProperty("text").GetString(), table.GetProperty("neighbors")[0].GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("word2vec", "lossNats")]
    [InlineData("glove", "cost")]
    public async Task A_finished_run_says_so_again_and_its_loss_does_not_depend_on_the_clock(string trainer, string loss)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["v.bin"], "notes of somebody");
        string[] options = ["--dimensions", "16", "--min-count", "3", "--epochs", "9", "--threads", "2", "--json"];
        CliResult often = await CliProcess.RunInAsync(folder.Path, ["train", trainer, Docs, "-o", "v.bin", "--log-every", "0.1", "--watch", "model", "--watch", "nosuchword", .. options]);
        double value = often.Json().GetProperty(loss).GetDouble();
        Assert.Contains("warning: --output: v.bin is there already and is replaced when the training is over", often.Error, StringComparison.Ordinal);
        Assert.Contains("--watch: \"nosuchword\" has no row among the ", often.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\"model\" has no row", often.Error, StringComparison.Ordinal);
        CliResult once = await CliProcess.RunInAsync(folder.Path, ["train", trainer, Docs, "-o", "once.bin", "--log-every", "1000", .. options]);
        Assert.Equal(value, once.Json().GetProperty(loss).GetDouble());
        Assert.DoesNotContain("warning: ", once.Error, StringComparison.Ordinal);
        byte[] written = File.ReadAllBytes(folder["once.bin"]);
        File.Delete(folder["once.bin"]);
        CliResult again = await CliProcess.RunInAsync(folder.Path, ["train", trainer, Docs, "-o", "once.bin", .. options, "--resume"]);
        Assert.Equal(value, again.Json().GetProperty(loss).GetDouble());
        Assert.Matches(@"once\.bin\.run is finished: [\d,]+ steps; its result is written to once\.bin again", again.Error);
        Assert.Equal(written, File.ReadAllBytes(folder["once.bin"]));
    }

    [Fact]
    public async Task An_interrupt_that_comes_when_the_result_is_written_interrupts_nothing()
    {
        using TemporaryFolder folder = new();
        using var cancel = new CancellationTokenSource();
        using var screen = new CancellingWriter(cancel);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        int exit = await CommandLine.CommandRunner.RunAsync(["train", "word2vec", Path.Combine(TestFiles.Root, "LICENSE"), "-o", folder["v.bin"], "--dimensions", "8", "--quiet"], screen, error, cancel.Token);
        Assert.True(cancel.IsCancellationRequested && File.Exists(folder["v.bin"]));
        Assert.True(exit == 0, error.ToString());
    }

    [Fact]
    public async Task Standard_input_is_read_once_and_gives_what_the_file_gives()
    {
        using TemporaryFolder folder = new();
        string text = Path.Combine(Docs, "geometry.md");
        string[] options = ["--dimensions", "16", "--min-count", "2", "--threads", "1", "--quiet"];
        Assert.Equal(0, (await CliProcess.RunInAsync(folder.Path, ["train", "word2vec", text, "-o", "file.bin", .. options])).ExitCode);
        CliResult piped = await CliProcess.RunShellAsync(folder.Path, $"gzip -c '{text}' | azimuth train word2vec - -o input.bin {string.Join(' ', options)}");
        Assert.True(piped.ExitCode == 0, piped.Error);
        Assert.Equal(File.ReadAllBytes(folder["file.bin"]), File.ReadAllBytes(folder["input.bin"]));
    }

    /// <summary>A Ctrl-C as the first character of the result is shown.</summary>
    private sealed class CancellingWriter(CancellationTokenSource cancel) : StringWriter(CultureInfo.InvariantCulture)
    {
        public override void Write(char value) => Cancel(() => base.Write(value));

        public override void Write(string? value) => Cancel(() => base.Write(value));

        private void Cancel(Action write)
        {
            cancel.Cancel();
            write();
        }
    }
}
