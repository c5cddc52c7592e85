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
    /// <param name="cancellation">Ends it between two windows.</param>
    public static PerplexityResult Of(
        LanguageModel model, ReadOnlySpan<int> ids, int window, int stride, IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <summary>−ln p of each token given those before it, from the second on: [ids − 1].</summary>
    public static double[] LossNatsPerPosition(LanguageModel model, ReadOnlySpan<int> ids) => throw new NotSupportedException();
}
