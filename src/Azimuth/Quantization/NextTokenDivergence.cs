using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Quantization;

/// <summary>How far one model's next-token distributions are from another's on a text. Natural logarithms.</summary>
public sealed record NextTokenDivergence
{
    /// <summary>Positions compared: every token of the text stands before one.</summary>
    public required int Positions { get; init; }

    /// <summary>Tokens run at a time; every window begins anew.</summary>
    public required int Window { get; init; }

    /// <summary>Mean over positions of KL(p‖q) = Σ p ln(p/q), p the original's distribution, in nats.</summary>
    public required double MeanKlNats { get; init; }

    /// <summary>The largest of them.</summary>
    public required double MaxKlNats { get; init; }

    /// <summary>Where it is: the token's place in the text.</summary>
    public required int MaxKlPosition { get; init; }

    /// <summary>Share of positions at which both have the same most probable token (equal logits: the lower id).</summary>
    public required double Top1Agreement { get; init; }

    /// <summary>Perplexity of the original over the tokens that follow another in their window; null for a text of one token.</summary>
    public required double? PerplexityBefore { get; init; }

    /// <summary>The other's, over the same tokens.</summary>
    public required double? PerplexityAfter { get; init; }

    /// <summary>Runs both models over a text, cut into windows.</summary>
    /// <param name="original">p.</param>
    /// <param name="changed">q; the same vocabulary.</param>
    /// <param name="ids">The text's tokens, at least one.</param>
    /// <param name="window">Tokens run at a time, 1 to the context.</param>
    /// <param name="progress">Told the share of the text done, 0 to 1.</param>
    /// <param name="cancellation">Ends it between layers and groups of positions.</param>
    /// <exception cref="ArgumentException">No tokens, a window outside its range, or models of different vocabularies.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">Logits that are not finite.</exception>
    public static NextTokenDivergence Of(
        LanguageModel original, LanguageModel changed, ReadOnlySpan<int> ids, int window, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(changed);
        original.RequireCausal();
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, original.Config.LongestRun);
        if (ids.IsEmpty || original.Config.VocabSize != changed.Config.VocabSize)
            throw new ArgumentException(FormattableString.Invariant($"expected a text and equal vocabularies, found {ids.Length} tokens, {original.Config.VocabSize} and {changed.Config.VocabSize} rows"), nameof(ids));
        var divergence = new double[ids.Length];
        var agrees = new bool[ids.Length];
        double[] lossBefore = new double[ids.Length], lossAfter = new double[ids.Length]; // NaN where nothing follows in the window
        for (int begin = 0; begin < ids.Length; begin += window)
        {
            int[] part = ids[begin..Math.Min(ids.Length, begin + window)].ToArray();
            Compare(original, changed, part, divergence.AsMemory(begin, part.Length), agrees.AsMemory(begin, part.Length), lossBefore.AsMemory(begin, part.Length), lossAfter.AsMemory(begin, part.Length), cancellation);
            progress?.Report((double)(begin + part.Length) / ids.Length);
        }

        int worst = Array.IndexOf(divergence, divergence.Max());
        return new NextTokenDivergence
        {
            Positions = ids.Length,
            Window = window,
            MeanKlNats = divergence.Average(),
            MaxKlNats = divergence[worst],
            MaxKlPosition = worst,
            Top1Agreement = agrees.Count(same => same) / (double)ids.Length,
            PerplexityBefore = Perplexity(lossBefore),
            PerplexityAfter = Perplexity(lossAfter),
        };
    }

    private static double? Perplexity(double[] losses)
    {
        double[] counted = Array.FindAll(losses, loss => !double.IsNaN(loss));
        return counted.Length == 0 ? null : Math.Exp(counted.Average());
    }

    private static void Compare(
        LanguageModel original, LanguageModel changed, int[] ids, Memory<double> divergence, Memory<bool> agrees, Memory<double> lossBefore, Memory<double> lossAfter, CancellationToken cancellation)
    {
        const int RowsAtOnce = 64; // a whole window of logits is large
        Matrix before = original.Trace(ids, TraceSites.FinalNorm, cancellation).FinalNorm, after = changed.Trace(ids, TraceSites.FinalNorm, cancellation).FinalNorm;
        for (int at = 0; at < ids.Length; at += RowsAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            int first = at, count = Math.Min(RowsAtOnce, ids.Length - at);
            Matrix p = original.Parts.Logits(Rows(before, first, count)), q = changed.Parts.Logits(Rows(after, first, count));
            original.RequireFinite(p.Values);
            changed.RequireFinite(q.Values);
            original.Workers.Run(count, i =>
            {
                double zp = Softmax.LogSumExp(p.Row(i)), zq = Softmax.LogSumExp(q.Row(i));
                divergence.Span[first + i] = Kl(p.Row(i), zp, q.Row(i), zq);
                agrees.Span[first + i] = TensorPrimitives.IndexOfMax<float>(p.Row(i)) == TensorPrimitives.IndexOfMax<float>(q.Row(i));
                int next = first + i + 1;
                (lossBefore.Span[first + i], lossAfter.Span[first + i]) = next < ids.Length ? (zp - p[i, ids[next]], zq - q[i, ids[next]]) : (double.NaN, double.NaN);
            });
        }
    }

    /// <summary>Never below 0 but for rounding, which is cut off.</summary>
    private static double Kl(ReadOnlySpan<float> p, double zp, ReadOnlySpan<float> q, double zq)
    {
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            double logP = p[i] - zp;
            sum += Math.Exp(logP) * (logP - (q[i] - zq));
        }

        return Math.Max(0, sum);
    }

    private static Matrix Rows(Matrix matrix, int first, int count) =>
        new(count, matrix.Columns, matrix.Values[(first * matrix.Columns)..((first + count) * matrix.Columns)]);
}
