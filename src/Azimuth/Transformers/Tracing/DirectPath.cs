using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// The shortest way through a model: a token's vector straight to the final norm and the output table, past every block, as if it were the whole
/// prompt. What it predicts is the model's bigram table, as far as the embedding alone knows one.
/// </summary>
public static class DirectPath
{
    /// <summary>The most probable next tokens by the direct path; no position is added.</summary>
    /// <param name="model">The model.</param>
    /// <param name="id">The token.</param>
    /// <param name="top">How many, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such token, or a negative count.</exception>
    public static IReadOnlyList<TokenProbability> Top(LanguageModel model, int id, int top)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        float[] vector = model.Parts.TokenVector(id);
        Matrix logits = model.Parts.Logits(model.Parts.ApplyFinalNorm(new Matrix(1, vector.Length, vector)));
        return Predictions.Top(model.Unembedding, logits.Row(0), top);
    }
}

/// <summary>Logits as named probabilities.</summary>
internal static class Predictions
{
    /// <summary>The most probable tokens, equal logits by lower id.</summary>
    internal static TokenProbability[] Top(EmbeddingTable table, ReadOnlySpan<float> logits, int count)
    {
        double total = Softmax.LogSumExp(logits);
        Scored[] best = TopK.Largest(logits, count);
        return Array.ConvertAll(best, b => new TokenProbability(b.Index, Text(table, b.Index), Math.Exp(b.Value - total)));
    }

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
