using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// GPT-NeoX (Black et al. 2022) and Pythia (Biderman et al. 2023): attention and MLP side by side, each after a norm of its own, or one after the other;
/// part of each head turned; queries, keys and values head after head in one matrix.
/// </summary>
internal static class GptNeoX
{
    public static Architecture Family { get; } = new() { ModelType = "gpt_neox", ReadConfig = ReadConfig, Tensors = Names, Gguf = GgufForms.GptNeoX };

    private static TensorNames Names(TransformerConfig config) => new()
    {
        Prefixes = ["gpt_neox.", ""],
        TokenEmbedding = "embed_in",
        FinalNorm = "final_layer_norm",
        Unembedding = "embed_out",
        AttentionNorm = "layers.{layer}.input_layernorm",
        QueryKeyValue = new FusedNames("layers.{layer}.attention.query_key_value") { RowOrder = FusedLayouts.ByGroup },
        AttentionOutput = "layers.{layer}.attention.dense",
        MlpNorm = "layers.{layer}.post_attention_layernorm",
        MlpUp = new FusedNames("layers.{layer}.mlp.dense_h_to_4h"),
        MlpDown = "layers.{layer}.mlp.dense_4h_to_h",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        int model = config.Count("hidden_size", 6144), heads = config.Count("num_attention_heads", 64), context = config.Count("max_position_embeddings", 2048);
        int headDim = config.HeadDim(model, heads, "hidden_size", "num_attention_heads");
        bool biases = config.Flag("attention_bias", true);
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = (float)config.Positive("layer_norm_eps", 1e-5), HasBias = true };
        var layer = new LayerConfig
        {
            Shape = config.Flag("use_parallel_residual", true) ? BlockShape.ParallelTwoNorms : BlockShape.PreNorm,
            Norm = norm,
            Attention = new AttentionConfig
            {
                HeadCount = heads,
                KeyValueHeadCount = heads,
                HeadDim = headDim,
                Scale = (float)(1 / Math.Sqrt(headDim)),
                HasInputBias = biases,
                HasOutputBias = biases,
                Rotary = RotaryReader.Read(config, headDim, context, defaultPart: 0.25, olderBaseKey: "rotary_emb_base", olderPartKey: "rotary_pct"),
            },
            Mlp = new MlpConfig
            {
                HiddenDim = config.Count("intermediate_size", 24576),
                Activation = config.Activation("hidden_act", "gelu"),
                IsGated = false,
                HasBias = true,
            },
        };
        return new TransformerConfig
        {
            Architecture = "gpt_neox",
            VocabSize = config.Count("vocab_size", 50432),
            ContextLength = context,
            ModelDim = model,
            Embedding = new EmbeddingConfig { Dim = model },
            Layers = [.. Enumerable.Repeat(layer, config.LayerCount("num_hidden_layers", 44))],
            FinalNorm = norm,
            Output = new OutputConfig { Tied = config.Flag("tie_word_embeddings", false) },
        };
    }
}
