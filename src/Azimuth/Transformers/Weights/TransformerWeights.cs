using Azimuth.Numerics;
using Azimuth.Transformers.Blocks;
using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Weights;

/// <summary>All weights of a model. Tables and matrices are views of the file; a matrix is packed when it is first multiplied. Immutable.</summary>
internal sealed record TransformerWeights
{
    /// <summary>[vocab, embedding width].</summary>
    public required StoredMatrix TokenEmbedding { get; init; }

    /// <summary>[rows, model], or as wide as the token table where the projection comes last; null where no position vector is added.</summary>
    public required StoredMatrix? PositionEmbedding { get; init; }

    /// <summary>[types, as wide as positions]; null where there are no token types.</summary>
    public required StoredMatrix? TokenTypes { get; init; }

    /// <summary>Biases by distance, or null.</summary>
    public required RelativeBias? RelativeBias { get; init; }

    /// <summary>Norm of the embedding, or null.</summary>
    public required Norm? EmbeddingNorm { get; init; }

    /// <summary>Embedding width to model width, or null where they are equal.</summary>
    public required Linear? ProjectIn { get; init; }

    /// <summary>One entry a layer.</summary>
    public required IReadOnlyList<LayerWeights> Layers { get; init; }

    /// <summary>Norm before the unembedding, or null.</summary>
    public required Norm? FinalNorm { get; init; }

    /// <summary>Model width to embedding width, or null where they are equal or the head leads there.</summary>
    public required Linear? ProjectOut { get; init; }

    /// <summary>The matrix of a masked language model's head, model width to embedding width, or null.</summary>
    public required Linear? HeadMatrix { get; init; }

    /// <summary>The norm of a masked language model's head, or null.</summary>
    public required Norm? HeadNorm { get; init; }

    /// <summary>The matrix of the pooler, or null.</summary>
    public required Linear? Pooler { get; init; }

    /// <summary>[vocab, embedding width] as stored; the token table when tied.</summary>
    public required StoredMatrix UnembeddingTable { get; init; }

    /// <summary>The same for the product, with its bias.</summary>
    public required Linear Unembedding { get; init; }

    /// <summary>All matrices that are packed.</summary>
    public IEnumerable<Linear> Matrices => new[] { ProjectIn, ProjectOut, HeadMatrix, Pooler, Unembedding }.OfType<Linear>().Concat(Layers.Distinct().SelectMany(layer => layer.Matrices));
}

/// <summary>Weights of one block.</summary>
internal sealed record LayerWeights
{
    /// <summary>Before attention; of the sum after it in a post-norm block.</summary>
    public required Norm? AttentionNorm { get; init; }

    /// <summary>Of what attention adds.</summary>
    public required Norm? AttentionOutputNorm { get; init; }

    /// <summary>Before the MLP; of the sum after it in a post-norm block.</summary>
    public required Norm? MlpNorm { get; init; }

    /// <summary>Of what the MLP adds.</summary>
    public required Norm? MlpOutputNorm { get; init; }

    /// <summary>Model width to [queries | keys | values].</summary>
    public required Linear QueryKeyValue { get; init; }

    /// <summary>Norm of queries, or null.</summary>
    public required Norm? QueryNorm { get; init; }

    /// <summary>Norm of keys, or null.</summary>
    public required Norm? KeyNorm { get; init; }

    /// <summary>[heads · headDim] to model width.</summary>
    public required Linear AttentionOutput { get; init; }

    /// <summary>The one MLP, or the experts.</summary>
    public required IReadOnlyList<MlpWeights> Mlps { get; init; }

    /// <summary>Model width to one score an expert; null for a dense MLP.</summary>
    public required Linear? Router { get; init; }

    /// <summary>All matrices that are packed.</summary>
    public IEnumerable<Linear> Matrices =>
        new[] { QueryKeyValue, AttentionOutput, Router }.OfType<Linear>().Concat(Mlps.SelectMany(mlp => new[] { mlp.Up, mlp.Down }));
}

/// <summary>Weights of one MLP.</summary>
/// <param name="Up">Model width to [hidden], or to [gate | up] where gated.</param>
/// <param name="Down">Hidden to model width.</param>
internal sealed record MlpWeights(Linear Up, Linear Down);
