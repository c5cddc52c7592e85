using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>OLMo 2 (OLMo Team 2025): Llama with its norms after the sub-blocks, and queries and keys normed over their whole width.</summary>
internal static class Olmo2
{
    public static Architecture Family { get; } = new() { ModelType = "olmo2", ReadConfig = ReadConfig, Tensors = Names };

    private static TensorNames Names(TransformerConfig config) => Llama.Names(config) with
    {
        AttentionOutputNorm = "layers.{layer}.post_attention_layernorm",
        MlpOutputNorm = "layers.{layer}.post_feedforward_layernorm",
        QueryNorm = "layers.{layer}.self_attn.q_norm",
        KeyNorm = "layers.{layer}.self_attn.k_norm",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        TransformerConfig llama = Llama.ReadConfig(config, new LlamaDefaults { Epsilon = 1e-5 });
        return (llama with { Architecture = "olmo2" }).WithLayers((layer, _) => layer with
        {
            Shape = BlockShape.NormAfter,
            Attention = layer.Attention with { QueryKeyNorm = new QueryKeyNormConfig(layer.Norm, PerHead: false) },
        });
    }
}
