namespace Azimuth.Studio.Reports;

/// <summary>Counts of values between edges. Bin i holds <c>Edges[i] ≤ v &lt; Edges[i + 1]</c>; the last bin holds its upper edge too.</summary>
/// <param name="Edges">Ascending, one more than there are bins.</param>
/// <param name="Counts">Values in each bin.</param>
public sealed record Histogram(IReadOnlyList<double> Edges, IReadOnlyList<int> Counts)
{
    /// <summary>Equal steps from 0 to the largest value; every value is counted.</summary>
    /// <param name="values">Finite, 0 or more, at least one.</param>
    /// <param name="bins">At least 1.</param>
    /// <exception cref="ArgumentException">No values, or one that is negative or not finite.</exception>
    public static Histogram Linear(ReadOnlySpan<float> values, int bins)
    {
        var (_, largest) = Range(values, bins);
        double top = largest > 0 ? largest : 1;
        return Count(values, [.. Enumerable.Range(0, bins + 1).Select(i => top * i / bins)]);
    }

    /// <summary>Equal ratios from the smallest positive value to the largest; zeros, which have no logarithm, are left out.</summary>
    /// <param name="values">Finite, 0 or more, at least one.</param>
    /// <param name="bins">At least 1.</param>
    /// <exception cref="ArgumentException">No values, or one that is negative or not finite.</exception>
    public static Histogram Logarithmic(ReadOnlySpan<float> values, int bins)
    {
        var (smallest, largest) = Range(values, bins);
        if (largest == 0)
            return new Histogram([], []);
        // Equal values still need a bin of some width.
        double low = Math.Log(smallest), high = smallest < largest ? Math.Log(largest) : Math.Log(largest) + 1e-3;
        double[] edges = [.. Enumerable.Range(0, bins + 1).Select(i => Math.Exp(low + ((high - low) * i / bins)))];
        // The exponential of a logarithm misses by a few last digits; the outer edges are exact.
        edges[0] = smallest;
        if (smallest < largest)
            edges[^1] = largest;
        return Count(values, edges);
    }

    private static (double SmallestPositive, double Largest) Range(ReadOnlySpan<float> values, int bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        if (values.IsEmpty)
            throw new ArgumentException("a histogram needs at least one value, found none", nameof(values));
        double smallest = double.PositiveInfinity, largest = 0;
        foreach (float value in values)
        {
            if (!float.IsFinite(value) || value < 0)
                throw new ArgumentException($"expected lengths, finite and not negative, found {value}", nameof(values));
            largest = Math.Max(largest, value);
            if (value > 0)
                smallest = Math.Min(smallest, value);
        }

        return (smallest, largest);
    }

    private static Histogram Count(ReadOnlySpan<float> values, double[] edges)
    {
        var counts = new int[edges.Length - 1];
        foreach (float value in values)
        {
            if (value < edges[0])
                continue;
            int found = Array.BinarySearch(edges, value);
            // A value between two edges is found as the complement of the upper one.
            counts[Math.Min(found >= 0 ? found : ~found - 1, counts.Length - 1)]++;
        }

        return new Histogram(edges, counts);
    }
}
