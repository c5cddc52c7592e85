using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>MPT (MosaicML 2023): ALiBi, no biases anywhere, exact GELU.</summary>
internal static class Mpt
{
    public static Architecture Family { get; } = new() { ModelType = "mpt", ReadConfig = ReadConfig, Tensors = Names, Gguf = GgufForms.Mpt };

    private static TensorNames Names(TransformerConfig config) => new()
    {
        Prefixes = ["transformer.", ""],
        TokenEmbedding = "wte",
        FinalNorm = "norm_f",
        AttentionNorm = "blocks.{layer}.norm_1",
        QueryKeyValue = new FusedNames("blocks.{layer}.attn.Wqkv"),
        AttentionOutput = "blocks.{layer}.attn.out_proj",
        MlpNorm = "blocks.{layer}.norm_2",
        MlpUp = new FusedNames("blocks.{layer}.ffn.up_proj"),
        MlpDown = "blocks.{layer}.ffn.down_proj",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        config.Require("no_bias", true, fallback: true);
        ConfigReader attention = config.OptionalObject("attn_config") ?? throw config.Error("attn_config", "expected an object, found none");
        attention.Require("alibi", true, fallback: true);
        attention.Require("qk_ln", false, fallback: false);
        if (attention.Number("alibi_bias_max", 8) != 8)
            throw attention.Error("alibi_bias_max", "expected 8, the only slopes that are computed");
        int model = config.Count("d_model", 2048), heads = config.HeadCount("n_heads", 16);
        int headDim = config.HeadDim(model, heads, "d_model", "n_heads"), expansion = config.Count("expansion_ratio", 4);
        if (expansion > int.MaxValue / model)
            throw config.Error("expansion_ratio", $"expected at most {int.MaxValue / model} at a d_model of {model}, found {expansion}");
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = (float)config.Positive("layer_norm_epsilon", 1e-5) };
        var layer = new LayerConfig
        {
            Shape = BlockShape.PreNorm,
            Norm = norm,
            Attention = new AttentionConfig
            {
                HeadCount = heads,
                KeyValueHeadCount = heads,
                HeadDim = headDim,
                Scale = (float)attention.Positive("softmax_scale", 1 / Math.Sqrt(headDim)),
                Clip = attention.OptionalPositive("clip_qkv"),
                AlibiSlopes = Alibi.Slopes(heads),
            },
            Mlp = new MlpConfig { HiddenDim = expansion * model, Activation = Activation.Gelu, IsGated = false },
        };
        return new TransformerConfig
        {
            Architecture = "mpt",
            VocabSize = config.Count("vocab_size", 50368),
            ContextLength = config.Count("max_seq_len", 2048),
            ModelDim = model,
            Embedding = new EmbeddingConfig { Dim = model },
            Layers = [.. Enumerable.Repeat(layer, config.LayerCount("n_layers", 24))],
            FinalNorm = norm,
            Output = new OutputConfig { Tied = config.Flag("tie_word_embeddings", true) },
        };
    }
}
