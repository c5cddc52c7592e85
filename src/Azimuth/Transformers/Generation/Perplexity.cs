using Azimuth.Numerics;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Transformers;

/// <summary>How well a model predicts a text. Natural logarithms.</summary>
public sealed record PerplexityResult
{
    /// <summary>Tokens of the text.</summary>
    public required int Tokens { get; init; }

    /// <summary>Tokens that were predicted from others.</summary>
    public required int PredictedTokens { get; init; }

    /// <summary>Mean of −ln p over them.</summary>
    public required double LossNatsPerToken { get; init; }

    /// <summary>exp of the mean loss.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Tokens of one run.</summary>
    public required int Window { get; init; }

    /// <summary>Tokens from one window's start to the next one's.</summary>
    public required int Stride { get; init; }
}

/// <summary>Loss of texts under a model.</summary>
public static class Perplexity
{
    /// <summary>
    /// Perplexity of a text cut into windows that start every <paramref name="stride"/> tokens. With a stride equal to the window the first token of each
    /// is not predicted; with a smaller one every token but the first is predicted once, in the window in which it is new.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">The text's tokens, at least two.</param>
    /// <param name="window">Tokens of a window, 2 to the context.</param>
    /// <param name="stride">1 to <paramref name="window"/>.</param>
    /// <param name="progress">Gets the share of the text done, 0 to 1.</param>
    /// <param name="cancellation">Ends it, within moments.</param>
    /// <exception cref="ArgumentException">Fewer than two tokens, or window or stride outside their range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">The logits are not finite: weights hold NaN or are too large.</exception>
    public static PerplexityResult Of(
        LanguageModel model, ReadOnlySpan<int> ids, int window, int stride, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        if (window < 2 || window > model.Config.LongestRun)
            throw new ArgumentException(FormattableString.Invariant($"window: expected 2 to {model.Config.LongestRun} tokens (the model's context), found {window}."));
        if (stride < 1 || stride > window)
            throw new ArgumentException(FormattableString.Invariant($"stride: expected 1 to {window} tokens (the window), found {stride}."));
        RequireTwo(ids);
        double loss = 0;
        int predicted = 0;
        for (int begin = 0, seen = 0; seen < ids.Length; begin += stride)
        {
            cancellation.ThrowIfCancellationRequested();
            int end = Math.Min(begin + window, ids.Length);
            int first = Math.Max(seen, begin + 1); // the first token that is new here and has another before it
            if (first < end)
            {
                foreach (double nats in Losses(model, ids[begin..end], first - begin, cancellation))
                    loss += nats;
                predicted += end - first;
            }

            seen = end;
            progress?.Report((double)end / ids.Length);
        }

        return new PerplexityResult
        {
            Tokens = ids.Length,
            PredictedTokens = predicted,
            LossNatsPerToken = loss / predicted,
            Perplexity = Math.Exp(loss / predicted),
            Window = window,
            Stride = stride,
        };
    }

    /// <summary>−ln p of each token given those before it, from the second on: [ids − 1].</summary>
    /// <exception cref="ArgumentException">Fewer than two tokens, or more than the context.</exception>
    public static double[] LossNatsPerPosition(LanguageModel model, ReadOnlySpan<int> ids)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        RequireTwo(ids);
        return Losses(model, ids, 1, default);
    }

    /// <summary>−ln p of the tokens from <paramref name="first"/> on.</summary>
    private static double[] Losses(LanguageModel model, ReadOnlySpan<int> ids, int first, CancellationToken cancellation)
    {
        Matrix finished = model.Trace(ids, TraceSites.FinalNorm, cancellation).FinalNorm;
        // The logits of position p − 1 predict the token at p.
        int width = finished.Columns, count = ids.Length - first;
        NextToken[] found = model.Parts.Predict(new Matrix(count, width, finished.Values[((first - 1) * width)..((first - 1 + count) * width)]), ids[first..].ToArray(), cancellation: cancellation);
        return Array.ConvertAll(found, token =>
        {
            model.RequireFinite(token.LogSumExp);
            return token.LossNats;
        });
    }

    private static void RequireTwo(ReadOnlySpan<int> ids)
    {
        if (ids.Length < 2)
            throw new ArgumentException(FormattableString.Invariant($"text: expected at least two tokens, found {ids.Length}."));
    }
}
