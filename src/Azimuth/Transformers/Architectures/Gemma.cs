namespace Azimuth.Transformers.Architectures;

/// <summary>Gemma (Gemma Team 2024): Llama with gains stored as their difference from one, an embedding scaled by √model, a tanh-GELU gate.</summary>
internal static class Gemma
{
    public static Architecture Family { get; } = new() { ModelType = "gemma", ReadConfig = ReadConfig, Tensors = Llama.Names, Gguf = GgufForms.Gemma };

    /// <summary>Also what Gemma 2 and 3 vary.</summary>
    public static TransformerConfig ReadConfig(ConfigReader config)
    {
        // Files of the first days call the activation "gelu" under hidden_act; hidden_activation, where it is there, counts.
        string activation = config.Has("hidden_activation") ? "hidden_activation" : "hidden_act";
        TransformerConfig llama = Llama.ReadConfig(
            config, new LlamaDefaults { Tied = true, ContextLength = 8192, ActivationKey = activation, Activation = "gelu_pytorch_tanh" });
        NormConfig norm = llama.Layers[0].Norm with { GainIsOffset = true };
        return (llama with
        {
            Architecture = "gemma",
            Embedding = llama.Embedding with { Scale = (float)Math.Sqrt(llama.ModelDim) },
            FinalNorm = norm,
        }).WithLayers((layer, _) => layer with { Norm = norm });
    }
}
