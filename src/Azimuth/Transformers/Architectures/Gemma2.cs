using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>Gemma 2 (Gemma Team 2024): norms before and after each sub-block, soft caps on scores and logits, a window on every second layer.</summary>
internal static class Gemma2
{
    public static Architecture Family { get; } = new() { ModelType = "gemma2", ReadConfig = ReadConfig, Tensors = Names, Gguf = GgufForms.Gemma2 };

    public static TensorNames Names(TransformerConfig config) => Llama.Names(config) with
    {
        AttentionOutputNorm = "layers.{layer}.post_attention_layernorm",
        MlpNorm = "layers.{layer}.pre_feedforward_layernorm",
        MlpOutputNorm = "layers.{layer}.post_feedforward_layernorm",
    };

    private static TransformerConfig ReadConfig(ConfigReader config) => ReadConfig(config, "gemma2", layer => layer % 2 == 0);

    /// <summary>Also what Gemma 3 varies.</summary>
    public static TransformerConfig ReadConfig(ConfigReader config, string name, Func<int, bool> slidesByDefault)
    {
        TransformerConfig gemma = Gemma.ReadConfig(config);
        int?[] windows = LayerWindows.Read(config, gemma.LayerCount, slidesByDefault);
        float scale = (float)(1 / Math.Sqrt(config.Positive("query_pre_attn_scalar", 256)));
        float? cap = config.OptionalPositive("attn_logit_softcapping");
        return (gemma with
        {
            Architecture = name,
            Output = gemma.Output with { LogitSoftCap = config.OptionalPositive("final_logit_softcapping") },
        }).WithLayers((layer, i) => layer with
        {
            Shape = BlockShape.Sandwich,
            Attention = layer.Attention with { Scale = scale, SoftCap = cap, Window = windows[i] },
        });
    }
}
