using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// Falcon (Almazrouei et al. 2023): 7B (one key-value head, one norm, sub-blocks side by side), 40B (grouped heads, two norms, side by side) and RW (ALiBi,
/// sub-blocks one after the other, biases).
/// </summary>
internal static class Falcon
{
    public static Architecture Family { get; } = new() { ModelType = "falcon", ReadConfig = ReadConfig, Tensors = Names, Gguf = GgufForms.Falcon };

    private static TensorNames Names(TransformerConfig config)
    {
        bool twoNorms = config.Layers[0].Shape == BlockShape.ParallelTwoNorms;
        return new TensorNames
        {
            Prefixes = ["transformer.", ""],
            TokenEmbedding = "word_embeddings",
            FinalNorm = "ln_f",
            AttentionNorm = twoNorms ? "h.{layer}.ln_attn" : "h.{layer}.input_layernorm",
            QueryKeyValue = new FusedNames("h.{layer}.self_attention.query_key_value") { RowOrder = FusedLayouts.ByGroup },
            AttentionOutput = "h.{layer}.self_attention.dense",
            MlpNorm = twoNorms ? "h.{layer}.ln_mlp" : "h.{layer}.post_attention_layernorm",
            MlpUp = new FusedNames("h.{layer}.mlp.dense_h_to_4h"),
            MlpDown = "h.{layer}.mlp.dense_4h_to_h",
        };
    }

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        int model = config.Count("hidden_size", 4544), heads = config.HeadCount("num_attention_heads", 71), context = config.Count("max_position_embeddings", 2048);
        bool grouped = config.Flag("new_decoder_architecture", false), biases = config.Flag("bias", false);
        bool alibi = config.Flag("alibi", false), twice = AddsAlibiTwice(config);
        int headDim = config.HeadDim(model, heads, "hidden_size", "num_attention_heads");
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = (float)config.Positive("layer_norm_epsilon", 1e-5), HasBias = true };
        var layer = new LayerConfig
        {
            Shape = Shape(config, grouped),
            Norm = norm,
            Attention = new AttentionConfig
            {
                HeadCount = heads,
                KeyValueHeadCount = grouped ? config.KeyValueHeads("num_kv_heads", heads, "num_attention_heads") : config.Flag("multi_query", true) ? 1 : heads,
                HeadDim = headDim,
                Scale = (float)(1 / Math.Sqrt(headDim)),
                HasInputBias = biases,
                HasOutputBias = biases,
                Rotary = alibi ? null : RotaryReader.Read(config, headDim, context),
                AlibiSlopes = alibi ? [.. Alibi.Slopes(heads).Select(Alibi.Bfloat16)] : null, // the model was trained with them in bfloat16
                AlibiIsRounded = alibi,
                AlibiScale = (float)((twice ? 2 : 1) / Math.Sqrt(headDim)),
            },
            Mlp = new MlpConfig
            {
                HiddenDim = config.Count("ffn_hidden_size", 4 * model),
                Activation = config.Activation("activation", "gelu"),
                IsGated = false,
                HasBias = biases,
            },
        };
        return new TransformerConfig
        {
            Architecture = "falcon",
            VocabSize = config.Count("vocab_size", 65024),
            ContextLength = context,
            ModelDim = model,
            Embedding = new EmbeddingConfig { Dim = model },
            Layers = [.. Enumerable.Repeat(layer, config.LayerCount("num_hidden_layers", 32))],
            FinalNorm = norm,
            Output = new OutputConfig { Tied = config.Flag("tie_word_embeddings", true) },
            Remarks = alibi && twice
                ? ["ALiBi counts twice, as in the reference's plain attention; with \"attn_implementation\": \"sdpa\" in config.json it counts once, as in its fused attention and in training"]
                : [],
        };
    }

    /// <summary>
    /// Falcon scales q·k and ALiBi together, so ALiBi has the factor 1/√d. The reference's plain ("eager") attention then adds it a second time: its mask,
    /// made for the fused attention of PyTorch, already holds ALiBi/√d, and the scores have got it too. The reference values are from there; so it is
    /// what a config says that names no implementation. One that names "sdpa" has it once, as the model was trained.
    /// </summary>
    private static bool AddsAlibiTwice(ConfigReader config) => config.Text("attn_implementation", config.Text("_attn_implementation", "eager")) != "sdpa";

    private static BlockShape Shape(ConfigReader config, bool grouped)
    {
        if (!config.Flag("parallel_attn", true) && !grouped)
            return BlockShape.PreNorm;
        return grouped && config.Count("num_ln_in_parallel_attn", 2) == 2 ? BlockShape.ParallelTwoNorms : BlockShape.Parallel;
    }
}
