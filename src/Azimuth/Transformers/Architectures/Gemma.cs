namespace Azimuth.Transformers.Architectures;

/// <summary>Gemma (Gemma Team 2024): Llama with gains stored as their difference from one, an embedding scaled by √model, a tanh-GELU gate.</summary>
internal static class Gemma
{
    public static Architecture Family { get; } = new() { ModelType = "gemma", ReadConfig = config => ReadConfig(config, Defaults), Tensors = Llama.Names, Gguf = GgufForms.Gemma };

    /// <summary>Also what Gemma 2 and 3 vary.</summary>
    public static LlamaDefaults Defaults => new() { Tied = true, ContextLength = 8192, KeyValueHeads = 16, HeadDim = 256, Activation = "gelu_pytorch_tanh" };

    /// <summary>Also what Gemma 2 and 3 vary.</summary>
    public static TransformerConfig ReadConfig(ConfigReader config, LlamaDefaults defaults)
    {
        config.Require("use_bidirectional_attention", false, fallback: false);
        // Files of the first days call the activation "gelu" under hidden_act; hidden_activation, where it is there, counts.
        string activation = config.Has("hidden_activation") ? "hidden_activation" : "hidden_act";
        TransformerConfig llama = Llama.ReadConfig(config, defaults with { ActivationKey = activation });
        NormConfig norm = llama.Layers[0].Norm with { GainIsOffset = true };
        return (llama with
        {
            Architecture = "gemma",
            Embedding = llama.Embedding with { Scale = (float)Math.Sqrt(llama.ModelDim) },
            FinalNorm = norm,
        }).WithLayers((layer, _) => layer with { Norm = norm });
    }
}
