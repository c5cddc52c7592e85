namespace Azimuth.Cli.Tests;

/// <summary>Commands about next tokens refuse an encoder in one sentence; commands about tables take it.</summary>
public class EncoderCommandsTests
{
    [Theory]
    [InlineData("generate --prompt-ids 1,2")]
    [InlineData("trace --ids 1,2")]
    [InlineData("positions")]
    [InlineData("eval perplexity LICENSE")]
    [InlineData("confidence --ids 1,2")]
    [InlineData("attention --ids 1,2")]
    [InlineData("bigrams id:5")]
    [InlineData("report --ids 1,2")]
    public async Task What_needs_a_next_token_refuses_an_encoder(string command)
    {
        string refusal = (await CliProcess.RunInAsync(TestFiles.Root, [.. command.Split(' '), "-m", Encoder("distilbert")])).Refusal();
        Assert.Contains("expected a model that predicts the next token, found distilbert, an encoder", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("neighbors id:5", "modernbert")]
    [InlineData("geometry --quick", "albert")]
    [InlineData("check", "mpnet")]
    [InlineData("sizes", "bert-pooler")]
    [InlineData("quantize", "roberta")]
    public async Task What_looks_at_tables_takes_an_encoder(string command, string family)
    {
        string[] words = command.Split(' ');
        string[] args = words[0] is "check" or "sizes" ? [.. words, Encoder(family)] : [.. words, "-m", Encoder(family)];
        CliResult run = await CliProcess.RunInAsync(TestFiles.Root, args);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.DoesNotContain("warning", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tensors_that_are_not_used_are_warned_of()
    {
        // The folder's weights have three layers; the config of a copy asks for two.
        using TemporaryFolder folder = new();
        string config = await File.ReadAllTextAsync(Path.Combine(Encoder("bert"), "config.json"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder["config.json"], config.Replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        File.Copy(Path.Combine(Encoder("bert"), "model.safetensors"), folder["model.safetensors"]);
        CliResult run = await CliProcess.RunAsync("neighbors", "id:5", "-m", folder.Path);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("warning: model.safetensors: 16 tensors are not asked for by the configuration and not used: bert.encoder.layer.2.", run.Error, StringComparison.Ordinal);
    }

    private static string Encoder(string family) => Path.Combine(TestFiles.Root, "tests", "fixtures", "families", family);
}
