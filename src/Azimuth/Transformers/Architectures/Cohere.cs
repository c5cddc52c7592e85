using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Architectures;

/// <summary>Command R (Cohere 2024): attention and MLP side by side after one LayerNorm without bias, neighbours turned together, scaled logits.</summary>
internal static class Cohere
{
    public static Architecture Family { get; } = new() { ModelType = "cohere", ReadConfig = ReadConfig, Tensors = Llama.Names };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        config.Require("use_qk_norm", false, fallback: false);
        TransformerConfig llama = Llama.ReadConfig(
            config, new LlamaDefaults { Tied = true, ContextLength = 8192, RotaryBase = 500000, NormKey = "layer_norm_eps", Epsilon = 1e-5 });
        NormConfig norm = llama.Layers[0].Norm with { Kind = NormKind.LayerNorm };
        return (llama with
        {
            Architecture = "cohere",
            FinalNorm = norm,
            Output = llama.Output with { LogitScale = (float)config.Positive("logit_scale", 0.0625) },
        }).WithLayers((layer, _) => layer with
        {
            Shape = BlockShape.Parallel,
            Norm = norm,
            Attention = layer.Attention with { Rotary = layer.Attention.Rotary! with { Pairing = RotaryPairing.Neighbours } },
        });
    }
}
