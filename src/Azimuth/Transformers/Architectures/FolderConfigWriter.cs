using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>Writes a config as the reference library's config.json, in the older spelling of rotary settings, which every version of it reads; then reads it back.</summary>
internal static class FolderConfigWriter
{
    /// <summary>The config.json of a GGUF file's model.</summary>
    /// <returns>The object, the config as it will be read, and the names of the tensors.</returns>
    /// <exception cref="ArgumentException">A setting that no family of folders with this form in GGUF has.</exception>
    public static (JsonObject Json, TransformerConfig Read, TensorNames Names) Write(TransformerConfig config, GgufFile file)
    {
        string architecture = file.Metadata.GetString("general.architecture"), problem = $"the architecture {architecture} has no form as a folder here";
        foreach (string type in ArchitectureRegistry.FoldersOf(architecture))
        {
            JsonObject json = Json(type, config);
            SetIds(json, file.Metadata);
            using JsonDocument document = JsonDocument.Parse(json.ToJsonString());
            (TransformerConfig read, TensorNames names) = ArchitectureRegistry.Read(new ConfigReader(document.RootElement, "config.json"));
            if (ConfigDifference.Find(config, read) is not { } difference)
                return (json, read, names);
            problem = $"{difference.Setting}: the model has {difference.Expected}, config.json of the family {type} has {difference.Found}";
        }

        throw new ArgumentException($"{problem}. Keep the model as GGUF.");
    }

    private static void SetIds(JsonObject json, GgufMetadata metadata)
    {
        foreach (var (key, name) in new[] { ("bos_token_id", "bos"), ("pad_token_id", "padding") })
        {
            if (metadata.FindInt32($"tokenizer.ggml.{name}_token_id") is { } id)
                json[key] = id;
        }

        // Whoever generates has to stop at any of them.
        IReadOnlyList<int> ends = GenerationDefaults.EndIdsOf(metadata);
        if (ends.Count > 0)
            json["eos_token_id"] = ends.Count == 1 ? JsonValue.Create(ends[0]) : new JsonArray([.. ends.Select(id => JsonValue.Create(id))]);
    }

    private static JsonObject Json(string type, TransformerConfig config) => type switch
    {
        "gpt2" => Gpt2(config),
        "gpt_neox" => GptNeoX(config),
        "falcon" => Falcon(config),
        "bert" => Bert(config),
        "bloom" => Bloom(config),
        "distilbert" => DistilBert(config),
        "mpt" => Mpt(config),
        "phi" => Decoder("PhiForCausalLM", type, config, "layer_norm_eps"),
        "phi3" => WithWindow(Decoder("Phi3ForCausalLM", type, config), config),
        "starcoder2" => StarCoder2(config),
        "mistral" => WithWindow(Decoder("MistralForCausalLM", type, config), config),
        "qwen2" or "qwen3" => Qwen(type, config),
        "gemma" or "gemma2" or "gemma3_text" => Gemma(type, config),
        _ => Llama(type, config),
    };

