using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// The shortest ways through a model: a token's vector straight to the final norm and the output table, past every block (Elhage et al. 2021, "A Mathematical Framework
/// for Transformer Circuits", zero-layer transformers), or by the first block's MLP, which for many models finishes the embedding. What they predict is the model's
/// bigram table, as far as the embedding alone knows one.
/// </summary>
public static class DirectPath
{
    /// <summary>Why a model has no direct path, in words; null where it has one.</summary>
    /// <remarks>A post-norm block norms the residual stream itself, so nothing leads past it unchanged.</remarks>
    public static string? Obstacle(TransformerConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (!config.Output.HasLogits)
            return $"this {config.Architecture} model ends in hidden states, without an output that a path could lead to";
        return config.Layers.Any(layer => layer.Shape == BlockShape.PostNorm)
            ? $"the blocks of this {config.Architecture} model norm the residual stream itself (post-norm), so no path leads past them"
            : null;
    }

    /// <summary>
    /// Logits [token, vocab] of the direct path: x = the token's vector (with the embedding's norm where there is one, without a position); then final norm and output table.
    /// With the first MLP, x + what the first block's MLP adds to x: its norms and scales as in the block, its attention left out.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">Tokens, each by itself.</param>
    /// <param name="withFirstMlp">True to go by the first block's MLP.</param>
    /// <exception cref="NotSupportedException">The model has no direct path, for the reason that <see cref="Obstacle"/> gives.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such token.</exception>
    public static Matrix Logits(LanguageModel model, ReadOnlySpan<int> ids, bool withFirstMlp)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (Obstacle(model.Config) is { } obstacle)
            throw new NotSupportedException(obstacle);
        var stream = new Matrix(ids.Length, model.Config.ModelDim);
        for (int i = 0; i < ids.Length; i++)
            model.Parts.TokenVector(ids[i]).CopyTo(stream.Row(i));
        stream = model.Parts.ApplyEmbeddingNorm(stream);
        if (withFirstMlp)
        {
            Matrix added = model.Parts.ApplyMlp(0, stream);
            System.Numerics.Tensors.TensorPrimitives.Add<float>(stream.Values, added.Values, stream.Values);
        }

        return model.Parts.Logits(model.Parts.ApplyFinalNorm(stream));
    }

    /// <summary>The most probable next tokens by the direct path; no position is added.</summary>
    /// <param name="model">The model.</param>
    /// <param name="id">The token.</param>
    /// <param name="top">How many, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such token, or a negative count.</exception>
    /// <inheritdoc cref="Logits" path="/exception[@cref='T:System.NotSupportedException']"/>
    public static IReadOnlyList<TokenProbability> Top(LanguageModel model, int id, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        return Predictions.Top(model.Unembedding, Logits(model, [id], withFirstMlp: false).Row(0), top);
    }
}

/// <summary>Logits as named probabilities.</summary>
internal static class Predictions
{
    /// <summary>The most probable tokens, equal logits by lower id.</summary>
    internal static TokenProbability[] Top(EmbeddingTable table, ReadOnlySpan<float> logits, int count)
    {
        return Named(table, TopK.Largest(logits, count), Softmax.LogSumExp(logits));
    }

    /// <summary>The most probable tokens by their logits and ln Σ exp of all.</summary>
    internal static TokenProbability[] Named(EmbeddingTable table, IReadOnlyList<Scored> best, double total) =>
        [.. best.Select(b => new TokenProbability(b.Index, Text(table, b.Index), Math.Exp(b.Value - total)))];

    /// <summary>KL(p ‖ q) in nats of the distributions of two rows of logits, never below 0; NaN where a logit is.</summary>
    internal static double Divergence(ReadOnlySpan<float> p, ReadOnlySpan<float> q)
    {
        double totalP = Softmax.LogSumExp(p), totalQ = Softmax.LogSumExp(q), sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            double logP = p[i] - totalP, share = Math.Exp(logP);
            if (share != 0)
                sum += share * (logP - (q[i] - totalQ));
        }

        return Math.Max(0, sum); // rounding may leave −1e-17 of two equal rows
    }

    /// <summary>The token's text; logits past the table's rows (a padded output matrix) have none.</summary>
    internal static string Text(EmbeddingTable table, int id) => id < table.Count ? table.Text(id) : "";
}
