namespace Azimuth.Transformers.Architectures;

/// <summary>Qwen 2 and 2.5 (Yang et al. 2024): Llama with biases on queries, keys and values; a window on the upper layers where it is switched on.</summary>
internal static class Qwen2
{
    public static Architecture Family { get; } = new() { ModelType = "qwen2", ReadConfig = ReadConfig, Tensors = Llama.Names, Gguf = GgufForms.Qwen2 };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        TransformerConfig llama = Llama.ReadConfig(config, new LlamaDefaults { ContextLength = 32768, KeyValueHeads = 32 });
        int?[] windows = Windows(config, llama.LayerCount);
        return (llama with { Architecture = "qwen2" })
            .WithLayers((layer, i) => layer with { Attention = layer.Attention with { HasInputBias = true, HasOutputBias = false, Window = windows[i] } });
    }

    /// <summary>The window counts only where <c>use_sliding_window</c> says so, from layer <c>max_window_layers</c> on.</summary>
    public static int?[] Windows(ConfigReader config, int layers)
    {
        if (!config.Flag("use_sliding_window", false))
            return new int?[layers];
        int full = config.Count("max_window_layers", 28);
        return LayerWindows.Read(config, layers, layer => layer >= full, unstated: 4096);
    }
}
