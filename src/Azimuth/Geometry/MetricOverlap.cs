namespace Azimuth.Geometry;

/// <summary>How far two metrics' lists of ten nearest rows agree, on average.</summary>
/// <param name="Overlap">Mean of |a ∩ b| over the longer list's length.</param>
/// <param name="Jaccard">Mean of |a ∩ b|/|a ∪ b|.</param>
public sealed record ListAgreement(double Overlap, double Jaccard)
{
    /// <summary>Compares lists pair by pair; pairs of which one is empty (a zero row has no cosine) are left out. NaN when none is left.</summary>
    /// <exception cref="ArgumentException">Different numbers of lists.</exception>
    public static ListAgreement Of(IReadOnlyList<int[]> first, IReadOnlyList<int[]> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
            throw new ArgumentException($"as many lists expected, found {first.Count} and {second.Count}", nameof(second));
        double overlap = 0, jaccard = 0;
        int pairs = 0;
        for (int q = 0; q < first.Count; q++)
        {
            int[] a = first[q], b = second[q];
            if (a.Length == 0 || b.Length == 0)
                continue;
            int both = a.Intersect(b).Count();
            overlap += (double)both / Math.Max(a.Length, b.Length);
            jaccard += (double)both / (a.Length + b.Length - both);
            pairs++;
        }

        return new ListAgreement(overlap / pairs, jaccard / pairs);
    }
}

/// <summary>Agreement of the three metrics, two at a time.</summary>
/// <param name="CosineDot">Cosine and dot product.</param>
/// <param name="CosineEuclidean">Cosine and Euclidean distance.</param>
/// <param name="DotEuclidean">Dot product and Euclidean distance.</param>
public sealed record MetricOverlap(ListAgreement CosineDot, ListAgreement CosineEuclidean, ListAgreement DotEuclidean);
