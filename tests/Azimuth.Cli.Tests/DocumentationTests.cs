using System.Text.RegularExpressions;

namespace Azimuth.Cli.Tests;

/// <summary>Every command line in a fenced <c>sh</c> block of the documentation is run.</summary>
public sealed partial class DocumentationTests
{
    private const string RunFromSource = "dotnet run -c Release --project src/Azimuth.Cli -- ";

    /// <summary>Lines that build, test or set the shell up: running them from inside a test would start the tests again. Samples are run by <see cref="SampleTests"/>.</summary>
    private static readonly string[] NotRun = ["dotnet build", "dotnet test", "dotnet format", "dotnet run --no-build", SampleTests.Command, "git ", "cd ", "alias ", ".ci/run"];

    public static TheoryData<string, string> CommandLines
    {
        get
        {
            TheoryData<string, string> lines = [];
            foreach (string page in Pages())
            {
                foreach (string line in LinesOf(page).Where(line => !NotRun.Any(start => line.StartsWith(start, StringComparison.Ordinal))))
                    lines.Add(Path.GetRelativePath(TestFiles.Root, page), line);
            }

            return lines;
        }
    }

    [Theory]
    [MemberData(nameof(CommandLines))]
    public async Task Documented_command_lines_run(string page, string line)
    {
        string command = line.Replace(RunFromSource, "azimuth ", StringComparison.Ordinal);
        Assert.StartsWith("azimuth ", command, StringComparison.Ordinal);
        using ShellFolder folder = new();
        CliResult run = await CliProcess.RunShellAsync(folder.Path, command);
        Assert.True(run.ExitCode == 0, $"{page}: {line}: exit {run.ExitCode}\n{run.Error}");
        Assert.NotEqual("", run.Output);
    }

    [Fact]
    public void The_first_two_commands_of_the_readme_make_the_report_and_run_the_tests()
    {
        string[] lines = [.. LinesOf(Path.Combine(TestFiles.Root, "README.md")).Take(2)];
        Assert.Equal([RunFromSource + "report", "dotnet test -c Release"], lines);
    }

    [Fact]
    public void Every_command_has_its_place_in_the_documentation()
    {
        string[] lines = [.. Pages().SelectMany(LinesOf)];
        foreach (string verb in Verbs.Names)
            Assert.Contains(lines, line => line.StartsWith($"azimuth {verb}", StringComparison.Ordinal) || line == RunFromSource + verb);
    }

    internal static IEnumerable<string> Pages() =>
    [
        Path.Combine(TestFiles.Root, "README.md"),
        Path.Combine(TestFiles.Root, "CONTRIBUTING.md"),
        .. Directory.EnumerateFiles(Path.Combine(TestFiles.Root, "docs"), "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal),
    ];

    internal static IEnumerable<string> LinesOf(string page) =>
        ShellBlock().Matches(File.ReadAllText(page))
            .SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Where(line => !line.StartsWith('#'))
            .Distinct();

    [GeneratedRegex("^```sh\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ShellBlock();
}
