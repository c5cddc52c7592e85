using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// RoBERTa (Liu et al. 2019), and XLM-RoBERTa (Conneau et al. 2020) and CamemBERT, which differ only in the vocabulary: BERT with positions counted from the
/// padding id on, padding not counted, and a head whose activation is always GELU.
/// </summary>
internal static class Roberta
{
    public static Architecture Family { get; } = Named("roberta");

    public static Architecture XlmRoberta { get; } = Named("xlm-roberta");

    public static Architecture Camembert { get; } = Named("camembert");

    private static TensorNames Names => Bert.Names with
    {
        Prefixes = ["roberta.", ""],
        HeadMatrix = "lm_head.dense",
        HeadNorm = "lm_head.layer_norm",
        Unembedding = "lm_head.decoder",
        UnembeddingBias = "lm_head",
        Ignored = ["lm_head.decoder.bias"], // the same as lm_head.bias
    };

    /// <summary>Positions start after the padding id, whose own row is that of padding; so many positions fewer than rows are there.</summary>
    public static TransformerConfig CountedFromPadding(TransformerConfig bert, ConfigReader config)
    {
        int padding = config.OptionalIds("pad_token_id") is [var id] ? id : 1, rows = bert.ContextLength;
        if (padding < 0 || padding > rows - 2)
            throw config.Error("pad_token_id", $"expected a number from 0 to {rows - 2}, two less than max_position_embeddings, found {padding}");
        HeadConfig? head = bert.Output.Head is { } found ? found with { Activation = Activation.Gelu } : null;
        return bert with
        {
            ContextLength = rows - padding - 1,
            Embedding = bert.Embedding with { Positions = new PositionTableConfig(PositionTableKind.Learned, padding + 1, rows, padding) },
            Output = bert.Output with { Head = head },
        };
    }

    private static Architecture Named(string type) => new()
    {
        ModelType = type,
        ReadConfig = config => CountedFromPadding(Bert.ReadConfig(config, new BertDefaults { Architecture = type, VocabSize = type == "roberta" ? 50265 : 30522 }, Names), config),
        Tensors = _ => Names,
    };
}
