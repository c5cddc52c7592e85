using Azimuth.Numerics;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>GPT-2 (Radford et al. 2019): learned positions, pre-norm, fused qkv, matrices stored as [inputs, outputs].</summary>
internal static class Gpt2
{
    public static Architecture Family { get; } = new()
    {
        ModelType = "gpt2",
        ReadConfig = ReadConfig,
        Tensors = Names,
        Gguf = GgufForms.Gpt2,
    };

    /// <summary>Also what GPT-BigCode varies.</summary>
    public static TensorNames Names(TransformerConfig config) => new()
    {
        Prefixes = ["transformer.", ""], // as the library writes it, and as the hub's files are
        Layout = WeightLayout.InputsByOutputs,
        TokenEmbedding = "wte",
        PositionEmbedding = "wpe",
        FinalNorm = "ln_f",
        AttentionNorm = "h.{layer}.ln_1",
        QueryKeyValue = new FusedNames("h.{layer}.attn.c_attn"),
        AttentionOutput = "h.{layer}.attn.c_proj",
        MlpNorm = "h.{layer}.ln_2",
        MlpUp = new FusedNames("h.{layer}.mlp.c_fc"),
        MlpDown = "h.{layer}.mlp.c_proj",
    };

    /// <summary>Also what GPT-BigCode varies.</summary>
    public static TransformerConfig ReadConfig(ConfigReader config)
    {
        config.Require("add_cross_attention", false, fallback: false);
        int model = config.Count("n_embd", 768), heads = config.Count("n_head", 12);
        int headDim = config.HeadDim(model, heads, "n_embd", "n_head");
        double scale = config.Flag("scale_attn_weights", true) ? 1 / Math.Sqrt(headDim) : 1;
        bool byLayer = config.Flag("scale_attn_by_inverse_layer_idx", false);
        return Config(
            config.Count("vocab_size", 50257), config.Count("n_positions", 1024), model, config.LayerCount("n_layer", 12), heads,
            config.Count("n_inner", 4 * model), config.Activation("activation_function", "gelu_new"), config.Positive("layer_norm_epsilon", 1e-5),
            config.Flag("tie_word_embeddings", true), layer => byLayer ? scale / (layer + 1) : scale);
    }

    private static TransformerConfig Config(
        int vocab, int context, int model, int layers, int heads, int hidden, Activation activation, double epsilon, bool tied, Func<int, double> scaleOf)
    {
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = (float)epsilon, HasBias = true };
        return new TransformerConfig
        {
            Architecture = "gpt2",
            VocabSize = vocab,
            ContextLength = context,
            ModelDim = model,
            Embedding = new EmbeddingConfig { Dim = model, Positions = new PositionTableConfig(PositionTableKind.Learned, Offset: 0, Rows: context) },
            Layers =
            [
                .. Enumerable.Range(0, layers).Select(layer => new LayerConfig
                {
                    Shape = BlockShape.PreNorm,
                    Norm = norm,
                    Attention = new AttentionConfig
                    {
                        HeadCount = heads,
                        KeyValueHeadCount = heads,
                        HeadDim = model / heads,
                        Scale = (float)scaleOf(layer),
                        HasInputBias = true,
                        HasOutputBias = true,
                    },
                    Mlp = new MlpConfig { HiddenDim = hidden, Activation = activation, IsGated = false, HasBias = true },
                }),
            ],
            FinalNorm = norm,
            Output = new OutputConfig { Tied = tied },
        };
    }
}
