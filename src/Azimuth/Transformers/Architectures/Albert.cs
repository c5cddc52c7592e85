using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>ALBERT (Lan et al. 2020): BERT with a narrow table led into the model after its norm, and layers that share their weights in groups.</summary>
internal static class Albert
{
    private const string Layer = "encoder.albert_layer_groups.{layer}.albert_layers.0.";

    public static Architecture Family { get; } = new() { ModelType = "albert", ReadConfig = ReadConfig, Tensors = _ => Names };

    private static TensorNames Names => Bert.Names with
    {
        Prefixes = ["albert.", ""],
        ProjectIn = "encoder.embedding_hidden_mapping_in",
        QueryKeyValue = new FusedNames(Layer + "attention.query", Layer + "attention.key", Layer + "attention.value"),
        AttentionOutput = Layer + "attention.dense",
        AttentionNorm = Layer + "attention.LayerNorm",
        MlpUp = new FusedNames(Layer + "ffn"),
        MlpDown = Layer + "ffn_output",
        MlpNorm = Layer + "full_layer_layer_norm",
        Pooler = "pooler",
        HeadMatrix = "predictions.dense",
        HeadNorm = "predictions.LayerNorm",
        Unembedding = "predictions.decoder",
        UnembeddingBias = "predictions",
        Ignored = ["predictions.decoder.bias"], // the same as predictions.bias
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        if (config.Count("inner_group_num", 1) != 1)
            throw config.Error("inner_group_num", "expected 1, one layer in each group, the only form that is computed");
        TransformerConfig bert = Bert.ReadConfig(config, new BertDefaults
        {
            Architecture = "albert",
            VocabSize = 30000,
            ModelDim = 4096,
            Heads = 64,
            MlpDim = 16384,
            Activation = "gelu_new",
            EmbeddingDim = 128,
        }, Names);
        int groups = config.Count("num_hidden_groups", 1);
        if (groups > bert.LayerCount)
            throw config.Error("num_hidden_groups", $"expected at most num_hidden_layers ({bert.LayerCount}), found {groups}");
        // A table as wide as the model is led through the matrix all the same.
        return (bert with { Embedding = bert.Embedding with { Projection = EmbeddingProjection.Last } })
            .WithLayers((layer, i) => layer with { WeightsOf = (int)((long)i * groups / bert.LayerCount) });
    }
}
