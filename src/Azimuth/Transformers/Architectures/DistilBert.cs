using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>DistilBERT (Sanh et al. 2019): BERT without token types and pooler, under names of its own.</summary>
internal static class DistilBert
{
    public static Architecture Family { get; } = new() { ModelType = "distilbert", ReadConfig = ReadConfig, Tensors = _ => Names, Gguf = GgufForms.Bert };

    private static TensorNames Names => new()
    {
        Prefixes = ["distilbert.", ""],
        TokenEmbedding = "embeddings.word_embeddings",
        PositionEmbedding = "embeddings.position_embeddings",
        EmbeddingNorm = "embeddings.LayerNorm",
        QueryKeyValue = new FusedNames(
            "transformer.layer.{layer}.attention.q_lin", "transformer.layer.{layer}.attention.k_lin", "transformer.layer.{layer}.attention.v_lin"),
        AttentionOutput = "transformer.layer.{layer}.attention.out_lin",
        AttentionNorm = "transformer.layer.{layer}.sa_layer_norm",
        MlpUp = new FusedNames("transformer.layer.{layer}.ffn.lin1"),
        MlpDown = "transformer.layer.{layer}.ffn.lin2",
        MlpNorm = "transformer.layer.{layer}.output_layer_norm",
        HeadMatrix = "vocab_transform",
        HeadNorm = "vocab_layer_norm",
        Unembedding = "vocab_projector",
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        int model = config.Count("dim", 768), heads = config.Count("n_heads", 12);
        var shape = new EncoderShape(
            config.Count("vocab_size", 30522), config.Count("max_position_embeddings", 512), model, config.LayerCount("n_layers", 6), heads,
            config.HeadDim(model, heads, "dim", "n_heads"), config.Count("hidden_dim", 3072));
        // Sinusoidal positions are stored as a table like any other. Epsilon is a constant of the reference's code.
        TransformerConfig encoder = Bert.Create(shape, config.Activation("activation", "gelu"), epsilon: 1e-12);
        return Bert.WithHeads(encoder with { Architecture = "distilbert" }, config, Names);
    }
}
