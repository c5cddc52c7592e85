using System.Numerics.Tensors;

namespace Azimuth.Numerics;

/// <summary>Correlation of two lists of numbers, by their values (Pearson) and by their ranks (Spearman).</summary>
public static class RankCorrelation
{
    /// <summary>Spearman's ρ: Pearson's r of the ranks, equal values sharing the mean of theirs. NaN for fewer than two pairs, or when one list does not vary.</summary>
    /// <exception cref="ArgumentException">Lists of different length, or a NaN in one: it has no rank.</exception>
    public static double Spearman(ReadOnlySpan<double> a, ReadOnlySpan<double> b) => Pearson(Ranks(a), Ranks(b));

    /// <summary>Pearson's r = Σ(a − ā)(b − b̄)/√(Σ(a − ā)² Σ(b − b̄)²). NaN for fewer than two pairs, or when one list does not vary.</summary>
    /// <exception cref="ArgumentException">Lists of different length.</exception>
    public static double Pearson(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        if (a.Length != b.Length)
            throw new ArgumentException($"lists of the same length expected, found {a.Length} and {b.Length} values");
        double meanA = TensorPrimitives.Sum(a) / a.Length, meanB = TensorPrimitives.Sum(b) / b.Length, both = 0, squareA = 0, squareB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double x = a[i] - meanA, y = b[i] - meanB;
            both += x * y;
            squareA += x * x;
            squareB += y * y;
        }

        return squareA > 0 && squareB > 0 ? Math.Clamp(both / (Math.Sqrt(squareA) * Math.Sqrt(squareB)), -1, 1) : double.NaN;
    }

    /// <summary>Rank of every value, 1 for the smallest; equal values share the mean of their ranks.</summary>
    /// <exception cref="ArgumentException">A NaN, which has no rank.</exception>
    public static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, order);
        if (sorted.Length > 0 && double.IsNaN(sorted[0])) // NaN sorts first
            throw new ArgumentException($"value {order[0]} is NaN and has no rank", nameof(values));
        var ranks = new double[sorted.Length];
        for (int from = 0, to; from < sorted.Length; from = to)
        {
            for (to = from + 1; to < sorted.Length && sorted[to] == sorted[from];)
                to++;
            for (int i = from; i < to; i++)
                ranks[order[i]] = (from + 1 + to) / 2.0;
        }

        return ranks;
    }
}
