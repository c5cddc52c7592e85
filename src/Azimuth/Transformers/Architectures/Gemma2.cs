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

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        TransformerConfig gemma = ReadConfig(config, Gemma.Defaults with { KeyValueHeads = 4 }, layer => layer % 2 == 0);
        float? cap = config.OptionalPositive("attn_logit_softcapping", unstated: 50);
        return (gemma with
        {
            Architecture = "gemma2",
            Output = gemma.Output with { LogitSoftCap = config.OptionalPositive("final_logit_softcapping", unstated: 30) },
        }).WithLayers((layer, _) => layer with { Attention = layer.Attention with { SoftCap = cap } });
    }

    /// <summary>Also what Gemma 3 varies; without soft caps.</summary>
    public static TransformerConfig ReadConfig(ConfigReader config, LlamaDefaults defaults, Func<int, bool> slidesByDefault)
    {
        TransformerConfig gemma = Gemma.ReadConfig(config, defaults);
        int?[] windows = LayerWindows.Read(config, gemma.LayerCount, slidesByDefault, unstated: 4096);
        float scale = (float)(1 / Math.Sqrt(config.Positive("query_pre_attn_scalar", 256)));
        return gemma.WithLayers((layer, i) => layer with
        {
            Shape = BlockShape.Sandwich,
            Attention = layer.Attention with { Scale = scale, Window = windows[i] },
        });
    }
}
