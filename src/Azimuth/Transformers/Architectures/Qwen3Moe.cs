using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>Qwen3-MoE (Yang et al. 2025): Qwen 3 with a mixture of small experts in most layers.</summary>
internal static class Qwen3Moe
{
    public static Architecture Family { get; } = new() { ModelType = "qwen3_moe", ReadConfig = ReadConfig, Tensors = Names };

    private static TensorNames Names(TransformerConfig config) => Qwen3.Names(config) with
    {
        Router = "layers.{layer}.mlp.gate",
        ExpertUp = new FusedNames("layers.{layer}.mlp.experts.{expert}.gate_proj", "layers.{layer}.mlp.experts.{expert}.up_proj"),
        ExpertDown = "layers.{layer}.mlp.experts.{expert}.down_proj",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        string countKey = config.Has("num_local_experts") ? "num_local_experts" : "num_experts"; // newer and older spelling
        ExpertsConfig experts = ExpertsReader.Read(config, countKey, config.Flag("norm_topk_prob", false));
        int step = config.Count("decoder_sparse_step", 1), hidden = config.Count("moe_intermediate_size");
        IReadOnlyList<int> dense = config.OptionalIds("mlp_only_layers");
        return (Qwen3.ReadConfig(config) with { Architecture = "qwen3_moe" }).WithLayers((layer, i) =>
            dense.Contains(i) || (i + 1) % step != 0 ? layer : layer with { Mlp = layer.Mlp with { Experts = experts, HiddenDim = hidden } });
    }
}
