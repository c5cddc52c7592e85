using System.Text.RegularExpressions;

namespace Azimuth.Cli.Tests;

public sealed partial class HelpTests
{
    public static TheoryData<string> Names => [.. Verbs.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Help_has_a_description_the_options_and_examples_within_100_columns(string command)
    {
        string page = (await CliProcess.RunAsync([.. command.Split(' '), "--help"])).Screen();
        Assert.Contains($"azimuth {command}", page, StringComparison.Ordinal);
        Assert.Equal(page.Contains("[-m MODEL]", StringComparison.Ordinal), page.Contains("--model MODEL", StringComparison.Ordinal));
        Assert.Equal(command is not ("align" or "convert" or "drift" or "models" or "pull" or "train glove" or "train tokenizer" or "train word2vec" or "verify"), page.Contains("--model MODEL", StringComparison.Ordinal));
        foreach (string option in new[] { "--json", "--threads", "--quiet", "--no-color", "--debug" })
            Assert.Contains(option, page, StringComparison.Ordinal);
        Assert.InRange(ExamplesOf(page).Count, 2, 3);
        Assert.DoesNotContain('\e', page);
        foreach (string line in page.Split('\n').Where(line => !line.StartsWith("  azimuth ", StringComparison.Ordinal)))
            Assert.InRange(line.Length, 0, 100);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_example_of_the_help_runs(string command)
    {
        string page = (await CliProcess.RunAsync([.. command.Split(' '), "--help"])).Screen();
        using ShellFolder folder = new();
        using HubServer hub = HubOfExamples();
        using TemporaryFolder cache = new();
        Dictionary<string, string> environment = new() { ["HF_ENDPOINT"] = hub.Address, ["HF_HOME"] = cache.Path };
        foreach (string example in ExamplesOf(page))
        {
            CliResult run = await CliProcess.RunShellAsync(folder.Path, example, environment);
            Assert.True(run.ExitCode == 0, $"{example}: exit {run.ExitCode}\n{run.Error}");
            Assert.NotEqual("", run.Output);
        }
    }

    /// <summary>A hub with the models that examples fetch.</summary>
    private static HubServer HubOfExamples()
    {
        HubServer hub = new();
        hub.Add("HuggingFaceTB/SmolLM2-135M-Instruct", new Dictionary<string, byte[]> { ["config.json"] = [1], ["model.safetensors"] = [2] });
        hub.Add("google-bert/bert-base-uncased", new Dictionary<string, byte[]> { ["config.json"] = [1], ["model.safetensors"] = [2], ["vocab.txt"] = [3] });
        hub.Add("ggml-org/models", new Dictionary<string, byte[]> { ["tinyllamas/stories260K.gguf"] = [1], ["tinyllamas/stories15M.gguf"] = [2] });
        return hub;
    }

    private static IReadOnlyList<string> ExamplesOf(string page) =>
        [.. Example().Matches(page[page.IndexOf("\nExamples\n", StringComparison.Ordinal)..]).Select(match => match.Groups[1].Value)];

    [GeneratedRegex("^  (azimuth .*)$", RegexOptions.Multiline)]
    private static partial Regex Example();
}
