using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>Qwen 3 (Yang et al. 2025): Llama with each head's queries and keys normed before their rotation.</summary>
internal static class Qwen3
{
    public static Architecture Family { get; } = new() { ModelType = "qwen3", ReadConfig = config => ReadConfig(config, new LlamaDefaults { KeyValueHeads = 32, HeadDim = 128 }), Tensors = Names, Gguf = GgufForms.Qwen3 };

    public static TensorNames Names(TransformerConfig config) => Llama.Names(config) with
    {
        QueryNorm = "layers.{layer}.self_attn.q_norm",
        KeyNorm = "layers.{layer}.self_attn.k_norm",
    };

    /// <summary>Also what Qwen3-MoE varies.</summary>
    public static TransformerConfig ReadConfig(ConfigReader config, LlamaDefaults defaults)
    {
        TransformerConfig llama = Llama.ReadConfig(config, defaults with { ContextLength = 32768 });
        int?[] windows = Qwen2.Windows(config, llama.LayerCount);
        return (llama with { Architecture = "qwen3" }).WithLayers((layer, i) => layer with
        {
            Attention = layer.Attention with { QueryKeyNorm = new QueryKeyNormConfig(layer.Norm, PerHead: true), Window = windows[i] },
        });
    }
}
