using System.Text.Json;

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

    [Fact]
    public async Task Pieces_of_a_word_list_are_named_as_the_list_spells_them_and_unknown_words_are_refused()
    {
        using TemporaryFolder folder = new();
        foreach (string file in new[] { "config.json", "model.safetensors" })
            File.Copy(Path.Combine(Encoder("bert"), file), folder[file]);
        string[] words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "hello", "##s", "houses", "s"];
        await File.WriteAllLinesAsync(folder["vocab.txt"], words, TestContext.Current.CancellationToken);
        foreach ((string word, int id) in new[] { ("s", 9), ("##s", 7), (" s", 9), ("hello", 6), ("Hello", 6), ("[CLS]", 2), ("[UNK]", 1) })
            Assert.Equal(id, (await CliProcess.RunAsync("neighbors", word, "-m", folder.Path, "--json")).Json().GetProperty("token").GetProperty("id").GetInt32());
        string refusal = (await CliProcess.RunAsync("neighbors", "heloo", "-m", folder.Path)).Refusal();
        Assert.Contains("\"heloo\" is not one token", refusal, StringComparison.Ordinal);
        Assert.Contains("it encodes to \" [UNK]\" (id:1), which stands for what is not in the vocabulary", refusal, StringComparison.Ordinal);
        Assert.Contains("the nearest single tokens are \"hello\"", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_without_the_head_is_told_from_a_wrong_one_and_stops_no_other()
    {
        using TemporaryFolder folder = new();
        string bert = Encoder("bert"), other = Encoder("gpt2"), headless = folder["back"], readme = Path.Combine(TestFiles.Root, "README.md");
        await CliProcess.RunAsync("convert", bert, folder["x.gguf"]);
        await CliProcess.RunAsync("convert", folder["x.gguf"], headless);
        foreach (string file in new[] { "inputs.json", "expected.json", "expected.safetensors" })
            File.Copy(Path.Combine(bert, file), Path.Combine(headless, file));
        CliResult run = await CliProcess.RunAsync("verify", other, headless, readme);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"warning: {readme} is a file and passed over", run.Error, StringComparison.Ordinal);
        string screen = string.Join(' ', run.Output.Split(['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("Not compared", screen, StringComparison.Ordinal);
        Assert.Contains("the model has no masked-language head, so its logits cannot be compared", screen, StringComparison.Ordinal);
        Assert.Contains("1 of 1 folder within the tolerance", screen, StringComparison.Ordinal);
        JsonElement document = (await CliProcess.RunAsync("verify", other, headless, "--json")).ParseJson();
        Assert.False(document.GetProperty("passed").GetBoolean());
        Assert.Equal(headless, document.GetProperty("notCompared")[0].GetProperty("folder").GetString());
        Assert.Contains("masked-language head", (await CliProcess.RunAsync("verify", headless)).Refusal(), StringComparison.Ordinal);
        Assert.Equal(0, (await CliProcess.RunAsync("verify", other, readme)).ExitCode);
        Assert.Contains("expected a folder, found a file", (await CliProcess.RunAsync("verify", readme)).Refusal(), StringComparison.Ordinal);
    }

    private static string Encoder(string family) => Path.Combine(TestFiles.Root, "tests", "fixtures", "families", family);
}
