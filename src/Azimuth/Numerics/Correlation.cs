namespace Azimuth.Numerics;

/// <summary>Correlation of two lists of numbers, in double.</summary>
public static class Correlation
{
    /// <summary>
    /// Pearson's r = Σ(x − x̄)(y − ȳ) / √(Σ(x − x̄)² Σ(y − ȳ)²), −1 to 1. NaN with fewer than two values, when one list is constant, or when a value is NaN.
    /// </summary>
    /// <exception cref="ArgumentException">Lists of different length.</exception>
    public static double Pearson(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        int count = Checked(x, y);
        if (count < 2)
            return double.NaN;
        double meanX = x.Average(), meanY = y.Average(), products = 0, squaresX = 0, squaresY = 0;
        for (int i = 0; i < count; i++)
        {
            double dx = x[i] - meanX, dy = y[i] - meanY;
            products += dx * dy;
            squaresX += dx * dx;
            squaresY += dy * dy;
        }

        // One root, so that equal lists give exactly 1; two where the product of the sums would underflow or overflow.
        double square = squaresX * squaresY, lengths = double.IsNormal(square) ? Math.Sqrt(square) : Math.Sqrt(squaresX) * Math.Sqrt(squaresY);
        return lengths > 0 ? Math.Clamp(products / lengths, -1, 1) : double.NaN;
    }

    /// <summary>Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of theirs. NaN as there.</summary>
    /// <exception cref="ArgumentException">Lists of different length.</exception>
    public static double Spearman(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        _ = Checked(x, y);
        return x.Any(double.IsNaN) || y.Any(double.IsNaN) ? double.NaN : Pearson(Ranks(x), Ranks(y));
    }

    /// <summary>Ranks from 1, lowest value first; equal values share the mean of their ranks.</summary>
    public static double[] Ranks(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] sorted = [.. values];
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, order);
        var ranks = new double[sorted.Length];
        for (int from = 0; from < sorted.Length;)
        {
            int to = from + 1;
            while (to < sorted.Length && sorted[to] == sorted[from])
                to++;
            for (int i = from; i < to; i++)
                ranks[order[i]] = (from + to + 1) / 2.0;
            from = to;
        }

        return ranks;
    }

    /// <summary>
    /// Two-sided p-value of a correlation of <paramref name="count"/> pairs under independence: t = r√((n − 2)/(1 − r²)) has Student's distribution with n − 2
    /// degrees of freedom, exactly for Pearson's r of normal data, approximately for Spearman's. NaN with fewer than three pairs.
    /// </summary>
    public static double PValue(double correlation, int count)
    {
        if (count < 3 || double.IsNaN(correlation))
            return double.NaN;
        // With x = ν/(ν + t²) = 1 − r² the two tails together are the incomplete beta function I_x(ν/2, 1/2).
        return IncompleteBeta.Regularized((count - 2) / 2.0, 0.5, (1 - correlation) * (1 + correlation));
    }

    private static int Checked(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        return x.Count == y.Count ? x.Count : throw new ArgumentException($"two lists of the same length expected, found {x.Count} and {y.Count} values");
    }
}
