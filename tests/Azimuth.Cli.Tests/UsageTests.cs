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

    [Fact]
    public async Task An_unknown_option_is_not_taken_for_an_argument()
    {
        Assert.Contains("unknown option --dimension; the nearest known: --dimensions", (await CliProcess.RunAsync("train", "word2vec", "LICENSE", "--dimension", "3", "-o", "x.bin")).Refusal(), StringComparison.Ordinal);
        Assert.Contains("unknown option --foo", (await CliProcess.RunAsync("inspect", "--foo")).Refusal(), StringComparison.Ordinal);
        Assert.DoesNotContain("unknown option", (await CliProcess.RunAsync("inspect", "--", "--foo")).Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--top", "neighbors", " he", "-m", "novels-gpt", "--top", "3", "--top")]
    [InlineData("--model", "tokenize", "-m", "novels-gpt", "--text", "a", "-m")]
    [InlineData("--watch", "train", "word2vec", "LICENSE", "-o", "x.bin", "--watch", "a", "--watch")]
    public async Task An_option_without_its_value_is_refused_also_where_it_stood_with_one_before(string option, params string[] arguments) =>
        Assert.StartsWith(option + ": expected a value (", (await CliProcess.RunAsync(arguments)).Refusal(), StringComparison.Ordinal);

    [Fact]
    public async Task A_name_like_no_other_is_compared_with_none()
    {
        Assert.DoesNotContain("nearest", (await CliProcess.RunAsync("neighbors", " he", "--zigzag")).Refusal(), StringComparison.Ordinal);
        Assert.DoesNotContain("nearest", (await CliProcess.RunAsync("geometry", "-m", "/no/such/folder")).Refusal(), StringComparison.Ordinal);
        string sentence = (await CliProcess.RunAsync("tokenise")).Refusal();
        Assert.Contains("the nearest known: tokenize;", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--model", "geometry", "-m", "")]
    [InlineData("--output", "report", "-m", "novels-gpt", "-o", "")]
    [InlineData("--save-activations", "trace", "-m", "novels-gpt", "--save-activations", "")]
    [InlineData("FILE", "inspect", "")]
    public async Task An_empty_text_in_place_of_a_path_is_refused_by_name(string where, params string[] arguments)
    {
        string sentence = (await CliProcess.RunAsync(arguments)).Refusal();
        Assert.StartsWith(where + ": expected ", sentence, StringComparison.Ordinal);
        Assert.Contains("found an empty text", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1.5")]
    [InlineData("nan")]
    public async Task A_share_of_probability_is_above_0_and_at_most_1(string share)
    {
        string sentence = (await CliProcess.RunAsync("generate", "-m", "novels-gpt", "--prompt", "a", "--temperature", "1", "--top-p", share)).Refusal();
        Assert.Equal($"--top-p: expected a number above 0 and at most 1, found \"{share}\".", sentence);
    }

    [Fact]
    public async Task Ids_to_continue_have_the_same_name_as_ids_to_follow()
    {
        string[] rest = ["-m", "novels-gpt", "--max-tokens", "3"];
        CliResult own = await CliProcess.RunAsync(["generate", "--prompt-ids", "262,300", .. rest]), common = await CliProcess.RunAsync(["generate", "--ids", "262,300", .. rest]);
        Assert.Equal(own.Screen(), common.Screen());
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
