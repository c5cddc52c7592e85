using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>GPT-J (Wang, Komatsuzaki 2021): attention and MLP side by side after one norm, neighbours turned on part of each head, a bias on the logits.</summary>
internal static class GptJ
{
    public static Architecture Family { get; } = new() { ModelType = "gptj", ReadConfig = config => ReadConfig(config, "gptj"), Tensors = Names };

    /// <summary>Also what CodeGen varies.</summary>
    public static TensorNames Names(TransformerConfig config) => new()
    {
        Prefixes = ["transformer.", ""],
        TokenEmbedding = "wte",
        FinalNorm = "ln_f",
        AttentionNorm = "h.{layer}.ln_1",
        QueryKeyValue = new FusedNames("h.{layer}.attn.q_proj", "h.{layer}.attn.k_proj", "h.{layer}.attn.v_proj"),
        AttentionOutput = "h.{layer}.attn.out_proj",
        MlpUp = new FusedNames("h.{layer}.mlp.fc_in"),
        MlpDown = "h.{layer}.mlp.fc_out",
    };

    /// <summary>Also CodeGen's, under its name.</summary>
    public static TransformerConfig ReadConfig(ConfigReader config, string name)
    {
        int model = config.Count("n_embd", 4096), heads = config.Count("n_head", 16);
        int headDim = config.HeadDim(model, heads, "n_embd", "n_head"), turned = config.Count("rotary_dim", 64);
        if (turned > headDim || turned % 2 != 0)
            throw config.Error("rotary_dim", $"expected an even number up to the head's width ({headDim}), found {turned}");
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = (float)config.Positive("layer_norm_epsilon", 1e-5), HasBias = true };
        var layer = new LayerConfig
        {
            Shape = BlockShape.Parallel,
            Norm = norm,
            Attention = new AttentionConfig
            {
                HeadCount = heads,
                KeyValueHeadCount = heads,
                HeadDim = headDim,
                Scale = (float)(1 / Math.Sqrt(headDim)),
                Rotary = new RotaryConfig { Base = 10000, Dim = turned, Pairing = RotaryPairing.Neighbours },
            },
            Mlp = new MlpConfig
            {
                HiddenDim = config.Count("n_inner", 4 * model),
                Activation = config.Activation("activation_function", "gelu_new"),
                IsGated = false,
                HasBias = true,
            },
        };
        return new TransformerConfig
        {
            Architecture = name,
            VocabSize = config.Count("vocab_size", 50400),
            ContextLength = config.Count("n_positions", 2048),
            ModelDim = model,
            Embedding = new EmbeddingConfig { Dim = model },
            Layers = [.. Enumerable.Repeat(layer, config.LayerCount("n_layer", 28))],
            FinalNorm = norm,
            Output = new OutputConfig { Tied = config.Flag("tie_word_embeddings", false), HasBias = true },
        };
    }
}
