namespace Azimuth.Transformers.Architectures;

/// <summary>Mistral (Jiang et al. 2023): Llama with a sliding window on every layer.</summary>
internal static class Mistral
{
    public static Architecture Family { get; } = new() { ModelType = "mistral", ReadConfig = config => ReadConfig(config, new LlamaDefaults(), window: 4096), Tensors = Llama.Names, Gguf = GgufForms.Llama };

    /// <summary>Also what Mixtral varies.</summary>
    public static TransformerConfig ReadConfig(ConfigReader config, LlamaDefaults defaults, int? window)
    {
        TransformerConfig llama = Llama.ReadConfig(config, defaults with { ContextLength = 131072, KeyValueHeads = 8 });
        int?[] windows = LayerWindows.Read(config, llama.LayerCount, _ => true, window);
        return (llama with { Architecture = "mistral" }).WithLayers((layer, i) => layer with { Attention = layer.Attention with { Window = windows[i] } });
    }
}
