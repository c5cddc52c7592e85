namespace Azimuth.Transformers.Architectures;

/// <summary>OLMo (Groeneveld et al. 2024): Llama with LayerNorms that have neither gain nor bias, and clipped queries, keys and values.</summary>
internal static class Olmo
{
    public static Architecture Family { get; } = new() { ModelType = "olmo", ReadConfig = ReadConfig, Tensors = Llama.Names };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        TransformerConfig llama = Llama.ReadConfig(config);
        var norm = new NormConfig { Kind = NormKind.LayerNorm, Epsilon = 1e-5f, HasGain = false };
        float? clip = config.OptionalPositive("clip_qkv");
        return (llama with { Architecture = "olmo", FinalNorm = norm })
            .WithLayers((layer, _) => layer with { Norm = norm, Attention = layer.Attention with { Clip = clip } });
    }
}
