namespace Azimuth.Transformers.Architectures;

/// <summary>SmolLM 3 (Hugging Face 2025): Llama without positions on every fourth layer.</summary>
internal static class SmolLm3
{
    public static Architecture Family { get; } = new() { ModelType = "smollm3", ReadConfig = ReadConfig, Tensors = Llama.Names };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        TransformerConfig llama = Llama.ReadConfig(config, new LlamaDefaults { Tied = true, ContextLength = 32768, KeyValueHeads = 4, RotaryBase = 2e6 });
        int interval = config.Count("no_rope_layer_interval", 4);
        IReadOnlyList<int> turns = config.OptionalIntegers("no_rope_layers", llama.LayerCount) // 1 where the layer has positions, despite the name
            ?? [.. Enumerable.Range(1, llama.LayerCount).Select(layer => layer % interval == 0 ? 0 : 1)];
        // Where the window is switched on, it is on the layers without positions, unless the file says otherwise.
        int?[] windows = config.Flag("use_sliding_window", false) ? LayerWindows.Read(config, llama.LayerCount, layer => turns[layer] == 0) : new int?[llama.LayerCount];
        return (llama with { Architecture = "smollm3" }).WithLayers((layer, i) => layer with
        {
            Attention = layer.Attention with { Rotary = turns[i] == 0 ? null : layer.Attention.Rotary, Window = windows[i] },
        });
    }
}
