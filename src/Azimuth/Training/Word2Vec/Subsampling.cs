namespace Azimuth.Training.Word2Vec;

/// <summary>
/// How often an occurrence of a frequent word is kept. By the original program: (√(c/(s·N)) + 1)·s·N/c, at most 1, for a count c of N words in all; the paper's √(s·N/c)
/// (Mikolov et al. 2013, section 2.3) is smaller by s·N/c.
/// </summary>
internal static class Subsampling
{
    /// <summary>The formula's value; above 1 for rare words.</summary>
    public static double Value(long count, long total, double sample)
    {
        double allowed = sample * total;
        return (Math.Sqrt(count / allowed) + 1) * allowed / count;
    }

    /// <summary>For each word: an occurrence is kept when 32 random bits are below this.</summary>
    public static ulong[] Thresholds(IReadOnlyList<long> counts, double sample)
    {
        long total = counts.Sum();
        return [.. counts.Select(count => sample > 0 ? (ulong)(Math.Min(1, Value(count, total, sample)) * (1UL << 32)) : 1UL << 32)];
    }
}
