using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;

namespace Azimuth.Tests.Transformers;

/// <summary>Models that are not what they say: one clear sentence each.</summary>
public sealed class BadModelTests : IDisposable
{
    private readonly Workers _workers = new(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth-bad-model").FullName;

    [Theory]
    [InlineData("model_type", "\"lama\"", "model_type: expected a known architecture, found \"lama\". Known are")]
    [InlineData("model_type", "\"lama\"", "the nearest is llama")]
    [InlineData("hidden_size", "\"32\"", "hidden_size: expected a whole number from 1 to 16777216, found \"32\"")]
    [InlineData("hidden_size", "null", "hidden_size: expected a value, found none")]
    [InlineData("num_hidden_layers", "-1", "num_hidden_layers: expected a whole number from 1 to 4096, found -1")]
    [InlineData("num_hidden_layers", "16777216", "num_hidden_layers: expected a whole number from 1 to 4096, found 16777216")]
    [InlineData("num_key_value_heads", "3", "num_key_value_heads: expected a divisor of num_attention_heads (4), found 3")]
    [InlineData("hidden_act", "\"gelo\"", "hidden_act: expected one of gelu,")]
    [InlineData("rms_norm_eps", "0", "rms_norm_eps: expected a number above zero, found 0")]
    [InlineData("tie_word_embeddings", "1", "tie_word_embeddings: expected true or false, found 1")]
    [InlineData("rope_parameters", "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4,\"original_max_position_embeddings\":16}", "rope_parameters.high_freq_factor: expected more than low_freq_factor (4), found 4")]
    [InlineData("rope_parameters", "{\"rope_type\":\"yarm\"}", "rope_parameters.rope_type: expected one of default, dynamic, linear, llama3, longrope, yarn, found \"yarm\"")]
    [InlineData("rope_parameters", "{\"rope_type\":\"linear\"}", "rope_parameters.factor: expected a value, found none")]
    [InlineData("rope_theta", "500", "rope_theta: expected the same as in rope_parameters (10000), found 500")]
    [InlineData("rope_parameters", "7", "rope_parameters: expected an object, found 7")]
    public void A_config_that_is_wrong_is_refused_naming_key_and_file(string key, string value, string message)
    {
        Copy("llama", config => config[key] = JsonNode.Parse(value));
        var error = Assert.Throws<CheckpointFormatException>(() => LanguageModel.Load(_folder, _workers));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "config.json: expected a JSON object, found an empty file. Download it again")]
    [InlineData(" \r\n", "found an empty file")]
    [InlineData("[]", "expected a JSON object, found a list.")]
    [InlineData("{\n  \"a\": x\n}", "expected JSON, found something else in line 2, column 8.")]
    [InlineData("{\"a\": 1, \"a\": 2}", "expected JSON, found a name twice in one object.")]
    public void A_config_that_is_no_object_is_told_in_words_of_our_own(string json, string expected)
    {
        Copy("llama", _ => { });
        File.WriteAllText(Path.Combine(_folder, "config.json"), json);
        Assert.Contains(expected, Assert.Throws<CheckpointFormatException>(() => LanguageModel.Load(_folder, _workers)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_architecture_like_none_has_no_nearest_one()
    {
        Copy("llama", config => config["model_type"] = "foobar");
        Assert.DoesNotContain("nearest", Assert.Throws<CheckpointFormatException>(() => LanguageModel.Load(_folder, _workers)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-neox", "rotary_pct", "0.25", "rotary_pct: expected the same as in rope_parameters (0.5), found 0.25")]
    [InlineData("gpt-neox", "rotary_emb_base", "500", "rotary_emb_base: expected the same as in rope_parameters (10000), found 500")]
    [InlineData("stablelm", "qk_layernorm", "true", "qk_layernorm: expected false, the only form of this family that is computed")]
    public void A_familys_own_keys_are_checked_too(string family, string key, string value, string message)
    {
        Copy(family, config => config[key] = JsonNode.Parse(value));
        var error = Assert.Throws<CheckpointFormatException>(() => LanguageModel.Load(_folder, _workers));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cohere", "layer_norm_eps")]
    [InlineData("mixtral", "rms_norm_eps")]
    [InlineData("olmo2", "rms_norm_eps")]
    [InlineData("phi", "layer_norm_eps")]
    [InlineData("phi", "hidden_act")]
    [InlineData("phi", "rope_parameters")]
    [InlineData("phi3", "rms_norm_eps")]
    [InlineData("stablelm", "layer_norm_eps")]
    [InlineData("stablelm", "rope_parameters")]
    [InlineData("starcoder2", "norm_epsilon")]
    [InlineData("starcoder2", "hidden_act")]
    public void A_key_that_is_missing_means_the_familys_own_default_not_Llamas(string family, string key)
    {
        // The reference wrote these fixtures with its own defaults, so a config without the key says the same.
        Copy(family, config => Assert.True(config.Remove(key)));
        float[] expected = LanguageModel.Load(TestFiles.Fixture("families", family), _workers).NextLogits([1, 2, 3]);
        Assert.Equal(expected, LanguageModel.Load(_folder, _workers).NextLogits([1, 2, 3]));
    }

    /// <summary>Defaults of the reference's configuration classes (transformers 5.23), which the small fixtures state otherwise: read from a config that says nothing.</summary>
    [Theory]
    [InlineData("llama", 16, 16, 4, 10000, null)]
    [InlineData("mistral", 16, 8, 4, 10000, 4096)]
    [InlineData("mixtral", 16, 8, 4, 1e6, null)]
    [InlineData("qwen2", 32, 32, 2, 10000, null)]
    [InlineData("qwen3", 32, 32, 128, 10000, null)]
    [InlineData("qwen3_moe", 16, 4, 4, 10000, null)]
    [InlineData("gemma", 16, 16, 256, 10000, null)]
    [InlineData("gemma2", 16, 4, 256, 10000, 4096)]
    [InlineData("gemma3_text", 16, 4, 256, 10000, 4096)]
    [InlineData("cohere", 16, 16, 4, 500000, null)]
    [InlineData("stablelm", 32, 32, 8, 10000, null, 2)]
    [InlineData("starcoder2", 16, 2, 4, 10000, null)]
    [InlineData("smollm3", 16, 4, 4, 2e6, null)]
    [InlineData("phi3", 16, 16, 4, 10000, null)]
    [InlineData("granite", 16, 16, 4, 10000, null)]
    [InlineData("olmo2", 16, 16, 4, 10000, null)]
    public void Heads_bases_and_windows_that_are_left_out_are_the_familys(string type, int heads, int keyValueHeads, int headDim, double theta, int? window, int turned = 0)
    {
        int model = type == "stablelm" ? 256 : 64;
        JsonElement json = JsonDocument.Parse(
            $$"""{"model_type":"{{type}}","hidden_size":{{model}},"num_attention_heads":{{heads}},"num_hidden_layers":1,"intermediate_size":64,"vocab_size":100}""").RootElement;
        AttentionConfig attention = ArchitectureRegistry.Read(new ConfigReader(json, "config.json")).Config.Layers[0].Attention;
        Assert.Equal(
            (keyValueHeads, headDim, theta, window, turned == 0 ? headDim : turned),
            (attention.KeyValueHeadCount, attention.HeadDim, attention.Rotary!.Base, attention.Window, attention.Rotary.Dim));
    }

    [Fact]
    public void Null_is_none_where_a_missing_key_is_the_familys_default()
    {
        AttentionConfig Read(string more) => ArchitectureRegistry.Read(new ConfigReader(JsonDocument.Parse(
            $$"""{"model_type":"gemma2","hidden_size":64,"num_attention_heads":8,"num_hidden_layers":1,"intermediate_size":64,"vocab_size":100{{more}}}""").RootElement, "config.json")).Config.Layers[0].Attention;
        Assert.Equal((4096, 50f), (Read("").Window, Read("").SoftCap));
        AttentionConfig none = Read(""","sliding_window":null,"attn_logit_softcapping":null""");
        Assert.Null(none.Window);
        Assert.Null(none.SoftCap);
    }

    [Fact]
    public void Tensors_that_the_config_does_not_ask_for_are_remarked_on()
    {
        Copy("llama", config => config["num_hidden_layers"] = 2);
        LanguageModel model = LanguageModel.Load(_folder, _workers);
        string warning = Assert.Single(model.Warnings);
        Assert.Contains("model.safetensors: 9 tensors are not asked for by the configuration and not used: model.layers.2.", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hidden_size", "48", "embed_tokens.weight", "[131, 48]", "[131, 32]")]
    [InlineData("vocab_size", "132", "embed_tokens.weight", "[132, 32]", "[131, 32]")]
    [InlineData("intermediate_size", "73", "gate_proj.weight", "[73, 32]", "[72, 32]")]
    [InlineData("num_key_value_heads", "4", "k_proj.weight", "[32, 32]", "[16, 32]")]
    [InlineData("num_hidden_layers", "4", "model.layers.3.input_layernorm.weight", "the configuration has 4 layers", "the weights have 3")]
    [InlineData("attention_bias", "true", "model.layers.0.self_attn.q_proj.bias", "model.layers", "nearest")]
    public void A_tensor_that_does_not_fit_the_config_is_named(string key, string value, string tensor, string expected, string found)
    {
        Copy("llama", config => config[key] = JsonNode.Parse(value));
        var error = Assert.Throws<CheckpointFormatException>(() => LanguageModel.Load(_folder, _workers));
        Assert.Contains(tensor, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_are_not_numbers_stop_a_run_but_not_a_look_at_the_table()
    {
        Copy("llama", _ => { });
        string path = Path.Combine(_folder, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        TensorInfo tensor = SafetensorsFile.Open(path).Find("model.layers.1.mlp.down_proj.weight")!;
        BitConverter.TryWriteBytes(bytes.AsSpan((int)tensor.Offset + 4 * 75), float.NaN);
        File.WriteAllBytes(path, bytes);
        LanguageModel model = LanguageModel.Load(_folder, _workers);
        Assert.Equal(32, model.TokenEmbedding.Vector(5).Length);
        var error = Assert.Throws<CheckpointFormatException>(() => model.NextLogits([1, 2]));
        Assert.Contains("model.layers.1.mlp.down_proj.weight", error.Message, StringComparison.Ordinal);
        Assert.Contains("found 1 of 2304", error.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointFormatException>(() => model.NextLogits([1, 2]));
    }

    [Fact]
    public void Finite_weights_whose_logits_overflow_stop_generation_and_perplexity()
    {
        Copy("llama", _ => { });
        string path = Path.Combine(_folder, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        foreach (string name in new[] { "model.layers.0.mlp.up_proj.weight", "model.layers.0.mlp.down_proj.weight" })
        {
            TensorInfo tensor = SafetensorsFile.Open(path).Find(name)!;
            for (int i = 0; i < tensor.ElementCount; i++)
                BitConverter.TryWriteBytes(bytes.AsSpan((int)tensor.Offset + 4 * i), i % 2 == 0 ? 1e30f : -1e30f);
        }

        File.WriteAllBytes(path, bytes);
        LanguageModel model = LanguageModel.Load(_folder, _workers);
        var error = Assert.Throws<CheckpointFormatException>(() => Generator.Run(model, [1, 2], new GenerationOptions()));
        Assert.Contains("expected finite logits, found NaN", error.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointFormatException>(() => Perplexity.Of(model, [1, 2, 3], 2, 1));
    }

    private void Copy(string family, Action<JsonObject> change)
    {
        foreach (string file in Directory.GetFiles(TestFiles.Fixture("families", family), "*.*").Where(f => !f.Contains("expected", StringComparison.Ordinal)))
            File.WriteAllBytes(Path.Combine(_folder, Path.GetFileName(file)), File.ReadAllBytes(file));
        string path = Path.Combine(_folder, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    public void Dispose()
    {
        _workers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
