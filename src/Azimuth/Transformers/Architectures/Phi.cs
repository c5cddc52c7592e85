using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>Phi-1.5 and Phi-2 (Li et al. 2023): attention and a plain MLP side by side after one LayerNorm, part of each head turned, biases everywhere.</summary>
internal static class Phi
{
    public static Architecture Family { get; } = new() { ModelType = "phi", ReadConfig = ReadConfig, Tensors = Names, Gguf = GgufForms.Phi2 };

    private static TensorNames Names(TransformerConfig config) => Llama.Names(config) with
    {
        FinalNorm = "final_layernorm",
        AttentionOutput = "layers.{layer}.self_attn.dense",
        MlpUp = new FusedNames("layers.{layer}.mlp.fc1"),
        MlpDown = "layers.{layer}.mlp.fc2",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        config.Require("qk_layernorm", false, fallback: false);
        TransformerConfig llama = Llama.ReadConfig(
            config, new LlamaDefaults { NormKey = "layer_norm_eps", Epsilon = 1e-5, Activation = "gelu_new", RotaryPart = 0.5 });
        NormConfig norm = llama.Layers[0].Norm with { Kind = NormKind.LayerNorm, HasBias = true };
        return (llama with { Architecture = "phi", FinalNorm = norm, Output = llama.Output with { HasBias = true } }).WithLayers((layer, _) => layer with
        {
            Shape = BlockShape.Parallel,
            Norm = norm,
            Attention = layer.Attention with { HasInputBias = true, HasOutputBias = true },
            Mlp = layer.Mlp with { IsGated = false, HasBias = true },
        });
    }
}
