using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Azimuth.Cli.Tests;

public sealed class ScreenTests
{
    public static TheoryData<string> CommandLines =>
    [
        "models", "inspect", "inspect models/novels-gpt --tensors", "tokenize --text The·king's·crown·👑·日本", "tokenize --variants night -m novels-gpt",
        "lookup -m novels-gpt id:1 id:2 id:3 id:4 id:5 id:6 id:7 id:8 id:9 id:10 id:11 id:12", "neighbors ·he -m novels-gpt", "neighbors id:2 -m novels-gpt --metric euclidean --top 30",
        "neighbors ·he -m novels-gpt --remove-components 3", "geometry -m tests/fixtures/geometry/tables/B.npy", "roundtrip --all --table both -m tests/fixtures/families/gpt2-untied", "roundtrip id:3 --table both -m tests/fixtures/families/gpt2-untied",
        "roundtrip ·he -m novels-gpt", "roundtrip --all -m novels-gpt", "geometry -m novels-gpt", "trace -m novels-gpt", "trace",
        "positions -m novels-gpt", "positions -m tests/fixtures/families/bloom --ids 5,9,77,41,17", "attention -m novels-gpt", "attention -m novels-gpt --layer 3", "attention -m novels-gpt --layer 0 --head 1",
        "attention -m tests/fixtures/families/bloom --ids 5,9,77,41,17 --layer 0 --head 1", "contextualize ·heart -m novels-gpt --text all·my·heart --text a·heart,·and", "bigrams ·he -m novels-gpt", "bigrams --sample 9 -m novels-gpt",
        "confidence -m novels-gpt --ids 262,300", "eval perplexity LICENSE -m novels-gpt", "verify tests/fixtures/families/gpt2",
    ];

    [Theory]
    [MemberData(nameof(CommandLines))]
    public async Task A_piped_screen_fits_100_columns_and_has_no_escape_codes(string commandLine)
    {
        string screen = (await CliProcess.RunAsync([.. commandLine.Split(' ').Select(word => word.Replace('·', ' '))])).Screen();
        Assert.DoesNotContain('\e', screen);
        foreach (string line in screen.Split('\n'))
        {
            Assert.True(new StringInfo(line).LengthInTextElements <= 100, $"wider than 100 columns: {line}");
            Assert.True(line.Length == 0 || line[^1] != ' ', $"blanks at the end of: \"{line}\"");
        }
    }

    [Fact]
    public async Task Results_say_their_conventions_in_the_last_line()
    {
        string screen = (await CliProcess.RunAsync("neighbors", " he", "-m", "novels-gpt")).Screen();
        string last = screen.TrimEnd('\n').Split("\n\n")[^1];
        Assert.Contains("input and output table (tied)", last, StringComparison.Ordinal);
        Assert.Contains("stored as F16", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_long_file_the_screen_has_the_first_tokens_and_says_how_many_there_are_and_json_has_all()
    {
        using TemporaryFolder folder = new();
        string text = string.Concat(Enumerable.Repeat("é a\r\n", 3_000)), file = folder["long.txt"];
        File.WriteAllText(file, text);
        string[] lines = (await CliProcess.RunAsync("tokenize", "-m", "novels-gpt", "--file", file)).Screen().Split('\n');
        JsonElement document = (await CliProcess.RunAsync("tokenize", "-m", "novels-gpt", "--file", file, "--json")).Json();
        int count = document.GetProperty("ids").GetArrayLength();
        Assert.InRange(count, 10_001, int.MaxValue);
        Assert.Equal(count, document.GetProperty("tokens").GetArrayLength());
        Assert.Equal(text, document.GetProperty("decoded").GetString());
        Assert.StartsWith($"{count.ToString("N0", CultureInfo.InvariantCulture)} tokens for 15,000 characters", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("10,000  ", lines[10_001], StringComparison.Ordinal);
        Assert.Equal($"10,000 of {count.ToString("N0", CultureInfo.InvariantCulture)} tokens; --json has all of them.", lines[10_002]);
    }

    [Fact]
    public async Task Progress_is_not_written_where_standard_error_is_no_terminal()
    {
        CliResult run = await CliProcess.RunAsync("roundtrip", "--all", "-m", "novels-gpt");
        Assert.Equal("", run.Error);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("--no-color", false)]
    [InlineData("NO_COLOR=1", false)]
    public async Task Only_a_terminal_gets_colour_and_only_where_it_is_wanted(string setting, bool colored)
    {
        string output = await InTerminalAsync("trace -m novels-gpt --ids 262,300", setting);
        Assert.Contains("target", output, StringComparison.Ordinal);
        Assert.Equal(colored, output.Contains("\e[38;5;", StringComparison.Ordinal) || output.Contains("\e[38;2;", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Progress_is_gone_when_the_work_is_done()
    {
        string output = await InTerminalAsync("roundtrip --all -m novels-gpt", "");
        int last = output.LastIndexOf('\r', output.IndexOf("come back", StringComparison.Ordinal) - 1);
        Assert.Contains("\r\e[K", output, StringComparison.Ordinal);
        Assert.DoesNotContain("…", output[(last + 1)..output.IndexOf("come back", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quiet_leaves_standard_error_empty()
    {
        CliResult run = await CliProcess.RunAsync("generate", "-m", "novels-gpt", "--prompt", "It was", "--max-tokens", "4", "--quiet");
        Assert.Equal("", run.Error);
        Assert.NotEqual("", run.Screen());
    }

    [Fact]
    public async Task Generated_text_is_all_of_standard_output_and_the_rate_goes_to_standard_error()
    {
        string[] prompt = ["generate", "-m", "novels-gpt", "--prompt", "It was the best of", "--max-tokens", "8"];
        CliResult shown = await CliProcess.RunAsync(prompt);
        string text = (await CliProcess.RunAsync([.. prompt, "--json"])).Json().GetProperty("text").GetString()!;
        Assert.Equal(text + "\n", shown.Screen());
        Assert.Contains("tokens/s", shown.Error, StringComparison.Ordinal);
    }

    /// <summary>Runs in a pseudo-terminal made by script(1), where there is one.</summary>
    private static async Task<string> InTerminalAsync(string commandLine, string setting)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "no script(1) to make a terminal with");
        string variable = setting.Contains('=', StringComparison.Ordinal) ? setting : "", option = variable.Length > 0 ? "" : setting;
        ProcessStartInfo start = new("/usr/bin/script", ["-qec", $"env {variable} dotnet exec {CliProcess.Assembly} {commandLine} {option}", "/dev/null"])
        {
            WorkingDirectory = TestFiles.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("NO_COLOR");
        using Process process = Process.Start(start)!;
        CliResult run = await CliProcess.FinishAsync(process, [commandLine]);
        Assert.Equal(0, run.ExitCode);
        return run.Output;
    }
}
