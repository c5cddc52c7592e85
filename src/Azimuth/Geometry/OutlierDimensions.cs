namespace Azimuth.Geometry;

/// <summary>
/// Columns that stand out from the others: a mean far from the other columns' means, or a variance far from theirs (Timkey and van Schijndel 2021, "All
/// bark and no bite"). One such column can rule every cosine and distance.
/// </summary>
public sealed record OutlierDimensions
{
    private const double Limit = 3;

    /// <summary>(mean of the column − mean over columns)/population standard deviation over columns [model]; zeros when all means are equal.</summary>
    public required IReadOnlyList<double> MeanZ { get; init; }

    /// <summary>The same of each column's population variance [model].</summary>
    public required IReadOnlyList<double> VarianceZ { get; init; }

    /// <summary>Columns whose mean is more than three standard deviations out.</summary>
    public required IReadOnlyList<int> MeanOutliers { get; init; }

    /// <summary>Columns whose variance is.</summary>
    public required IReadOnlyList<int> VarianceOutliers { get; init; }

    /// <summary>Looks at the columns' means and variances.</summary>
    public static OutlierDimensions Of(TableSpectrum spectrum)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        double[] means = Scores(spectrum.Mean), variances = Scores(spectrum.Variances);
        return new OutlierDimensions { MeanZ = means, VarianceZ = variances, MeanOutliers = Far(means), VarianceOutliers = Far(variances) };
    }

    private static double[] Scores(double[] values)
    {
        double mean = values.Sum() / values.Length, sd = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / values.Length);
        return Array.ConvertAll(values, v => sd > 0 ? (v - mean) / sd : 0);
    }

    private static int[] Far(double[] scores) => [.. Enumerable.Range(0, scores.Length).Where(i => Math.Abs(scores[i]) > Limit)];
}
