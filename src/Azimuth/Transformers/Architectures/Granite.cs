namespace Azimuth.Transformers.Architectures;

/// <summary>Granite 3 (IBM 2024): Llama with four multipliers, on the embedding, the scores, what sub-blocks add, and (as a divisor) the logits.</summary>
internal static class Granite
{
    public static Architecture Family { get; } = new() { ModelType = "granite", ReadConfig = ReadConfig, Tensors = Llama.Names };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        TransformerConfig llama = Llama.ReadConfig(config);
        float attention = (float)config.Positive("attention_multiplier", 1), residual = (float)config.Positive("residual_multiplier", 1);
        return (llama with
        {
            Architecture = "granite",
            Embedding = llama.Embedding with { Scale = (float)config.Positive("embedding_multiplier", 1) },
            Output = llama.Output with { LogitScale = (float)(1 / config.Positive("logits_scaling", 1)) },
        }).WithLayers((layer, _) => layer with { ResidualScale = residual, Attention = layer.Attention with { Scale = attention } });
    }
}
