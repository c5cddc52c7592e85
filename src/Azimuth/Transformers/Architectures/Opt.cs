using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// OPT (Zhang et al. 2022): learned positions offset by two. The 350m model has its norms after the sub-blocks, none at the end, and a narrower token table;
/// Galactica (Taylor et al. 2022) has no biases and norms without gain.
/// </summary>
internal static class Opt
{
    public static Architecture Family { get; } = new() { ModelType = "opt", ReadConfig = ReadConfig, Tensors = Names };

    /// <summary>Also what XGLM varies.</summary>
    public static TensorNames Names(TransformerConfig config) => new()
    {
        Prefixes = ["model.decoder.", "decoder."], // as the library writes it, and as the hub's files are
        TokenEmbedding = "embed_tokens",
        PositionEmbedding = "embed_positions",
        ProjectIn = "project_in",
        ProjectOut = "project_out",
        FinalNorm = "final_layer_norm",
        AttentionNorm = "layers.{layer}.self_attn_layer_norm",
        QueryKeyValue = new FusedNames("layers.{layer}.self_attn.q_proj", "layers.{layer}.self_attn.k_proj", "layers.{layer}.self_attn.v_proj"),
        AttentionOutput = "layers.{layer}.self_attn.out_proj",
        MlpNorm = "layers.{layer}.final_layer_norm",
        MlpUp = new FusedNames("layers.{layer}.fc1"),
        MlpDown = "layers.{layer}.fc2",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        const int PositionOffset = 2; // fairseq kept two rows for padding
        int model = config.Count("hidden_size", 768), heads = config.Count("num_attention_heads", 12), context = config.Count("max_position_embeddings", 2048);
        int headDim = config.HeadDim(model, heads, "hidden_size", "num_attention_heads");
        bool biases = config.Flag("enable_bias", true), affine = config.Flag("layer_norm_elementwise_affine", true);
        int embedding = config.Count("word_embed_proj_dim", model);
        bool preNorm = config.Flag("do_layer_norm_before", true);
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = 1e-5f, HasGain = affine, HasBias = affine };
        var layer = new LayerConfig
        {
            Shape = preNorm ? BlockShape.PreNorm : BlockShape.PostNorm,
            Norm = norm,
            Attention = new AttentionConfig
            {
                HeadCount = heads,
                KeyValueHeadCount = heads,
                HeadDim = headDim,
                Scale = (float)(1 / Math.Sqrt(headDim)),
                HasInputBias = biases,
                HasOutputBias = biases,
            },
            Mlp = new MlpConfig
            {
                HiddenDim = config.Count("ffn_dim", 3072),
                Activation = config.Activation("activation_function", "relu"),
                IsGated = false,
                HasBias = biases,
            },
        };
        return new TransformerConfig
        {
            Architecture = "opt",
            VocabSize = config.Count("vocab_size", 50272),
            ContextLength = context,
            ModelDim = model,
            Embedding = new EmbeddingConfig
            {
                Dim = embedding,
                Projection = embedding == model ? EmbeddingProjection.None : EmbeddingProjection.First,
                Positions = new PositionTableConfig(PositionTableKind.Learned, PositionOffset, context + PositionOffset),
            },
            Layers = [.. Enumerable.Repeat(layer, config.LayerCount("num_hidden_layers", 12))],
            FinalNorm = preNorm && !config.Flag("_remove_final_layer_norm", false) ? norm : null,
            Output = new OutputConfig { Tied = config.Flag("tie_word_embeddings", true) },
        };
    }
}
