using Azimuth.Numerics;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>GPT-BigCode: StarCoder 1 and SantaCoder (Li et al. 2023): GPT-2 with one key-value head for all queries, matrices stored the usual way.</summary>
internal static class GptBigCode
{
    public static Architecture Family { get; } = new() { ModelType = "gpt_bigcode", ReadConfig = ReadConfig, Tensors = Names };

    private static TensorNames Names(TransformerConfig config) => Gpt2.Names(config) with
    {
        Layout = WeightLayout.OutputsByInputs,
        QueryKeyValue = new FusedNames("h.{layer}.attn.c_attn") { RowOrder = FusedLayouts.ByGroup },
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        bool shared = config.Flag("multi_query", true);
        return (Gpt2.ReadConfig(config) with { Architecture = "gpt_bigcode" })
            .WithLayers((layer, _) => layer with { Attention = layer.Attention with { KeyValueHeadCount = shared ? 1 : layer.Attention.HeadCount } });
    }
}
