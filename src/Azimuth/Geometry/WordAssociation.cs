using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using Azimuth.Embeddings;

namespace Azimuth.Geometry;

/// <summary>A token and a number.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Value">The number.</param>
public sealed record TokenValue(int Id, string Text, double Value);

/// <summary>
/// The Word-Embedding Association Test (Caliskan, Bryson and Narayanan 2017): are the target words X nearer to the attributes A, and Y nearer to B, than chance
/// would have it? s(w) = mean cos(w, A) − mean cos(w, B).
/// </summary>
public sealed record WordAssociation
{
    /// <summary>s of each word of X, then of each of Y.</summary>
    public required IReadOnlyList<TokenValue> Associations { get; init; }

    /// <summary>Words in X, as many as in Y.</summary>
    public required int TargetCount { get; init; }

    /// <summary>Words cut off the end of the longer of X and Y, so that they are equally long.</summary>
    public required IReadOnlyList<TokenRef> CutOff { get; init; }

    /// <summary>Words in A.</summary>
    public required int AttributesA { get; init; }

    /// <summary>Words in B.</summary>
    public required int AttributesB { get; init; }

    /// <summary>Σ s(X) − Σ s(Y).</summary>
    public required double Statistic { get; init; }

    /// <summary>(mean s(X) − mean s(Y)) / standard deviation of s over X and Y together, dividing by one less than their number: the one to report. NaN when all s are equal.</summary>
    public required double EffectSizeSampleSd { get; init; }

    /// <summary>The same with the standard deviation that divides by their number, to recognise figures of others.</summary>
    public required double EffectSizePopulationSd { get; init; }

    /// <summary>How likely a random split of the target words is to separate them as far, one-sided.</summary>
    public required PartitionTest Permutation { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();

    /// <summary>Runs the test on rows that have a direction; the longer of X and Y is cut at its end.</summary>
    /// <param name="table">The rows.</param>
    /// <param name="x">First target words.</param>
    /// <param name="y">Second target words.</param>
    /// <param name="a">First attribute words.</param>
    /// <param name="b">Second attribute words.</param>
    /// <param name="samples">How many splits are drawn where there are more than <see cref="PartitionCount"/> counts.</param>
    /// <param name="seed">What they are drawn with.</param>
    /// <param name="cancellation">Checked now and then.</param>
    /// <exception cref="ArgumentException">A list is empty, or a row has no direction.</exception>
    public static WordAssociation Of(
        EmbeddingTable table, IReadOnlyList<int> x, IReadOnlyList<int> y, IReadOnlyList<int> a, IReadOnlyList<int> b,
        int samples = 1_000_000, ulong seed = 1, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        foreach (var (name, list) in new[] { ("X", x), ("Y", y), ("A", a), ("B", b) })
        {
            ArgumentNullException.ThrowIfNull(list, name);
            if (list.Count == 0)
                throw new ArgumentException($"{name}: expected at least one word, found none", name);
        }

        int n = Math.Min(x.Count, y.Count);
        // mean cos(w, A) − mean cos(w, B) is one dot product with the difference of the mean unit rows.
        double[] difference = MeanUnit(table, a);
        TensorPrimitives.Subtract(difference, MeanUnit(table, b), difference);
        double[] s = [.. x.Take(n).Concat(y.Take(n)).Select(id => TensorPrimitives.Dot<double>(UnitRow(table, id), difference))];
        double meanX = s.Take(n).Average(), meanY = s.Skip(n).Average(), mean = s.Average(), squares = s.Sum(v => (v - mean) * (v - mean));
        PartitionTest permutation = PartitionCount.Test(s[..n], s[n..], samples, seed, cancellation: cancellation);
        return new WordAssociation
        {
            Associations = [.. x.Take(n).Concat(y.Take(n)).Select((id, i) => new TokenValue(id, table.Text(id), s[i]))],
            TargetCount = n,
            CutOff = [.. x.Skip(n).Concat(y.Skip(n)).Select(id => new TokenRef(id, table.Text(id)))],
            AttributesA = a.Count,
            AttributesB = b.Count,
            Statistic = s.Take(n).Sum() - s.Skip(n).Sum(),
            EffectSizeSampleSd = squares > 0 ? (meanX - meanY) / Math.Sqrt(squares / (2 * n - 1)) : double.NaN,
            EffectSizePopulationSd = squares > 0 ? (meanX - meanY) / Math.Sqrt(squares / (2 * n)) : double.NaN,
            Permutation = permutation,
            Conventions = Conventions.OfTable(table, "s(w) = mean cos(w, A) − mean cos(w, B)", "effect size by the sample standard deviation (n − 1)", permutation.Sampled is int drawn
                ? FormattableString.Invariant($"p from {drawn:N0} random splits, seed {permutation.Seed}") : "p exact, one-sided, over all equal splits") with
            { Angles = null },
        };
    }

    private static double[] MeanUnit(EmbeddingTable table, IReadOnlyList<int> ids)
    {
        var mean = new double[table.ModelDim];
        foreach (int id in ids)
            TensorPrimitives.Add(mean, UnitRow(table, id), mean);
        TensorPrimitives.Divide(mean, (double)ids.Count, mean);
        return mean;
    }

    private static double[] UnitRow(EmbeddingTable table, int id) => AnalogyScorer.UnitRow(table, id)
        ?? throw new ArgumentException($"the row of \"{table.Text(id)}\" (id {id}) has no direction: it is zero or not finite; leave the word out");
}
