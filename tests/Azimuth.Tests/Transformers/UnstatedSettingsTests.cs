using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tests.Tokenization;
using Azimuth.Tokenization;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;

namespace Azimuth.Tests.Transformers;

/// <summary>Settings that older files leave out: what counts then is what the program that the files were made for takes.</summary>
public sealed class UnstatedSettingsTests : IDisposable
{
    private readonly Workers _workers = new(1);
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_first_GGUF_files_of_Gemma_2_mean_its_caps_and_window()
    {
        string path = _folder.File("model.gguf"), first = _folder.File("first.gguf");
        ModelConverter.ToGguf(LanguageModel.Load(TestFiles.Fixture("families", "gemma2"), _workers), new ConversionOptions(), path, cancellation: TestContext.Current.CancellationToken);
        GgufFile file = GgufFile.Open(path);
        GgufKeys keys = GgufKeys.From(file.Metadata);
        foreach (string key in new[] { "attn_logit_softcapping", "final_logit_softcapping", "attention.sliding_window" })
        {
            Assert.True(keys.Has("gemma2." + key), key);
            keys.Remove("gemma2." + key);
        }

        GgufWriter.Save(first, keys, [.. file.Tensors.Select(tensor => new GgufTensor(tensor.Name, tensor.Type!.Value, tensor.Shape, file.Bytes(tensor.Name)))], cancellation: TestContext.Current.CancellationToken);
        TransformerConfig config = LanguageModel.Load(first, _workers).Config;
        Assert.Equal(30, config.Output.LogitSoftCap);
        Assert.All(config.Layers, layer => Assert.Equal(50, layer.Attention.SoftCap));
        Assert.Equal([4096, null], config.Layers.Take(2).Select(layer => layer.Attention.Window));
    }

    [Fact]
    public void Layers_of_GPT_Neo_are_those_of_its_groups_where_they_are_not_listed()
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(TestFiles.Fixture("families", "gpt-neo", "config.json")))!.AsObject();
        int layers = json["num_layers"]!.GetValue<int>();
        json.Remove("attention_layers");
        json["attention_types"] = JsonNode.Parse($$"""[[["local"], {{layers - 1}}], [["global"], 1]]""");
        Assert.Equal([.. Enumerable.Repeat(true, layers - 1), false], Read(json).Layers.Select(layer => layer.Attention.Window is not null));
        json["attention_types"] = JsonNode.Parse("""[[["local"], 2000000000]]""");
        Assert.Contains($"attention_types: expected {layers} texts", Assert.Throws<CheckpointFormatException>(() => Read(json)).Message);
        json["attention_types"] = JsonNode.Parse("""[["local", 1]]""");
        Assert.Contains("groups of texts", Assert.Throws<CheckpointFormatException>(() => Read(json)).Message);
    }

    [Theory]
    [InlineData(3, 1, 2, 0)]
    [InlineData(1, null, null, null)]
    public void A_Llama_vocabulary_that_names_no_roles_has_the_usual_ones(int kind, int? begin, int? end, int? unknown)
    {
        byte[] bytes = new GgufMetadataBytes().Text("tokenizer.ggml.model", "llama").Texts("tokenizer.ggml.tokens", "<unk>", "<s>", "</s>", "▁a")
            .Singles("tokenizer.ggml.scores", 0, 0, 0, -1).Integers("tokenizer.ggml.token_type", kind == 3 ? 2 : 1, kind, kind, 1).ToArray();
        Tokenizer tokenizer = Tokenizer.FromGguf(GgufFile.FromBytes(StoredBytes.FromBytes(bytes), "x.gguf"));
        Assert.Equal((begin, end, unknown), (tokenizer.BeginId, tokenizer.EndId, tokenizer.UnknownId));
        Assert.Equal(begin is { } first ? [first, 3] : [3], tokenizer.Encode("a").Ids);
    }

    private static TransformerConfig Read(JsonObject json)
    {
        using JsonDocument document = JsonDocument.Parse(json.ToJsonString());
        return ArchitectureRegistry.Read(new ConfigReader(document.RootElement.Clone(), "config.json")).Config;
    }

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }
}
