using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// ModernBERT (Warner et al. 2024): rotary positions, norms before the sub-blocks and at the end, a gated MLP, two of three layers with a window to both
/// sides and a rotary base of their own. The first layer has no norm before its attention: the embedding's stands right before it.
/// </summary>
internal static class ModernBert
{
    public static Architecture Family { get; } = new() { ModelType = "modernbert", ReadConfig = ReadConfig, Tensors = _ => Names };

    private static TensorNames Names => new()
    {
        Prefixes = ["model.", ""],
        TokenEmbedding = "embeddings.tok_embeddings",
        EmbeddingNorm = "embeddings.norm",
        FinalNorm = "final_norm",
        AttentionNorm = "layers.{layer}.attn_norm",
        QueryKeyValue = new FusedNames("layers.{layer}.attn.Wqkv"),
        AttentionOutput = "layers.{layer}.attn.Wo",
        MlpNorm = "layers.{layer}.mlp_norm",
        MlpUp = new FusedNames("layers.{layer}.mlp.Wi"),
        MlpDown = "layers.{layer}.mlp.Wo",
        HeadMatrix = "head.dense",
        HeadNorm = "head.norm",
        Unembedding = "decoder",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        int model = config.Count("hidden_size", 768), heads = config.Count("num_attention_heads", 12), layers = config.LayerCount("num_hidden_layers", 22);
        int context = config.Count("max_position_embeddings", 8192), every = config.Count("global_attn_every_n_layers", 3);
        int headDim = config.HeadDim(model, heads, "hidden_size", "num_attention_heads");
        // local_attention counts both sides: half of it before, half after, and the position itself.
        int window = config.Count("local_attention", 128) / 2 + 1;
        IReadOnlyList<bool> slides = LayerWindows.Sliding(config, layers, layer => layer % every != 0);
        RotaryConfig global = RotaryReader.Read(config, headDim, context, defaultBase: 160000, olderBaseKey: "global_rope_theta");
        RotaryConfig local = RotaryReader.Read(config, headDim, context, layerType: "sliding_attention", olderBaseKey: "local_rope_theta");
        bool biases = config.Flag("attention_bias", false);
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = (float)config.Positive("norm_eps", 1e-5), HasBias = config.Flag("norm_bias", false) };
        var attention = new AttentionConfig
        {
            HeadCount = heads,
            KeyValueHeadCount = heads,
            HeadDim = headDim,
            Scale = (float)(1 / Math.Sqrt(headDim)),
            IsCausal = false,
            HasInputBias = biases,
            HasOutputBias = biases,
        };
        var mlp = new MlpConfig
        {
            HiddenDim = config.Count("intermediate_size", 1152),
            Activation = config.Activation("hidden_activation", "gelu"),
            IsGated = true,
            HasBias = config.Flag("mlp_bias", false),
        };
        return new TransformerConfig
        {
            Architecture = "modernbert",
            VocabSize = config.Count("vocab_size", 50368),
            ContextLength = context,
            ModelDim = model,
            Embedding = new EmbeddingConfig { Dim = model, Norm = norm },
            Layers =
            [
                .. slides.Select((isLocal, layer) => new LayerConfig
                {
                    Shape = BlockShape.PreNorm,
                    Norm = norm,
                    HasAttentionNorm = layer > 0,
                    Attention = attention with { Window = isLocal ? window : null, Rotary = isLocal ? local : global },
                    Mlp = mlp,
                }),
            ],
            FinalNorm = norm,
            Output = Bert.HasHead(config, Names) ? Output(config, norm) : new OutputConfig { Tied = true, HasLogits = false },
        };
    }

    private static OutputConfig Output(ConfigReader config, NormConfig norm) => new()
    {
        Tied = config.Flag("tie_word_embeddings", true),
        HasBias = config.Flag("decoder_bias", true),
        Head = new HeadConfig(config.Activation("classifier_activation", "gelu"), config.Flag("classifier_bias", false), norm),
    };
}
