using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Weights;

namespace Azimuth.Training.LanguageModels;

/// <summary>Which configs have a backward pass, part by part.</summary>
internal static class Trainability
{
    /// <summary>Stops before a config that holds a part without a backward pass.</summary>
    /// <exception cref="NotSupportedException">Names the first such part.</exception>
    public static void Require(TransformerConfig config, TensorNames names)
    {
        if (FirstMissing(config, names) is { } part)
            throw new NotSupportedException($"expected a model whose every part can be trained, found {part} ({config.Architecture}). Models of the shapes of GPT-2 and Llama train");
    }

    private static string? FirstMissing(TransformerConfig config, TensorNames names)
    {
        if (!config.IsCausal)
            return "an encoder, which predicts no next token";
        if (config.Embedding.Projection != EmbeddingProjection.None)
            return "a token table of another width than the model";
        if (config.Embedding.TokenTypes > 0)
            return "a table of token types";
        if (config.Embedding.Positions is { PaddingId: not null })
            return "positions that do not count padding";
        if (!config.Output.HasLogits || config.Output.Head is not null)
            return "no output table, or a head before it";
        if (config.HasPooler)
            return "a pooler";
        if (names.QueryKeyValue.RowOrder is not null && names.Layout == WeightLayout.InputsByOutputs)
            return "queries, keys and values in an order of their own in a matrix stored as [inputs, outputs]";
        return config.Layers.Select(FirstMissing).FirstOrDefault(part => part is not null);
    }

    private static string? FirstMissing(LayerConfig layer)
    {
        AttentionConfig attention = layer.Attention;
        if (layer.Mlp is { Experts: not null, HasBias: true })
            return "experts with biases";
        if (attention.RelativeBias is not null)
            return "trained biases by distance";
        return layer.WeightsOf is not null ? "layers that share their weights" : null;
    }
}
