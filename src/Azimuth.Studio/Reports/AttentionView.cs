using Azimuth.Embeddings;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Studio.Reports;

/// <summary>Where one position looks, at the positions shown.</summary>
public sealed record AttentionView
{
    /// <summary>The positions shown, ascending: all, or those with the most attention over all layers and heads.</summary>
    public required IReadOnlyList<int> Positions { get; init; }

    /// <summary>Their tokens.</summary>
    public required IReadOnlyList<TokenRef> Tokens { get; init; }

    /// <summary>Attention weights: [layer][head][shown position]; over all positions of the prompt they add up to 1.</summary>
    public required IReadOnlyList<IReadOnlyList<IReadOnlyList<float>>> Weights { get; init; }

    /// <summary>Positions the weights add up over.</summary>
    public required int PromptLength { get; init; }

    /// <summary>Keeps at most <paramref name="most"/> positions of a trace's attention: those with the largest sum, equal sums by lower position.</summary>
    /// <param name="trace">Its <see cref="PromptTrace.AttentionLastPosition"/> is read.</param>
    /// <param name="most">At least 1.</param>
    public static AttentionView Of(PromptTrace trace, int most)
    {
        ArgumentNullException.ThrowIfNull(trace);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        var layers = trace.AttentionLastPosition; // [layer][head][position]
        int seen = trace.Position + 1;
        var sums = new double[seen];
        foreach (var head in layers.SelectMany(heads => heads))
        {
            for (int p = 0; p < seen; p++)
                sums[p] += head[p];
        }

        int[] kept = [.. Enumerable.Range(0, seen).OrderByDescending(p => sums[p]).ThenBy(p => p).Take(most).Order()];
        return new AttentionView
        {
            Positions = kept,
            Tokens = [.. kept.Select(p => trace.Tokens[p])],
            Weights = [.. layers.Select(heads => heads.Select(head => kept.Select(p => head[p]).ToArray()).ToArray())],
            PromptLength = seen,
        };
    }
}
