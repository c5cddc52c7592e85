using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>StarCoder 2 (Lozhkov et al. 2024): Llama's attention with LayerNorms, a plain MLP, biases everywhere and a window.</summary>
internal static class StarCoder2
{
    public static Architecture Family { get; } = new() { ModelType = "starcoder2", ReadConfig = ReadConfig, Tensors = Names, Gguf = GgufForms.StarCoder2 };

    private static TensorNames Names(TransformerConfig config) => Llama.Names(config) with
    {
        MlpUp = new FusedNames("layers.{layer}.mlp.c_fc"),
        MlpDown = "layers.{layer}.mlp.c_proj",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        TransformerConfig llama = Llama.ReadConfig(
            config, new LlamaDefaults { Tied = true, ContextLength = 4096, KeyValueHeads = 2, NormKey = "norm_epsilon", Epsilon = 1e-5, Activation = "gelu_pytorch_tanh" });
        bool biases = config.Flag("use_bias", true);
        NormConfig norm = llama.Layers[0].Norm with { Kind = NormKind.LayerNorm, HasBias = true };
        int?[] windows = LayerWindows.Read(config, llama.LayerCount, _ => true);
        return (llama with { Architecture = "starcoder2", FinalNorm = norm }).WithLayers((layer, i) => layer with
        {
            Norm = norm,
            Attention = layer.Attention with { HasInputBias = biases, HasOutputBias = biases, Window = windows[i] },
            Mlp = layer.Mlp with { IsGated = false, HasBias = biases },
        });
    }
}
