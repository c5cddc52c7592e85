using System.Globalization;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Positions;

/// <summary>Reads from a model how it tells positions apart, and measures it on the tables its runs use.</summary>
public static class PositionSchemes
{
    /// <summary>Every scheme of the model: rows added to the embedding first, then what enters the attention, in the order of the layers.</summary>
    /// <param name="model">The model.</param>
    /// <param name="length">The run's length that frequencies and distances are for; the context when null.</param>
    /// <param name="cancellation">Checked between distances.</param>
    /// <exception cref="ArgumentOutOfRangeException">A length below 2, or beyond what the model runs.</exception>
    public static IReadOnlyList<PositionScheme> Of(LanguageModel model, int? length = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        int run = length ?? model.Config.ContextLength;
        ArgumentOutOfRangeException.ThrowIfLessThan(run, 2, nameof(length));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(run, model.Config.LongestRun, nameof(length));
        var schemes = new List<PositionScheme>();
        if (model.Config.Embedding.Positions is { } added)
            schemes.Add(OfRows(model, added, run, cancellation));
        foreach (IGrouping<(PositionKind Kind, string Text), int> same in Enumerable.Range(0, model.Config.LayerCount).GroupBy(layer => Describe(model.Config.Layers[layer].Attention)))
        {
            // A model with added rows need not say that its attention adds nothing.
            if (same.Key.Kind != PositionKind.None || model.Config.Embedding.Positions is null)
                schemes.Add(OfAttention(model.Config.Layers[same.First()].Attention, same.Key, [.. same], run));
        }

        return schemes;
    }

    /// <summary>Every distance up to 256, then in steps of an eighth of a doubling, then the longest.</summary>
    internal static int[] Distances(int longest)
    {
        var distances = new SortedSet<int>(Enumerable.Range(0, Math.Min(longest, 256) + 1)) { longest };
        for (double distance = 256; distance < longest; distance *= Math.Pow(2, 0.125))
            distances.Add((int)distance);
        return [.. distances];
    }

    private static PositionScheme OfRows(LanguageModel model, PositionTableConfig config, int run, CancellationToken cancellation)
    {
        StoredMatrix rows = model.Parts.PositionTable!;
        int positions = (int)(rows.Rows - config.Offset);
        int[] distances = Distances(Math.Min(run, positions) - 1);
        IReadOnlyList<DistanceCosine> raw = PositionRows.ByDistance(rows, config.Offset, centred: false, distances, model.Workers, cancellation);
        PositionNorms norms = PositionRows.Norms(rows, config.Offset);
        bool learned = config.Kind == PositionTableKind.Learned;
        string offset = config.Offset == 0 ? "" : $", position 0 at row {config.Offset}";
        return new PositionScheme
        {
            Kind = learned ? PositionKind.Learned : PositionKind.Sinusoidal,
            Layers = [],
            Description = string.Create(CultureInfo.InvariantCulture, $"{(learned ? "learned" : "sinusoidal")} rows added to the embedding: {positions} positions of {rows.Columns} values{offset}")
                + (learned ? "" : ", all sines, then all cosines, frequencies 10000^(-i/(width/2 - 1))"),
            SimilarityOf = "mean cosine of two position rows",
            Similarity = raw,
            CentredSimilarity = PositionRows.ByDistance(rows, config.Offset, centred: true, distances, model.Workers, cancellation),
            Norms = norms,
            NormError = Math.Max(norms.Max - norms.Mean, norms.Mean - norms.Min) / norms.Mean,
            OffsetError = raw.Max(at => at.Spread),
            Length = run,
        };
    }

    private static PositionScheme OfAttention(AttentionConfig attention, (PositionKind Kind, string Text) key, int[] layers, int run)
    {
        var scheme = new PositionScheme { Kind = key.Kind, Layers = layers, Description = key.Text, Length = run };
        if (attention.Rotary is { } rotary)
        {
            return scheme with
            {
                SimilarityOf = "cosine of a vector turned at two positions, mean over all directions",
                Similarity = [.. Distances(run - 1).Select(d => new DistanceCosine(d, RotaryMeasures.Similarity(rotary, attention.HeadDim, d, run), 0))],
                NormError = RotaryMeasures.NormError(rotary, attention.HeadDim, run),
                OffsetError = RotaryMeasures.OffsetError(rotary, attention.HeadDim, run),
                InverseFrequencies = RotaryFrequencies.Of(rotary, run),
                AttentionFactor = RotaryFrequencies.AttentionFactor(rotary.Scaling),
            };
        }

        return attention.AlibiSlopes is not { } slopes ? scheme : scheme with
        {
            SimilarityOf = "factor exp(-slope · distance) on a weight before it is normalised, mean over heads",
            Similarity = [.. Distances(run - 1).Select(d => new DistanceCosine(d, Enumerable.Range(0, slopes.Count).Average(head => Math.Exp(attention.AlibiBias(head, d, 0))), 0))],
            Slopes = [.. slopes.Select(slope => slope * attention.AlibiScale)],
        };
    }

    private static (PositionKind Kind, string Text) Describe(AttentionConfig attention)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string window = attention.Window is { } seen ? string.Create(culture, $"; a query sees {seen} positions") : "";
        if (attention.Rotary is { } rotary)
        {
            string part = rotary.Dim == attention.HeadDim ? string.Create(culture, $"all {rotary.Dim} values of a head") : string.Create(culture, $"the first {rotary.Dim} of a head's {attention.HeadDim} values");
            string pairs = rotary.Pairing == RotaryPairing.Halves ? "value i paired with i + half" : "neighbouring values paired";
            return (PositionKind.Rotary, string.Create(culture, $"rotary, base {rotary.Base:#,0.####}, {part}, {pairs}, {Describe(rotary.Scaling)}{window}"));
        }

        return attention.AlibiSlopes is { } slopes
            ? (PositionKind.Alibi, string.Create(culture, $"ALiBi, {slopes.Count} heads, slopes {slopes.Max() * attention.AlibiScale:0.####} to {slopes.Min() * attention.AlibiScale:0.######}{window}"))
            : (PositionKind.None, $"no positions in the attention{window}");
    }

    private static string Describe(RotaryScaling scaling) => scaling switch
    {
        RotaryScaling.Linear linear => FormattableString.Invariant($"linear scaling by {linear.Factor}"),
        RotaryScaling.Dynamic dynamic => FormattableString.Invariant($"dynamic scaling by {dynamic.Factor} beyond {dynamic.OriginalContext} tokens"),
        RotaryScaling.Llama3 llama => FormattableString.Invariant(
            $"llama3 scaling by {llama.Factor} between {llama.LowFrequencyFactor} and {llama.HighFrequencyFactor} turns over {llama.OriginalContext} tokens"),
        RotaryScaling.Yarn yarn => FormattableString.Invariant(
            $"yarn scaling by {yarn.Factor} between {yarn.BetaSlow} and {yarn.BetaFast} turns over {yarn.OriginalContext} tokens{(yarn.RoundsBounds ? "" : ", bounds not rounded")}, attention factor {yarn.AttentionFactor:0.####}"),
        RotaryScaling.Long factors => FormattableString.Invariant(
            $"longrope scaling, a divisor a pair and another list beyond {factors.OriginalContext} tokens, attention factor {factors.AttentionFactor:0.####}"),
        RotaryScaling.Divisors divisors => FormattableString.Invariant($"each frequency divided by its own number, 1 to {divisors.Factors.Max():0.####}"),
        RotaryScaling.Still => "not turned",
        _ => "not scaled",
    };
}
