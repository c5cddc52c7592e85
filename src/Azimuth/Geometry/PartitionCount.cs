using System.Numerics;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>The permutation test of a two-sample statistic: how many splits of all values into two halves of equal size have a larger sum in the first.</summary>
/// <param name="Partitions">Number of splits, C(2n, n); rounded where it exceeds 2⁵³.</param>
/// <param name="Sampled">How many were looked at; null when all were counted.</param>
/// <param name="Seed">What the sample was drawn with; null when all were counted.</param>
/// <param name="Greater">Splits with a statistic above the observed one.</param>
/// <param name="EqualIncludingTheObserved">Splits that equal it up to rounding; the observed one is one of them when all are counted.</param>
/// <param name="PStrict">Share of splits strictly above (Caliskan et al. 2017).</param>
/// <param name="PGreaterOrEqual">Share at or above; with a sample the observed split counts once more in both, so that it is never 0 (Phipson and Smyth 2010).</param>
public sealed record PartitionTest(double Partitions, int? Sampled, ulong? Seed, long Greater, long EqualIncludingTheObserved, double PStrict, double PGreaterOrEqual);

/// <summary>Counts splits exactly in two halves that meet in the middle: 10 million splits of 26 values are 2 × 8,192 sums.</summary>
public static class PartitionCount
{
    /// <summary>Up to this many values in all every split counts; 2²² sums a half.</summary>
    public const int MostExact = 44;

    /// <summary>Tests Σ first − Σ second, one-sided.</summary>
    /// <param name="first">n finite values.</param>
    /// <param name="second">As many others.</param>
    /// <param name="samples">How many splits to draw where there are too many to count, at least 1.</param>
    /// <param name="seed">What to draw them with.</param>
    /// <param name="mostExact">Count every split up to this many values, at most <see cref="MostExact"/>.</param>
    /// <param name="cancellation">Checked now and then.</param>
    /// <exception cref="ArgumentException">Lists of different length, empty ones, or a value that is not finite.</exception>
    public static PartitionTest Test(
        IReadOnlyList<double> first, IReadOnlyList<double> second, int samples = 1_000_000, ulong seed = 1, int mostExact = MostExact, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mostExact, MostExact);
        if (first.Count != second.Count || first.Count == 0)
            throw new ArgumentException($"two lists of the same length of at least 1 expected, found {first.Count} and {second.Count} values");
        double[] all = [.. first, .. second];
        if (!Array.TrueForAll(all, double.IsFinite))
            throw new ArgumentException("only finite values expected, found NaN or an infinity");
        int n = first.Count;
        // The statistic is 2·Σ first − Σ all: comparing the sums of the first half is the same. Sums of equal values in another order differ in the last bits.
        double observed = first.Sum(), rounding = 1e-13 * all.Sum(Math.Abs), partitions = Binomial(2 * n, n);
        if (all.Length > mostExact)
            return Sample(all, observed, rounding, partitions, samples, seed, cancellation);
        double[][] left = SumsBySize(all.AsSpan(0, n)), right = SumsBySize(all.AsSpan(n));
        long above = 0, atLeast = 0;
        for (int k = 0; k <= n; k++)
        {
            cancellation.ThrowIfCancellationRequested();
            above += PairsAbove(left[k], right[n - k], observed + rounding, orEqual: false);
            atLeast += PairsAbove(left[k], right[n - k], observed - rounding, orEqual: true);
        }

        return new PartitionTest(partitions, null, null, above, atLeast - above, above / partitions, atLeast / partitions);
    }

    /// <summary>C(n, k) as a double.</summary>
    internal static double Binomial(int n, int k)
    {
        double product = 1;
        for (int i = 1; i <= k; i++)
            product = Math.Round(product * (n - k + i) / i); // exact below 2⁵³: every step is a binomial coefficient
        return product;
    }

    /// <summary>All sums of subsets, by the subset's size, each list ascending [size][subset].</summary>
    private static double[][] SumsBySize(ReadOnlySpan<double> values)
    {
        int n = values.Length;
        var sums = new double[1 << n];
        var lists = new double[n + 1][];
        var filled = new int[n + 1];
        for (int size = 0; size <= n; size++)
            lists[size] = new double[(int)Binomial(n, size)];
        for (int mask = 0; mask < sums.Length; mask++)
        {
            if (mask != 0)
                sums[mask] = sums[mask & (mask - 1)] + values[BitOperations.TrailingZeroCount(mask)];
            int size = BitOperations.PopCount((uint)mask);
            lists[size][filled[size]++] = sums[mask];
        }

        foreach (double[] list in lists)
            Array.Sort(list);
        return lists;
    }

    private static long PairsAbove(double[] left, double[] right, double limit, bool orEqual)
    {
        long count = 0;
        int from = right.Length; // right[from …] reach the limit with the left sum
        foreach (double sum in left)
        {
            while (from > 0 && (orEqual ? sum + right[from - 1] >= limit : sum + right[from - 1] > limit))
                from--;
            count += right.Length - from;
        }

        return count;
    }

    private static PartitionTest Sample(double[] all, double observed, double rounding, double partitions, int samples, ulong seed, CancellationToken cancellation)
    {
        var random = new SeededRandom(seed);
        int n = all.Length / 2;
        long above = 0, equal = 0;
        for (int s = 0; s < samples; s++)
        {
            if (s % 4096 == 0)
                cancellation.ThrowIfCancellationRequested();
            random.Shuffle(all.AsSpan(), n);
            double sum = 0;
            for (int i = 0; i < n; i++)
                sum += all[i];
            if (sum > observed + rounding)
                above++;
            else if (sum >= observed - rounding)
                equal++;
        }

        return new PartitionTest(partitions, samples, seed, above, equal, (double)above / samples, (above + equal + 1.0) / (samples + 1.0));
    }
}
