namespace Azimuth.Transformers.Architectures;

/// <summary>Mistral (Jiang et al. 2023): Llama with a sliding window on every layer.</summary>
internal static class Mistral
{
    public static Architecture Family { get; } = new() { ModelType = "mistral", ReadConfig = config => ReadConfig(config, epsilon: 1e-6), Tensors = Llama.Names, Gguf = GgufForms.Llama };

    /// <summary>Also what Mixtral varies.</summary>
    public static TransformerConfig ReadConfig(ConfigReader config, double epsilon)
    {
        TransformerConfig llama = Llama.ReadConfig(config, new LlamaDefaults { ContextLength = 131072, Epsilon = epsilon });
        int?[] windows = LayerWindows.Read(config, llama.LayerCount, _ => true);
        return (llama with { Architecture = "mistral" }).WithLayers((layer, i) => layer with { Attention = layer.Attention with { Window = windows[i] } });
    }
}
