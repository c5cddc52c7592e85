using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>Phi-3 (Abdin et al. 2024): Llama with fused matrices, a window, and long-context factors a pair.</summary>
internal static class Phi3
{
    public static Architecture Family { get; } = new() { ModelType = "phi3", ReadConfig = ReadConfig, Tensors = Names, Gguf = GgufForms.Phi3 };

    private static TensorNames Names(TransformerConfig config) => Llama.Names(config) with
    {
        QueryKeyValue = new FusedNames("layers.{layer}.self_attn.qkv_proj"),
        MlpUp = new FusedNames("layers.{layer}.mlp.gate_up_proj"),
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        TransformerConfig llama = Llama.ReadConfig(config, new LlamaDefaults { Epsilon = 1e-5, ContextLength = 4096 });
        int?[] windows = LayerWindows.Read(config, llama.LayerCount, _ => true);
        return (llama with { Architecture = "phi3" }).WithLayers((layer, i) => layer with { Attention = layer.Attention with { Window = windows[i] } });
    }
}
