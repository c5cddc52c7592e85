using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>GPT-Neo (Black et al. 2021): GPT-2's shape with separate projections, unscaled scores, and a window on every second layer.</summary>
internal static class GptNeo
{
    public static Architecture Family { get; } = new() { ModelType = "gpt_neo", ReadConfig = ReadConfig, Tensors = Names };

    private static TensorNames Names(TransformerConfig config) => new()
    {
        Prefixes = ["transformer.", ""],
        TokenEmbedding = "wte",
        PositionEmbedding = "wpe",
        FinalNorm = "ln_f",
        AttentionNorm = "h.{layer}.ln_1",
        QueryKeyValue = new FusedNames("h.{layer}.attn.attention.q_proj", "h.{layer}.attn.attention.k_proj", "h.{layer}.attn.attention.v_proj"),
        AttentionOutput = "h.{layer}.attn.attention.out_proj",
        MlpNorm = "h.{layer}.ln_2",
        MlpUp = new FusedNames("h.{layer}.mlp.c_fc"),
        MlpDown = "h.{layer}.mlp.c_proj",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        int model = config.Count("hidden_size", 2048), heads = config.Count("num_heads", 16), layers = config.LayerCount("num_layers", 24);
        int context = config.Count("max_position_embeddings", 2048), window = config.Count("window_size", 256);
        IReadOnlyList<string> kinds = config.OptionalTexts("attention_layers", layers) ?? config.OptionalGroups("attention_types", layers) ?? [.. Enumerable.Range(0, layers).Select(i => i % 2 == 0 ? "global" : "local")];
        if (kinds.FirstOrDefault(kind => kind is not ("global" or "local")) is { } unknown)
            throw config.Error("attention_layers", $"expected global or local, found \"{unknown}\"");
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = (float)config.Positive("layer_norm_epsilon", 1e-5), HasBias = true };
        var layer = new LayerConfig
        {
            Shape = BlockShape.PreNorm,
            Norm = norm,
            Attention = new AttentionConfig
            {
                HeadCount = heads,
                KeyValueHeadCount = heads,
                HeadDim = config.HeadDim(model, heads, "hidden_size", "num_heads"),
                Scale = 1,
                HasOutputBias = true,
            },
            Mlp = new MlpConfig
            {
                HiddenDim = config.Count("intermediate_size", 4 * model),
                Activation = config.Activation("activation_function", "gelu_new"),
                IsGated = false,
                HasBias = true,
            },
        };
        return new TransformerConfig
        {
            Architecture = "gpt_neo",
            VocabSize = config.Count("vocab_size", 50257),
            ContextLength = context,
            ModelDim = model,
            Embedding = new EmbeddingConfig { Dim = model, Positions = new PositionTableConfig(PositionTableKind.Learned, Offset: 0, Rows: context) },
            Layers = [.. kinds.Select(kind => kind == "local" ? layer with { Attention = layer.Attention with { Window = window } } : layer)],
            FinalNorm = norm,
            Output = new OutputConfig { Tied = config.Flag("tie_word_embeddings", true) },
        };
    }
}
