using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Azimuth.Cli.Tests;

/// <summary>Every kind of bad input gives one sentence on standard error, exit code 2, and leaves no file behind.</summary>
public sealed class BadInputTests : IDisposable
{
    private const string Prompt = "The king looked at the queen";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_missing_model_is_named_with_the_nearest_known_one()
    {
        string sentence = (await CliProcess.RunAsync("geometry", "-m", "novel-gpt")).Refusal();
        Assert.Contains("novel-gpt", sentence, StringComparison.Ordinal);
        Assert.Contains("novels-gpt", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("azimuth geometry -m novels-gpt --json > /dev/full")]
    [InlineData("azimuth geometry -m novels-gpt > /dev/full")]
    [InlineData("azimuth generate -m novels-gpt --prompt hi --max-tokens 3 > /dev/full")]
    public async Task Output_that_cannot_be_written_is_one_sentence(string line)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full on this system");
        string sentence = (await CliProcess.RunShellAsync(TestFiles.Root, line)).Refusal();
        Assert.Contains("standard output cannot be written: No space left on device", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_to_verify_that_is_not_there_is_told_from_one_that_lacks_a_file()
    {
        Assert.Equal("nowhere: there is no such folder.", (await CliProcess.RunAsync("verify", "nowhere")).Refusal());
        Assert.Contains("expected inputs.json", (await CliProcess.RunAsync("verify", TestFiles.Model("novels-gpt"))).Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_architecture_is_named_with_the_nearest_known_ones()
    {
        string model = CopyWithConfig(config => (config["model_type"], config["architectures"]) = ("gpt3", new JsonArray("GPT3LMHeadModel")));
        string sentence = (await CliProcess.RunAsync("trace", "-m", model, "--prompt", Prompt)).Refusal();
        Assert.Contains("gpt3", sentence, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("gpt2", sentence, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(100)]
    [InlineData(100_000)]
    public async Task A_truncated_safetensors_file_is_refused(int length)
    {
        string model = _folder.CopyOf(TestFiles.Model("novels-gpt"));
        using (FileStream file = File.OpenWrite(Path.Combine(model, "model.safetensors")))
            file.SetLength(length);
        string sentence = (await CliProcess.RunAsync("trace", "-m", model, "--prompt", Prompt)).Refusal();
        Assert.Contains("model.safetensors", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_malformed_safetensors_header_is_refused()
    {
        string model = _folder.CopyOf(TestFiles.Model("novels-gpt"));
        byte[] bytes = new byte[8 + 16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, 16);
        Encoding.UTF8.GetBytes("{\"a\": not JSON} ").CopyTo(bytes, 8);
        await File.WriteAllBytesAsync(Path.Combine(model, "model.safetensors"), bytes, TestContext.Current.CancellationToken);
        Assert.Contains("model.safetensors", (await CliProcess.RunAsync("inspect", model)).Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(20_000)]
    [InlineData(3_000_000)]
    public async Task A_truncated_gguf_file_is_refused(int length)
    {
        byte[] start = new byte[length];
        await using (FileStream whole = File.OpenRead(Path.Combine(TestFiles.Model("SmolLM2-135M-Instruct"), "SmolLM2-135M-Instruct.Q4_1.gguf")))
            await whole.ReadExactlyAsync(start, TestContext.Current.CancellationToken);
        string path = _folder["cut.gguf"];
        await File.WriteAllBytesAsync(path, start, TestContext.Current.CancellationToken);
        Assert.Contains("cut.gguf", (await CliProcess.RunAsync("trace", "-m", path)).Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tensor_whose_shape_contradicts_the_config_is_named_with_both_shapes()
    {
        string model = CopyWithConfig(config => config["n_embd"] = 96);
        string sentence = (await CliProcess.RunAsync("trace", "-m", model, "--prompt", Prompt)).Refusal();
        Assert.Contains("96", sentence, StringComparison.Ordinal);
        Assert.Contains("192", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_tensor_is_named()
    {
        string model = CopyWithConfig(config => config["n_layer"] = 7);
        string sentence = (await CliProcess.RunAsync("trace", "-m", model, "--prompt", Prompt)).Refusal();
        Assert.Contains("h.6.", sentence, StringComparison.Ordinal);
        Assert.Contains("the configuration has 7 layers, the weights have 6", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tokenizer_that_lacks_a_token_its_merges_make_is_refused()
    {
        string model = _folder.CopyOf(TestFiles.Model("novels-gpt"));
        File.Delete(Path.Combine(model, "tokenizer.json"));
        string path = Path.Combine(model, "vocab.json");
        JsonObject vocabulary = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!.AsObject();
        Assert.True(vocabulary.Remove("Ġthe"));
        await File.WriteAllTextAsync(path, vocabulary.ToJsonString(), TestContext.Current.CancellationToken);
        string sentence = (await CliProcess.RunAsync("tokenize", "-m", model, "--text", Prompt)).Refusal();
        Assert.Contains("Ġthe", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_longer_than_the_context_is_refused_with_both_lengths()
    {
        string words = string.Concat(Enumerable.Repeat(" the", 257));
        string sentence = (await CliProcess.RunAsync("generate", "-m", "novels-gpt", "--prompt", words)).Refusal();
        Assert.Contains("256", sentence, StringComparison.Ordinal);
        Assert.Contains("257", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id:4096", "id:4095")]
    [InlineData("id:-1", "id:0")]
    [InlineData("id:x", "id:x")]
    public async Task A_token_id_outside_the_table_is_refused_with_its_range(string token, string expected)
    {
        string sentence = (await CliProcess.RunAsync("neighbors", token, "-m", "novels-gpt")).Refusal();
        Assert.Contains(expected, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_literal_of_several_tokens_shows_how_it_splits_and_what_is_near()
    {
        string sentence = (await CliProcess.RunAsync("neighbors", " fathermother", "-m", "novels-gpt")).Refusal();
        Assert.Contains("\" father\" (id:", sentence, StringComparison.Ordinal);
        Assert.Contains("nearest single tokens", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ids_outside_the_table_are_refused()
    {
        string sentence = (await CliProcess.RunAsync("trace", "-m", "novels-gpt", "--ids", "1,5000")).Refusal();
        Assert.Contains("5000", sentence, StringComparison.Ordinal);
        Assert.Contains("4095", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Activations_are_not_written_where_nothing_can_be_written()
    {
        string missing = Path.Combine(_folder["no-such-folder"], "a.safetensors");
        string sentence = (await CliProcess.RunAsync("trace", "-m", "novels-gpt", "--prompt", Prompt, "--save-activations", missing)).Refusal();
        Assert.Contains("no-such-folder", sentence, StringComparison.Ordinal);
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public async Task A_report_is_not_written_over_a_folder()
    {
        string taken = _folder["taken.html"];
        Directory.CreateDirectory(taken);
        string sentence = (await CliProcess.RunAsync("report", "-m", "novels-gpt", "-o", taken)).Refusal();
        Assert.Contains("taken.html", sentence, StringComparison.Ordinal);
        Assert.Empty(_folder.Files());
    }

    [Theory]
    [InlineData("geometry")]
    [InlineData("roundtrip --all")]
    [InlineData("neighbors id:5")]
    [InlineData("trace --ids 5,6,7")]
    [InlineData("generate --prompt-ids 5,6,7")]
    [InlineData("confidence --ids 5,6,7")]
    public async Task Not_a_number_in_the_weights_is_reported(string command)
    {
        string model = _folder.CopyOf(TestFiles.Model("novels-gpt"));
        PoisonTable(Path.Combine(model, "model.safetensors"));
        string sentence = (await CliProcess.RunAsync([.. command.Split(' '), "-m", model])).Refusal();
        Assert.Contains("NaN", sentence, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("eval perplexity no-such.txt -m novels-gpt", "no-such.txt")]
    [InlineData("eval perplexity models -m novels-gpt", "folder")]
    [InlineData("eval perplexity models/novels-gpt/model.safetensors -m novels-gpt", "UTF-8")]
    [InlineData("eval perplexity LICENSE -m novels-gpt --window 257", "256")]
    [InlineData("eval perplexity LICENSE -m novels-gpt --window 8 --stride 9", "window of 8")]
    [InlineData("eval", "perplexity")]
    [InlineData("tokenize", "--text")]
    [InlineData("tokenize --text a --file b", "several")]
    [InlineData("roundtrip -m novels-gpt", "neither")]
    [InlineData("roundtrip id:1 --all -m novels-gpt", "both")]
    [InlineData("roundtrip --all --top 3 -m novels-gpt", "--top")]
    [InlineData("generate -m novels-gpt", "--prompt")]
    [InlineData("generate -m novels-gpt --prompt a --prompt-ids 1", "both")]
    [InlineData("generate -m novels-gpt --prompt a --top-p 0.9", "--temperature")]
    [InlineData("generate -m novels-gpt --prompt a --temperature -1", "--temperature")]
    [InlineData("generate -m novels-gpt --prompt a --temperature nan", "--temperature")]
    [InlineData("generate -m novels-gpt --prompt a --temperature 1 --top-p 1.5", "--top-p")]
    [InlineData("generate -m novels-gpt --prompt-ids 1,,2", "--prompt-ids")]
    [InlineData("trace -m novels-gpt --ids 1,2 --position 2", "0 to 1")]
    [InlineData("trace -m novels-gpt --ids 1,2 --target id:3 --versus id:3", "twice")]
    [InlineData("trace -m novels-gpt --ids 1,2 --save-activations a.npz", ".safetensors")]
    [InlineData("confidence -m novels-gpt --ids 1,2 --temperatures 1,x", "\"x\"")]
    [InlineData("verify", "FOLDER")]
    [InlineData("verify no-such-folder", "no-such-folder")]
    [InlineData("verify models/novels-gpt", "inputs.json")]
    [InlineData("inspect README.md", "README.md")]
    [InlineData("lookup -m novels-gpt", "neither")]
    [InlineData("models -m novels-gpt", "--model")]
    [InlineData("bigrams --all --top 3 -m novels-gpt", "--top")]
    [InlineData("bigrams id:5 --seed 3 -m novels-gpt", "--seed")]
    [InlineData("map --neighbors 3 -m novels-gpt", "--label")]
    [InlineData("subspace id:5 id:99999 -m novels-gpt", "id:0 to id:4095")]
    [InlineData("contextualize heart --text heart -m novels-gpt", "two sentences")]
    [InlineData("neighbors -m novels-gpt -- id:5 --top 3", "everything after --")]
    [InlineData("geometry -m novels-gpt --epsilon -1", "expected a number of at least 0, found")]
    public async Task Bad_usage_is_one_sentence(string command, string expected)
    {
        string sentence = (await CliProcess.RunAsync(command.Split(' '))).Refusal();
        Assert.Contains(expected, sentence, StringComparison.Ordinal);
    }

    private string CopyWithConfig(Action<JsonObject> change)
    {
        string model = _folder.CopyOf(TestFiles.Model("novels-gpt"));
        string path = Path.Combine(model, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(config);
        File.WriteAllText(path, config.ToJsonString());
        return model;
    }

    /// <summary>Makes one number of the token table, stored as half precision, not a number.</summary>
    private static void PoisonTable(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        JsonNode table = JsonNode.Parse(bytes.AsSpan(8, header))!["transformer.wte.weight"]!;
        int start = 8 + header + table["data_offsets"]![0]!.GetValue<int>();
        const int Row = 5, Width = 192, NotANumber = 0x7E00;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(start + 2 * Row * Width), NotANumber);
        File.WriteAllBytes(path, bytes);
    }
}
