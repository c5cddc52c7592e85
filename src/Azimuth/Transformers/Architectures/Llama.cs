using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>Llama 1 to 3 (Touvron et al. 2023) and SmolLM 1 and 2: RMSNorm, rotary positions, grouped queries, SiLU-gated MLP.</summary>
internal static class Llama
{
    public static Architecture Family { get; } = new()
    {
        ModelType = "llama",
        ReadConfig = ReadConfig,
        Tensors = Names,
        Gguf = GgufForms.Llama,
    };

    /// <summary>The names most later families took over; their files write <c>Llama.Names(config) with { … }</c>.</summary>
    public static TensorNames Names(TransformerConfig config) => new()
    {
        Prefixes = ["model.", ""], // the whole model, and the bare decoder without its head
        TokenEmbedding = "embed_tokens",
        FinalNorm = "norm",
        AttentionNorm = "layers.{layer}.input_layernorm",
        QueryKeyValue = new FusedNames("layers.{layer}.self_attn.q_proj", "layers.{layer}.self_attn.k_proj", "layers.{layer}.self_attn.v_proj"),
        AttentionOutput = "layers.{layer}.self_attn.o_proj",
        MlpNorm = "layers.{layer}.post_attention_layernorm",
        MlpUp = new FusedNames("layers.{layer}.mlp.gate_proj", "layers.{layer}.mlp.up_proj"),
        MlpDown = "layers.{layer}.mlp.down_proj",
    };

    /// <summary>The config most later families vary; their files write <c>Llama.ReadConfig(config, defaults) with { … }</c>.</summary>
    public static TransformerConfig ReadConfig(ConfigReader config) => ReadConfig(config, new LlamaDefaults());

    /// <param name="config">config.json.</param>
    /// <param name="defaults">Where the family departs from Llama.</param>
    public static TransformerConfig ReadConfig(ConfigReader config, LlamaDefaults defaults)
    {
        int model = config.Count("hidden_size"), heads = config.Count("num_attention_heads");
        int context = config.Count("max_position_embeddings", defaults.ContextLength);
        int headDim = config.OptionalCount("head_dim", defaults.HeadDim) ?? config.HeadDim(model, heads, "hidden_size", "num_attention_heads");
        bool attentionBias = config.Flag("attention_bias", false);
        var norm = new NormConfig { Kind = NormKind.RmsNorm, Epsilon = (float)config.Positive(defaults.NormKey, defaults.Epsilon) };
        var layer = new LayerConfig
        {
            Shape = BlockShape.PreNorm,
            Norm = norm,
            Attention = new AttentionConfig
            {
                HeadCount = heads,
                KeyValueHeadCount = config.KeyValueHeads("num_key_value_heads", heads, "num_attention_heads", defaults.KeyValueHeads),
                HeadDim = headDim,
                Scale = (float)(1 / Math.Sqrt(headDim)),
                HasInputBias = attentionBias,
                HasOutputBias = attentionBias,
                Rotary = RotaryReader.Read(config, headDim, context, defaults.RotaryBase, defaultPart: defaults.RotaryPart),
            },
            Mlp = new MlpConfig
            {
                HiddenDim = config.Count("intermediate_size"),
                Activation = config.Activation(defaults.ActivationKey, defaults.Activation),
                IsGated = true,
                HasBias = config.Flag("mlp_bias", false),
            },
        };
        return Config(config.Count("vocab_size"), context, model, config.LayerCount("num_hidden_layers"), layer, config.Flag("tie_word_embeddings", defaults.Tied));
    }

    private static TransformerConfig Config(int vocab, int context, int model, int layers, LayerConfig layer, bool tied) => new()
    {
        Architecture = "llama",
        VocabSize = vocab,
        ContextLength = context,
        ModelDim = model,
        Embedding = new EmbeddingConfig { Dim = model },
        Layers = [.. Enumerable.Repeat(layer, layers)],
        FinalNorm = layer.Norm,
        Output = new OutputConfig { Tied = tied },
    };
}
