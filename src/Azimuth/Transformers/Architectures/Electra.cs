using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// ELECTRA (Clark et al. 2020): BERT with a narrow table led into the model after its norm. A generator has the head of a masked language model; the
/// discriminator's, which finds replaced tokens, is not read.
/// </summary>
internal static class Electra
{
    public static Architecture Family { get; } = new() { ModelType = "electra", ReadConfig = ReadConfig, Tensors = _ => Names };

    private static TensorNames Names => Bert.Names with
    {
        Prefixes = ["electra.", ""],
        ProjectIn = "embeddings_project",
        Pooler = null,
        HeadMatrix = "generator_predictions.dense",
        HeadNorm = "generator_predictions.LayerNorm",
        Unembedding = "generator_lm_head",
        UnembeddingBias = null,
        Ignored = [],
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        TransformerConfig bert = Bert.ReadConfig(
            config, new BertDefaults { Architecture = "electra", ModelDim = 256, Heads = 4, MlpDim = 1024, EmbeddingDim = 128 }, Names);
        // The head's activation is a constant of the reference's code.
        return bert.Output.Head is { } head ? bert with { Output = bert.Output with { Head = head with { Activation = Activation.Gelu } } } : bert;
    }
}
