using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>XGLM (Lin et al. 2022): OPT's blocks with fixed sinusoidal positions and an embedding scaled by √model.</summary>
internal static class Xglm
{
    /// <summary>Twice what the largest published model has: 64 MiB, made before any tensor bears the config out.</summary>
    private const int MostPositionValues = 1 << 24;

    public static Architecture Family { get; } = new() { ModelType = "xglm", ReadConfig = ReadConfig, Tensors = Names };

    private static TensorNames Names(TransformerConfig config) => Opt.Names(config) with { Prefixes = ["model.", ""], FinalNorm = "layer_norm" };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        const int PositionOffset = 2; // fairseq kept two rows for padding
        int model = config.Count("d_model", 1024), heads = config.Count("attention_heads", 16), context = config.Count("max_position_embeddings", 2048);
        if ((context + PositionOffset) * (long)model > MostPositionValues)
            throw config.Error("max_position_embeddings", $"expected at most {(MostPositionValues / model) - PositionOffset} at a d_model of {model}, as rows of positions are computed, found {context}");
        int headDim = config.HeadDim(model, heads, "d_model", "attention_heads");
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = 1e-5f, HasBias = true };
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
            },
            Mlp = new MlpConfig
            {
                HiddenDim = config.Count("ffn_dim", 4096),
                Activation = config.Activation("activation_function", "gelu"),
                IsGated = false,
                HasBias = true,
            },
        };
        return new TransformerConfig
        {
            Architecture = "xglm",
            VocabSize = config.Count("vocab_size", 256008),
            ContextLength = context,
            ModelDim = model,
            Embedding = new EmbeddingConfig
            {
                Dim = model,
                Scale = config.Flag("scale_embedding", true) ? (float)Math.Sqrt(model) : 1,
                Positions = new PositionTableConfig(PositionTableKind.Sinusoidal, PositionOffset, context + PositionOffset),
            },
            Layers = [.. Enumerable.Repeat(layer, config.LayerCount("num_layers", 24))],
            FinalNorm = norm,
            Output = new OutputConfig { Tied = config.Flag("tie_word_embeddings", true) },
        };
    }
}
