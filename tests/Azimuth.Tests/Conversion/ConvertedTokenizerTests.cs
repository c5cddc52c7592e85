using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tests.Tokenization;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;
using Azimuth.Transformers;

namespace Azimuth.Tests.Conversion;

/// <summary>What a folder says beside its vocabulary: whether it is in the GGUF file, and in the folder made of that.</summary>
public sealed class ConvertedTokenizerTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private readonly Workers _workers = new(2);
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Generation_ends_at_the_same_tokens()
    {
        string source = Copy();
        File.WriteAllText(Path.Combine(source, "generation_config.json"), """{"eos_token_id": [2, 300, 301]}""");
        (GgufFile file, string back, _) = ThereAndBack(source);
        Assert.Equal([2, 300, 301], LanguageModel.Load(source, _workers).GenerationDefaults.EndIds);
        Assert.Equal([2, 300, 301], LanguageModel.Load(file.Path, _workers).GenerationDefaults.EndIds);
        Assert.Equal([2, 300, 301], LanguageModel.Load(back, _workers).GenerationDefaults.EndIds);
        Assert.Equal(300, file.Metadata.GetInt32("tokenizer.ggml.eot_token_id"));
    }

    [Fact]
    public void A_token_too_many_to_end_with_is_said_so()
    {
        string source = Copy();
        File.WriteAllText(Path.Combine(source, "generation_config.json"), """{"eos_token_id": [2, 300, 301, 302, 99999]}""");
        Assert.Contains(ThereAndBack(source).Remarks, remark => remark.Contains("ends at token 302 too", StringComparison.Ordinal));
    }

    [Fact]
    public void Named_chat_templates_come_back()
    {
        const string Templates = """[{"name":"default","template":"{{ a }}"},{"name":"rag","template":"{{ b }}"}]""";
        string source = Copy();
        Change(source, "tokenizer_config.json", config => config["chat_template"] = JsonNode.Parse(Templates));
        (GgufFile file, string back, _) = ThereAndBack(source);
        Assert.Equal("{{ a }}", file.Metadata.GetString("tokenizer.chat_template"));
        Assert.Equal("{{ b }}", file.Metadata.GetString("tokenizer.chat_template.rag"));
        Assert.Equal(Templates, JsonNode.Parse(File.ReadAllText(Path.Combine(back, "tokenizer_config.json")))!["chat_template"]!.ToJsonString());
    }

    [Theory]
    [InlineData("rstrip")]
    [InlineData("lstrip")]
    [InlineData("single_word")]
    public void Flags_of_special_tokens_that_GGUF_cannot_say_are_remarked_on(string flag)
    {
        string source = Copy();
        Assert.DoesNotContain(ThereAndBack(source).Remarks, remark => remark.Contains("special tokens", StringComparison.Ordinal));
        Change(source, "tokenizer.json", json => json["added_tokens"]![2]![flag] = true);
        (GgufFile file, string back, IReadOnlyList<string> remarks) = ThereAndBack(source);
        Assert.Contains(remarks, remark => remark.StartsWith("GGUF has no place for all", StringComparison.Ordinal) && remark.Contains("</s>", StringComparison.Ordinal));
        Assert.Equal("llama", file.Metadata.GetString("tokenizer.ggml.model"));
        Assert.Equal(File.ReadAllText(Path.Combine(source, "tokenizer.json")), File.ReadAllText(Path.Combine(back, "tokenizer.json")));
    }

    [Fact]
    public void A_normal_form_that_GGUF_cannot_say_is_remarked_on()
    {
        string source = Copy();
        Change(source, "tokenizer.json", json => json["normalizer"]!["normalizers"]!.AsArray().Insert(0, new JsonObject { ["type"] = "NFC" }));
        Assert.Contains(ThereAndBack(source).Remarks, remark => remark.Contains("Unicode's forms", StringComparison.Ordinal));
    }

    /// <summary>Without the tokenizer.json that this program puts into the file as it is.</summary>
    [Theory]
    [InlineData("gemma-style")]
    [InlineData("llama2-style")]
    [InlineData("llama3-style")]
    [InlineData("gpt-neox-style")]
    public void A_vocabulary_alone_becomes_a_tokenizer_that_encodes_the_same(string name)
    {
        string source = Copy();
        foreach (string file in new[] { "tokenizer.json", "tokenizer_config.json" })
            File.Copy(TestFiles.Fixture("tokenizers", name, file), Path.Combine(source, file), overwrite: true);
        Change(source, "config.json", config => Assert.True(config.Remove("bos_token_id") && config.Remove("eos_token_id")));
        Tokenizer original = Tokenizer.Load(source);
        var keys = new GgufKeys();
        GgufTokenizerWriter.Write(keys, ModelFolder.Open(source), original, original.VocabSize);
        GgufFile gguf = GgufWriter.InMemory(keys);
        string folder = Directory.CreateDirectory(_folder.File("made")).FullName;
        Assert.Null(GgufTokenizerFiles.Write(gguf, folder));
        Tokenizer written = Tokenizer.FromGguf(gguf), made = Tokenizer.Load(folder);
        foreach (string text in RandomTexts.Unicode(500, seed: 7))
            Assert.Equal(written.Encode(text).Ids, made.Encode(text).Ids);
    }

    private (GgufFile File, string Back, IReadOnlyList<string> Remarks) ThereAndBack(string source)
    {
        string path = _folder.File(Guid.NewGuid() + ".gguf"), back = path + "-folder";
        IReadOnlyList<string> remarks = ModelConverter.ToGguf(LanguageModel.Load(source, _workers), new ConversionOptions(), path, cancellation: Cancel).Remarks;
        ModelConverter.ToFolder(ModelFolder.Open(path), new ConversionOptions(), back, _workers, cancellation: Cancel);
        return (GgufFile.Open(path), back, remarks);
    }

    private string Copy()
    {
        string source = TestFiles.Fixture("checkpoints", "gguf", "model-llama", "hf"), copy = Directory.CreateDirectory(_folder.File("source")).FullName;
        foreach (string file in Directory.EnumerateFiles(source))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    private static void Change(string folder, string name, Action<JsonObject> change)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, name)))!.AsObject();
        change(json);
        File.WriteAllText(Path.Combine(folder, name), json.ToJsonString());
    }

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }
}
