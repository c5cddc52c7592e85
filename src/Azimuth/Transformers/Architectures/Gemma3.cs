using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>Gemma 3, text (Gemma Team 2025): Gemma 2 with normed queries and keys, and a rotary base of their own for layers with a window.</summary>
internal static class Gemma3
{
    public static Architecture Family { get; } = new() { ModelType = "gemma3_text", ReadConfig = ReadConfig, Tensors = Names, Gguf = GgufForms.Gemma3 };

    private static TensorNames Names(TransformerConfig config) => Gemma2.Names(config) with
    {
        QueryNorm = "layers.{layer}.self_attn.q_norm",
        KeyNorm = "layers.{layer}.self_attn.k_norm",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        int pattern = config.Count("sliding_window_pattern", config.Count("_sliding_window_pattern", 6)); // every so many-th layer sees everything
        TransformerConfig gemma = Gemma2.ReadConfig(
            config, Gemma.Defaults with { KeyValueHeads = 4, ContextLength = 131072, RotaryBase = 1e6 }, layer => (layer + 1) % pattern != 0);
        RotaryConfig global = gemma.Layers[0].Attention.Rotary!;
        // The older spelling has one local base; long-context scaling concerns the global layers only.
        RotaryConfig local = config.Has("rope_parameters")
            ? RotaryReader.Read(config, gemma.HeadDim, gemma.ContextLength, layerType: "sliding_attention")
            : global with { Base = config.Positive("rope_local_base_freq", 10000), Scaling = RotaryScaling.None };
        float? cap = config.OptionalPositive("attn_logit_softcapping");
        return (gemma with
        {
            Architecture = "gemma3_text",
            Output = gemma.Output with { LogitSoftCap = config.OptionalPositive("final_logit_softcapping") },
        }).WithLayers((layer, _) => layer with
        {
            Attention = layer.Attention with
            {
                SoftCap = cap,
                QueryKeyNorm = new QueryKeyNormConfig(layer.Norm, PerHead: true),
                Rotary = layer.Attention.Window is null ? global : local,
            },
        });
    }
}
