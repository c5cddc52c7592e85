using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>Mixtral (Jiang et al. 2024): Mistral with a mixture of experts in every layer.</summary>
internal static class Mixtral
{
    public static Architecture Family { get; } = new() { ModelType = "mixtral", ReadConfig = ReadConfig, Tensors = Names };

    private static TensorNames Names(TransformerConfig config) => Llama.Names(config) with
    {
        Router = "layers.{layer}.block_sparse_moe.gate",
        ExpertUp = new FusedNames("layers.{layer}.block_sparse_moe.experts.{expert}.w1", "layers.{layer}.block_sparse_moe.experts.{expert}.w3"),
        ExpertDown = "layers.{layer}.block_sparse_moe.experts.{expert}.w2",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        ExpertsConfig experts = ExpertsReader.Read(config, "num_local_experts", count: 8, used: 2, renormalised: true);
        TransformerConfig mistral = Mistral.ReadConfig(config, new LlamaDefaults { Epsilon = 1e-5, RotaryBase = 1e6 }, window: null);
        return (mistral with { Architecture = "mixtral" }).WithLayers((layer, _) => layer with { Mlp = layer.Mlp with { Experts = experts } });
    }
}
