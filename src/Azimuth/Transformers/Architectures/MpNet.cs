using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>MPNet (Song et al. 2020): RoBERTa's positions, no token types, and biases on the scores by distance, one table for all layers.</summary>
internal static class MpNet
{
    /// <summary>Distance from which on the last bucket holds; the reference's code has it as a constant.</summary>
    private const int Farthest = 128;

    public static Architecture Family { get; } = new() { ModelType = "mpnet", ReadConfig = ReadConfig, Tensors = _ => Names };

    private static TensorNames Names => Bert.Names with
    {
        Prefixes = ["mpnet.", ""],
        TokenTypes = null,
        QueryKeyValue = new FusedNames("encoder.layer.{layer}.attention.attn.q", "encoder.layer.{layer}.attention.attn.k", "encoder.layer.{layer}.attention.attn.v"),
        AttentionOutput = "encoder.layer.{layer}.attention.attn.o",
        AttentionNorm = "encoder.layer.{layer}.attention.LayerNorm",
        RelativeBias = "encoder.relative_attention_bias",
        HeadMatrix = "lm_head.dense",
        HeadNorm = "lm_head.layer_norm",
        Unembedding = "lm_head.decoder",
        UnembeddingBias = "lm_head",
        Ignored = ["lm_head.decoder.bias"], // the same as lm_head.bias
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        int buckets = config.Count("relative_attention_num_buckets", 32);
        if (buckets % 4 != 0 || buckets / 4 >= Farthest)
            throw config.Error("relative_attention_num_buckets", $"expected a multiple of 4 below {4 * Farthest}, found {buckets}");
        var bias = new RelativeBiasConfig(buckets, Farthest);
        return Roberta.CountedFromPadding(Bert.ReadConfig(config, new BertDefaults { Architecture = "mpnet", VocabSize = 30527, TokenTypes = null }, Names), config)
            .WithLayers((layer, _) => layer with { Attention = layer.Attention with { RelativeBias = bias } });
    }
}
