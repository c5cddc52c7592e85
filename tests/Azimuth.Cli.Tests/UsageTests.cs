namespace Azimuth.Cli.Tests;

public sealed class UsageTests
{
    [Fact]
    public async Task Without_a_command_the_help_lists_every_command()
    {
        CliResult run = await CliProcess.RunAsync();
        string screen = run.Screen();
        foreach (string command in Verbs.Names)
            Assert.Contains($"  {command} ", screen, StringComparison.Ordinal);
        Assert.All(screen.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
    }

    [Theory]
    [InlineData("nieghbors", "neighbors")]
    [InlineData("infer", "`azimuth --help`")]
    public async Task An_unknown_command_names_the_nearest(string typed, string named)
    {
        string sentence = (await CliProcess.RunAsync(typed, "x")).Refusal();
        Assert.Contains(typed, sentence, StringComparison.Ordinal);
        Assert.Contains(named, sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--tpo", "--top")]
    [InlineData("--modle", "--model")]
    public async Task An_unknown_option_names_the_nearest(string typed, string named)
    {
        string sentence = (await CliProcess.RunAsync("neighbors", " he", typed, "5")).Refusal();
        Assert.Contains(typed, sentence, StringComparison.Ordinal);
        Assert.Contains(named, sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--top 0", "from 1 to")]
    [InlineData("--top ten", "\"ten\"")]
    [InlineData("--top", "found none")]
    [InlineData("--top 3 --top 4", "found 2 times")]
    [InlineData("--metric manhattan", "cosine, dot or euclidean")]
    [InlineData("--table middle", "input or output")]
    [InlineData("--threads 0", "from 1 to 1024")]
    [InlineData("--threads 1.5", "\"1.5\"")]
    public async Task A_value_outside_its_range_is_named_with_the_range(string options, string expected)
    {
        string sentence = (await CliProcess.RunAsync(["neighbors", " he", "-m", "novels-gpt", .. options.Split(' ')])).Refusal();
        Assert.Contains(expected, sentence, StringComparison.Ordinal);
        Assert.Contains(options.Split(' ')[0], sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Debug_shows_where_an_error_came_from()
    {
        CliResult run = await CliProcess.RunAsync("neighbors", " he", "-m", "no-such-model", "--debug");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("   at Azimuth.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        string screen = (await CliProcess.RunAsync("--version")).Screen();
        Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", screen);
    }
}
