using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>BLOOM (BigScience 2022): ALiBi instead of positions, a norm right after the embedding, queries, keys and values head after head in one matrix.</summary>
internal static class Bloom
{
    public static Architecture Family { get; } = new() { ModelType = "bloom", ReadConfig = ReadConfig, Tensors = Names, Gguf = GgufForms.Bloom };

    private static TensorNames Names(TransformerConfig config) => new()
    {
        Prefixes = ["transformer.", ""],
        TokenEmbedding = "word_embeddings",
        EmbeddingNorm = "word_embeddings_layernorm",
        FinalNorm = "ln_f",
        AttentionNorm = "h.{layer}.input_layernorm",
        QueryKeyValue = new FusedNames("h.{layer}.self_attention.query_key_value") { RowOrder = FusedLayouts.ByGroup },
        AttentionOutput = "h.{layer}.self_attention.dense",
        MlpNorm = "h.{layer}.post_attention_layernorm",
        MlpUp = new FusedNames("h.{layer}.mlp.dense_h_to_4h"),
        MlpDown = "h.{layer}.mlp.dense_4h_to_h",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        config.Require("apply_residual_connection_post_layernorm", false, fallback: false);
        string modelKey = config.Has("hidden_size") ? "hidden_size" : "n_embed", headKey = config.Has("n_head") ? "n_head" : "num_attention_heads";
        int model = config.Count(modelKey, 64), heads = config.HeadCount(headKey, 8);
        int headDim = config.HeadDim(model, heads, modelKey, headKey);
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = (float)config.Positive("layer_norm_epsilon", 1e-5), HasBias = true };
        var layer = new LayerConfig
        {
            Shape = BlockShape.PreNorm,
            Norm = norm,
            Attention = new AttentionConfig
            {
                HeadCount = heads,
                KeyValueHeadCount = heads,
                HeadDim = headDim,
                Scale = (float)(1 / Math.Sqrt(headDim)),
                HasInputBias = true,
                HasOutputBias = true,
                AlibiSlopes = Alibi.Slopes(heads),
            },
            Mlp = new MlpConfig { HiddenDim = 4 * model, Activation = Activation.GeluTanh, IsGated = false, HasBias = true },
        };
        return new TransformerConfig
        {
            Architecture = "bloom",
            VocabSize = config.Count("vocab_size", 250880),
            ContextLength = config.Count("seq_length", 2048), // what it was trained on; ALiBi itself has no end
            ModelDim = model,
            Embedding = new EmbeddingConfig { Dim = model, Norm = norm },
            Layers = [.. Enumerable.Repeat(layer, config.Has("n_layer") ? config.LayerCount("n_layer") : config.LayerCount("num_hidden_layers", 2))],
            FinalNorm = norm,
            Output = new OutputConfig { Tied = config.Flag("tie_word_embeddings", true) },
        };
    }
}
