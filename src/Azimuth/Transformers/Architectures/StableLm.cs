namespace Azimuth.Transformers.Architectures;

/// <summary>
/// StableLM 3B and 2 (Stability AI 2023, 2024): Llama with LayerNorms, a quarter of each head turned, biases on queries, keys and values by a flag. Norms of
/// queries and keys, one for each head (StableLM 2 12B), are refused.
/// </summary>
internal static class StableLm
{
    public static Architecture Family { get; } = new() { ModelType = "stablelm", ReadConfig = ReadConfig, Tensors = Llama.Names };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        config.Require("qk_layernorm", false, fallback: false);
        TransformerConfig llama = Llama.ReadConfig(
            config, new LlamaDefaults { ContextLength = 4096, KeyValueHeads = 32, NormKey = "layer_norm_eps", Epsilon = 1e-5, RotaryPart = 0.25 });
        NormConfig norm = llama.Layers[0].Norm with { Kind = NormKind.LayerNorm, HasBias = true };
        bool parallel = config.Flag("use_parallel_residual", false), biases = config.Flag("use_qkv_bias", false);
        return (llama with { Architecture = "stablelm", FinalNorm = norm }).WithLayers((layer, _) => layer with
        {
            Shape = parallel ? BlockShape.Parallel : BlockShape.PreNorm,
            Norm = norm,
            Attention = layer.Attention with { HasInputBias = biases, HasOutputBias = false },
            Mlp = layer.Mlp with { HasBias = false },
        });
    }
}
