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
        ExpertsConfig experts = ExpertsReader.Read(config, countKey, count: 128, used: 8, config.Flag("norm_topk_prob", false));
        int step = config.Count("decoder_sparse_step", 1), hidden = config.Count("moe_intermediate_size", 768);
        IReadOnlyList<int> dense = config.OptionalIds("mlp_only_layers");
        TransformerConfig qwen = Qwen3.ReadConfig(config, new LlamaDefaults { KeyValueHeads = 4 });
        // Where the window is switched on, it is on every layer.
        int?[] windows = config.Flag("use_sliding_window", false) ? LayerWindows.Read(config, qwen.LayerCount, _ => true, unstated: 4096) : new int?[qwen.LayerCount];
        return (qwen with { Architecture = "qwen3_moe" }).WithLayers((layer, i) => layer with
        {
            Attention = layer.Attention with { Window = windows[i] },
            Mlp = dense.Contains(i) || (i + 1) % step != 0 ? layer.Mlp : layer.Mlp with { Experts = experts, HiddenDim = hidden },
        });
    }
}