    /// <summary>What Llama and its descendants have in common.</summary>
    private static JsonObject Decoder(string architecture, string type, TransformerConfig config, string normKey = "rms_norm_eps", string activationKey = "hidden_act")
    {
        LayerConfig layer = config.Layers[0];
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(architecture),
            ["model_type"] = type,
            ["vocab_size"] = config.VocabSize,
            ["hidden_size"] = config.ModelDim,
            ["intermediate_size"] = config.MlpDim,
            ["num_hidden_layers"] = config.LayerCount,
            ["num_attention_heads"] = config.HeadCount,
            ["num_key_value_heads"] = config.KeyValueHeadCount,
            ["max_position_embeddings"] = config.ContextLength,
            [activationKey] = Name(layer.Mlp.Activation, type == "phi"),
            [normKey] = Number(layer.Norm.Epsilon),
            ["tie_word_embeddings"] = config.Output.Tied,
        };
        if (config.HeadDim * config.HeadCount != config.ModelDim || type.StartsWith("gemma", StringComparison.Ordinal) || type == "qwen3")
            json["head_dim"] = config.HeadDim;
        return WithRotary(json, config);
    }

    private static JsonObject WithRotary(JsonObject json, TransformerConfig config, string baseKey = "rope_theta", string partKey = "partial_rotary_factor")
    {
        RotaryConfig rotary = (config.Layers.FirstOrDefault(layer => layer.Attention.Window is null) ?? config.Layers[0]).Attention.Rotary!;
        json[baseKey] = rotary.Base;
        if (rotary.Dim != config.HeadDim || partKey != "partial_rotary_factor")
            json[partKey] = (double)rotary.Dim / config.HeadDim;
        if (FolderRotary.Scaling(rotary, config.ContextLength) is { } scaling)
            json["rope_scaling"] = scaling;
        if (rotary.Scaling is RotaryScaling.Long factors)
            json["original_max_position_embeddings"] = factors.OriginalContext;
        return json;
    }

    private static JsonObject WithWindow(JsonObject json, TransformerConfig config)
    {
        if (config.Layers.Select(layer => layer.Attention.Window).FirstOrDefault(window => window is not null) is not { } window)
        {
            json["sliding_window"] = null;
            return json;
        }

        json["sliding_window"] = window;
        json["layer_types"] = new JsonArray([.. config.Layers.Select(layer => JsonValue.Create(layer.Attention.Window is null ? "full_attention" : "sliding_attention"))]);
        return json;
    }

    private static JsonObject Llama(string type, TransformerConfig config)
    {
        JsonObject json = Decoder("LlamaForCausalLM", type, config);
        json["attention_bias"] = config.Layers[0].Attention.HasInputBias;
        json["mlp_bias"] = config.Layers[0].Mlp.HasBias;
        return json;
    }

    private static JsonObject Qwen(string type, TransformerConfig config)
    {
        JsonObject json = WithWindow(Decoder(type == "qwen2" ? "Qwen2ForCausalLM" : "Qwen3ForCausalLM", type, config), config);
        json["use_sliding_window"] = json["sliding_window"] is not null;
        if (type == "qwen3")
            json["attention_bias"] = config.Layers[0].Attention.HasInputBias;
        return json;
    }

    private static JsonObject Gemma(string type, TransformerConfig config)
    {
        AttentionConfig attention = config.Layers[0].Attention;
        string architecture = type switch { "gemma" => "GemmaForCausalLM", "gemma2" => "Gemma2ForCausalLM", _ => "Gemma3ForCausalLM" };
        JsonObject json = Decoder(architecture, type, config, activationKey: type == "gemma" ? "hidden_act" : "hidden_activation");
        if (type == "gemma")
            return json;
        WithWindow(json, config);
        double width = 1 / ((double)attention.Scale * attention.Scale);
        json["query_pre_attn_scalar"] = Math.Abs(width - Math.Round(width)) < 1e-3 ? Math.Round(width) : width;
        json["attn_logit_softcapping"] = Optional(attention.SoftCap);
        json["final_logit_softcapping"] = Optional(config.Output.LogitSoftCap);
        if (type == "gemma3_text" && config.Layers.FirstOrDefault(layer => layer.Attention.Window is not null)?.Attention.Rotary is { } local)
            json["rope_local_base_freq"] = local.Base;
        return json;
    }

    private static JsonObject StarCoder2(TransformerConfig config)
    {
        JsonObject json = WithWindow(Decoder("Starcoder2ForCausalLM", "starcoder2", config, "norm_epsilon"), config);
        json["use_bias"] = config.Layers[0].Attention.HasInputBias;
        return json;
    }

    private static JsonObject Gpt2(TransformerConfig config) => new()
    {
        ["architectures"] = new JsonArray("GPT2LMHeadModel"),
        ["model_type"] = "gpt2",
        ["vocab_size"] = config.VocabSize,
        ["n_positions"] = config.ContextLength,
        ["n_embd"] = config.ModelDim,
        ["n_layer"] = config.LayerCount,
        ["n_head"] = config.HeadCount,
        ["n_inner"] = config.MlpDim,
        ["activation_function"] = Name(config.Layers[0].Mlp.Activation, isOlder: true),
        ["layer_norm_epsilon"] = Number(config.Layers[0].Norm.Epsilon),
        ["tie_word_embeddings"] = config.Output.Tied,
    };

    private static JsonObject GptNeoX(TransformerConfig config)
    {
        JsonObject json = Decoder("GPTNeoXForCausalLM", "gpt_neox", config, "layer_norm_eps");
        foreach (string key in new[] { "num_key_value_heads", "rope_theta", "partial_rotary_factor", "head_dim" })
            json.Remove(key);
        WithRotary(json, config, "rotary_emb_base", "rotary_pct");
        json["use_parallel_residual"] = config.Layers[0].Shape == BlockShape.ParallelTwoNorms;
        json["attention_bias"] = config.Layers[0].Attention.HasInputBias;
        return json;
    }

    private static JsonObject Falcon(TransformerConfig config)
    {
        AttentionConfig attention = config.Layers[0].Attention;
        bool twoNorms = config.Layers[0].Shape == BlockShape.ParallelTwoNorms, isNewer = twoNorms || (attention.KeyValueHeadCount != 1 && attention.KeyValueHeadCount != attention.HeadCount);
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray("FalconForCausalLM"),
            ["model_type"] = "falcon",
            ["vocab_size"] = config.VocabSize,
            ["hidden_size"] = config.ModelDim,
            ["ffn_hidden_size"] = config.MlpDim,
            ["num_hidden_layers"] = config.LayerCount,
            ["num_attention_heads"] = config.HeadCount,
            ["num_kv_heads"] = config.KeyValueHeadCount,
            ["new_decoder_architecture"] = isNewer,
            ["num_ln_in_parallel_attn"] = isNewer ? (twoNorms ? 2 : 1) : null,
            ["multi_query"] = attention.KeyValueHeadCount == 1 || isNewer,
            ["parallel_attn"] = true,
            ["alibi"] = false,
            ["bias"] = attention.HasInputBias,
            ["activation"] = Name(config.Layers[0].Mlp.Activation),
            ["layer_norm_epsilon"] = Number(config.Layers[0].Norm.Epsilon),
            ["max_position_embeddings"] = config.ContextLength,
            ["tie_word_embeddings"] = config.Output.Tied,
        };
        return WithRotary(json, config);
    }

    private static JsonObject Bloom(TransformerConfig config) => new()
    {
        ["architectures"] = new JsonArray("BloomForCausalLM"),
        ["model_type"] = "bloom",
        ["vocab_size"] = config.VocabSize,
        ["hidden_size"] = config.ModelDim,
        ["n_layer"] = config.LayerCount,
        ["n_head"] = config.HeadCount,
        ["seq_length"] = config.ContextLength,
        ["layer_norm_epsilon"] = Number(config.Layers[0].Norm.Epsilon),
        ["tie_word_embeddings"] = config.Output.Tied,
    };

    private static JsonObject Mpt(TransformerConfig config) => new()
    {
        ["architectures"] = new JsonArray("MptForCausalLM"),
        ["model_type"] = "mpt",
        ["vocab_size"] = config.VocabSize,
        ["d_model"] = config.ModelDim,
        ["n_layers"] = config.LayerCount,
        ["n_heads"] = config.HeadCount,
        ["max_seq_len"] = config.ContextLength,
        ["expansion_ratio"] = config.MlpDim / config.ModelDim,
        ["no_bias"] = true,
        ["layer_norm_epsilon"] = Number(config.Layers[0].Norm.Epsilon),
        ["attn_config"] = new JsonObject { ["alibi"] = true, ["alibi_bias_max"] = 8, ["clip_qkv"] = Optional(config.Layers[0].Attention.Clip) },
        ["tie_word_embeddings"] = config.Output.Tied,
    };

    /// <summary>Without a class: those that there are promise a pooler or a head, which GGUF files lack.</summary>
    private static JsonObject Bert(TransformerConfig config) => new()
    {
        ["model_type"] = "bert",
        ["vocab_size"] = config.VocabSize,
        ["hidden_size"] = config.ModelDim,
        ["intermediate_size"] = config.MlpDim,
        ["num_hidden_layers"] = config.LayerCount,
        ["num_attention_heads"] = config.HeadCount,
        ["max_position_embeddings"] = config.ContextLength,
        ["type_vocab_size"] = Math.Max(1, config.Embedding.TokenTypes),
        ["hidden_act"] = Name(config.Layers[0].Mlp.Activation),
        ["layer_norm_eps"] = Number(config.Layers[0].Norm.Epsilon),
    };

    private static JsonObject DistilBert(TransformerConfig config) => new()
    {
        ["model_type"] = "distilbert",
        ["vocab_size"] = config.VocabSize,
        ["dim"] = config.ModelDim,
        ["hidden_dim"] = config.MlpDim,
        ["n_layers"] = config.LayerCount,
        ["n_heads"] = config.HeadCount,
        ["max_position_embeddings"] = config.ContextLength,
        ["activation"] = Name(config.Layers[0].Mlp.Activation),
    };

    private static string Name(Activation activation, bool isOlder = false) => activation switch
    {
        Activation.Gelu => "gelu",
        Activation.GeluTanh => isOlder ? "gelu_new" : "gelu_pytorch_tanh",
        Activation.GeluQuick => "quick_gelu",
        Activation.Relu => "relu",
        _ => "silu",
    };

    /// <summary>The shortest decimal number that a single-precision one was made from.</summary>
    internal static double Number(float value) => double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static JsonNode? Optional(float? value) => value is { } number ? JsonValue.Create(Number(number)) : null;
}
