using System.Globalization;
using System.Text.RegularExpressions;

namespace Azimuth.Cli.Tests;

/// <summary>The table of docs/accuracy.md is what the command writes.</summary>
public sealed partial class VerificationPageTests
{
    [Fact]
    public async Task The_table_of_differences_is_in_step_with_a_new_run()
    {
        using ShellFolder folder = new();
        string page = Path.Combine(TestFiles.Root, "docs", "accuracy.md"), copy = Path.Combine(folder.Path, "copy.md");
        File.Copy(page, copy);
        CliResult run = await CliProcess.RunShellAsync(folder.Path, "azimuth verify tests/fixtures/families/*/ --markdown copy.md");
        Assert.True(run.ExitCode == 0, run.Error);
        string[] expected = await File.ReadAllLinesAsync(page, TestContext.Current.CancellationToken), found = await File.ReadAllLinesAsync(copy, TestContext.Current.CancellationToken);
        Assert.Equal(expected.Length, found.Length);
        for (int line = 0; line < expected.Length; line++)
            AssertSame(expected[line], found[line]);
        Assert.Equal(Directory.GetDirectories(Path.Combine(TestFiles.Root, "tests", "fixtures", "families")).Length, found.Count(line => line.StartsWith("| `", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_new_page_holds_the_table_and_one_without_a_place_for_it_is_kept()
    {
        using TemporaryFolder folder = new();
        string gpt2 = Path.Combine(TestFiles.Root, "tests", "fixtures", "families", "gpt2"), page = folder["new.md"], other = folder["other.md"];
        Assert.Equal(0, (await CliProcess.RunAsync("verify", gpt2, "--markdown", page)).ExitCode);
        string[] lines = await File.ReadAllLinesAsync(page, TestContext.Current.CancellationToken);
        Assert.Equal(("<!-- azimuth verify -->", "<!-- end of azimuth verify -->"), (lines[0], lines[^1]));
        Assert.StartsWith("| `gpt2` | 3 | 42 |", lines[3], StringComparison.Ordinal);
        await File.WriteAllTextAsync(other, "mine\n", TestContext.Current.CancellationToken);
        Assert.Contains("expected the lines <!-- azimuth verify -->", (await CliProcess.RunAsync("verify", gpt2, "--markdown", other)).Refusal(), StringComparison.Ordinal);
        Assert.Equal("mine\n", await File.ReadAllTextAsync(other, TestContext.Current.CancellationToken));
        Assert.Contains("expected a name ending in .md", (await CliProcess.RunAsync("verify", gpt2, "--markdown", folder["x.txt"])).Refusal(), StringComparison.Ordinal);
    }

    /// <summary>Measured differences are a few roundings, and another processor rounds elsewhere: they agree within a factor of three. Everything else is the same text.</summary>
    private static void AssertSame(string expected, string found)
    {
        Assert.Equal(Measured().Replace(expected, "#"), Measured().Replace(found, "#"));
        foreach ((Match a, Match b) in Measured().Matches(expected).Zip(Measured().Matches(found)))
        {
            double ratio = double.Parse(a.Value, CultureInfo.InvariantCulture) / double.Parse(b.Value, CultureInfo.InvariantCulture);
            Assert.True(ratio is > 1.0 / 3 and < 3, $"docs/accuracy.md says {a.Value}, a new run {b.Value}: {found}. Run azimuth verify tests/fixtures/families/*/ --markdown docs/accuracy.md");
        }
    }

    [GeneratedRegex(@"\d\.\de-\d+")]
    private static partial Regex Measured();
}
