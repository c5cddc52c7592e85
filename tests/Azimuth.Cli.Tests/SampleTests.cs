using System.Globalization;
using System.Text.RegularExpressions;

namespace Azimuth.Cli.Tests;

/// <summary>The sample as it is documented, run from its source; what it prints is measured there, and what it claims is checked here.</summary>
public sealed partial class SampleTests(SampleTests.WholeCircle circle) : IClassFixture<SampleTests.WholeCircle>
{
    /// <summary>How documented lines run a sample.</summary>
    internal const string Command = "dotnet run -c Release samples/";

    [Fact]
    public void Every_sample_is_documented_and_every_documented_one_is_there()
    {
        string[] documented = [.. DocumentationTests.Pages().SelectMany(DocumentationTests.LinesOf).Where(line => line.StartsWith(Command, StringComparison.Ordinal)).Select(line => line[Command.Length..].Split(' ')[0])];
        Assert.Equal(SampleFiles().Where(file => !file.Contains('/')), documented.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_text_never_has_both_words_of_a_held_out_pair()
    {
        Assert.Contains("Held-out pairs, the others: 0 sentences have both words.", circle.Screen, StringComparison.Ordinal);
        Assert.Matches(@"Stated pairs, half of them: [1-9]\d* sentences have both words\.", circle.Screen);
    }

    [Fact]
    public void More_tokens_leave_fewer_pieces_a_word()
    {
        string[][] rows = Table("2  A tokenizer");
        double[] tokensAWord = [.. rows.Select(row => Number(row[1]))];
        Assert.Equal(3, rows.Length);
        Assert.Equal(tokensAWord.OrderDescending(), tokensAWord);
        Assert.True(tokensAWord[0] > 2 && tokensAWord[2] < 1.1, string.Join(' ', tokensAWord));
        Assert.Equal("princess", rows[2][3]);
        Assert.Contains(' ', rows[2][4]);
    }

    [Fact]
    public void Isotropy_falls_while_vectors_are_learned_and_repair_brings_it_back()
    {
        string[][] learning = Table("3  Vectors, while they are learned"), repairs = Table("4  Repair");
        double[] isoScores = [.. learning.Select(row => Number(row[row.Length > 4 && row[^1].Contains('█') ? ^2 : ^1]))];
        Assert.True(learning.Length >= 6, circle.Screen);
        Assert.True(isoScores[0] > 0.8, circle.Screen);
        Assert.True(isoScores.Min() < 0.1, circle.Screen);
        Assert.True(isoScores[^1] < isoScores[0] / 2, circle.Screen);
        Assert.Equal(["rows as stored", "mean row removed", "mean row and first principal component removed", "ZCA whitening, epsilon 1e-5"], repairs.Select(row => row[0]));
        Assert.True(Number(repairs[0][1]) > 0.2, circle.Screen);
        Assert.All(repairs.Skip(1), row => Assert.Equal(0, Number(row[1]), 0.02));
        Assert.Equal(isoScores[^1], Number(repairs[0][2]), 0.001);
        Assert.True(Number(repairs[^1][2]) > 0.99, circle.Screen);
        Assert.True(Number(repairs[^1][4]) > Number(repairs[0][4]), circle.Screen);
    }

    [Fact]
    public void Held_out_analogies_come_out_far_above_every_control_and_repair_helps()
    {
        Dictionary<string, double> all = Table("6  Analogies on held-out pairs").ToDictionary(row => row[0], row => Number(row[^1]));
        Assert.True(all["untrained"] < 5, circle.Screen);
        // Measured with four seeds of the text: 60 to 70 trained, 85 to 96 repaired.
        Assert.True(all["trained"] > 45, circle.Screen);
        Assert.True(all["trained and repaired"] > all["trained"] + 8, circle.Screen);
        string[] controls = [.. all.Keys.Where(key => key.StartsWith("control", StringComparison.Ordinal) || key.StartsWith("chance", StringComparison.Ordinal))];
        Assert.Equal(3, controls.Length);
        Assert.All(controls, control => Assert.True(all[control] < 10, circle.Screen));
    }

    [Fact]
    public void The_screen_fits_a_hundred_columns() =>
        Assert.All(circle.Screen.Split('\n').Where(line => !line.StartsWith("cd ", StringComparison.Ordinal)), line => Assert.InRange(line.Length, 0, 100));

    [Fact]
    public async Task The_commands_it_ends_with_run()
    {
        string[] commands = [.. circle.Screen.Split('\n').Where(line => line.StartsWith("azimuth ", StringComparison.Ordinal))];
        Assert.NotEmpty(commands);
        foreach (string command in commands)
            Assert.NotEqual("", (await CliProcess.RunShellAsync(circle.Folder, command)).Screen());
    }

    [Fact]
    public async Task It_gives_the_same_bits_again_leaves_the_repository_as_it_is_and_overwrites_nothing()
    {
        using TemporaryFolder other = new();
        string again = other["again"];
        CliResult run = await WholeCircle.RunAsync("--no-build ", again);
        Assert.Equal(circle.Screen.Replace(circle.Folder, again, StringComparison.Ordinal), run.Screen());
        Assert.Equal(File.ReadAllBytes(Path.Combine(circle.Folder, "vectors.vec")), File.ReadAllBytes(Path.Combine(again, "vectors.vec")));
        Assert.Equal(circle.FilesBefore, SampleFiles());
        CliResult refused = await WholeCircle.RunAsync("--no-build ", again);
        Assert.Equal(2, refused.ExitCode);
        Assert.StartsWith($"error: {again}: expected the name of a new folder", refused.Error, StringComparison.Ordinal);
    }

    /// <summary>The rows of the table under a heading, cut where two blanks stand; the column titles and the text below are left out.</summary>
    private string[][] Table(string heading)
    {
        string section = circle.Screen.Split(heading + "\n", 2)[1].Split("\n\n", 2)[0];
        return [.. section.Split('\n').Skip(2).Select(line => Columns().Split(line.Trim())).TakeWhile(row => row.Length > 2)];
    }

    private static double Number(string text) => double.Parse(text.TrimEnd('%', ' '), CultureInfo.InvariantCulture);

    private static string[] SampleFiles()
    {
        string samples = Path.Combine(TestFiles.Root, "samples");
        return [.. Directory.EnumerateFiles(samples, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(samples, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(" {2,}")]
    private static partial Regex Columns();

    /// <summary>One run of the sample for all tests.</summary>
    public sealed class WholeCircle : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        internal string Folder => _folder["circle"];

        internal string Screen { get; private set; } = "";

        internal string[] FilesBefore { get; } = SampleFiles();

        public async ValueTask InitializeAsync() => Screen = (await RunAsync("", Folder)).Screen();

        public ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }

        /// <summary>The documented line. A build server that outlives it would hold its output open.</summary>
        internal static Task<CliResult> RunAsync(string options, string folder) => CliProcess.RunShellAsync(
            TestFiles.Root,
            $"{Command.Replace("samples/", options + "samples/", StringComparison.Ordinal)}01-whole-circle.cs {folder}",
            new Dictionary<string, string> { ["MSBUILDDISABLENODEREUSE"] = "1", ["UseSharedCompilation"] = "false", ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1", ["DOTNET_NOLOGO"] = "1" },
            TimeSpan.FromMinutes(15));
    }
}
