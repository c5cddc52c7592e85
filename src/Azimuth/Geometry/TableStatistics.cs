using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>How long the rows are.</summary>
/// <param name="Mean">Mean length.</param>
/// <param name="SdPopulation">Standard deviation, divided by n.</param>
/// <param name="SdSample">Standard deviation, divided by n − 1; NaN with one row.</param>
/// <param name="MinId">The shortest row, the lowest id of equal ones.</param>
/// <param name="MaxId">The longest row, the lowest id of equal ones.</param>
/// <param name="Quantiles">By share, "0" to "1", interpolated linearly between order statistics.</param>
public sealed record NormStatistics(double Mean, double SdPopulation, double SdSample, int MinId, int MaxId, IReadOnlyDictionary<string, double> Quantiles);

/// <summary>How far the rows point one way.</summary>
/// <param name="Norm">Length of the mean row.</param>
/// <param name="NormOverMeanNorm">The same over the mean length of a row; NaN when all rows are zero.</param>
/// <param name="MeanCosineWithMeanVector">Mean over the rows that have a direction of the cosine with the mean row; NaN when that is zero.</param>
public sealed record MeanVector(double Norm, double NormOverMeanNorm, double MeanCosineWithMeanVector);

/// <summary>Whole-table statistics beside <see cref="TableGeometry"/>: lengths and their order, the mean row, the variance by components and by columns.</summary>
public sealed record TableStatistics
{
    private const int SharesKept = 10;

    /// <summary>Principal components that are kept.</summary>
    public const int ComponentsKept = 5;

    /// <summary>Lengths of the rows.</summary>
    public required NormStatistics Norms { get; init; }

    /// <summary>The mean row.</summary>
    public required MeanVector MeanVector { get; init; }

    /// <summary>
    /// Spearman's rank correlation of a row's length with its id. Most tokenizers number their tokens by how early, so how often, they were merged: then
    /// it is the correlation of length with rarity. NaN when all lengths are equal.
    /// </summary>
    public required double SpearmanNormId { get; init; }

    /// <summary>Spearman's rank correlation of a row's length with counts that were given; null without counts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SpearmanNormCount { get; init; }

    /// <summary>Rows that a count was given for; null without counts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? CountedRows { get; init; }

    /// <summary>Singular values of the table and of the centred table, largest first [2, model].</summary>
    public required IReadOnlyList<IReadOnlyList<double>> SingularValues { get; init; }

    /// <summary>Variance along each principal component (divided by n − 1), largest first [model].</summary>
    public required IReadOnlyList<double> PcaExplainedVariance { get; init; }

    /// <summary>Shares of the variance along the first ten components; zeros when the rows do not vary.</summary>
    public required IReadOnlyList<double> PcaExplainedVarianceRatio { get; init; }

    /// <summary>The first five components, unit rows with their entry of largest magnitude positive [5, model].</summary>
    public required IReadOnlyList<IReadOnlyList<double>> PcaComponents { get; init; }

    /// <summary>Columns that stand out.</summary>
    public required OutlierDimensions OutlierDimensions { get; init; }

    /// <summary>Measures a table.</summary>
    /// <param name="table">At least one row and one column.</param>
    /// <param name="spectrum">Of its rows.</param>
    /// <param name="counts">How often each token occurs, NaN where that is not known [vocab]; null for none.</param>
    /// <exception cref="ArgumentException">Counts of another length than rows.</exception>
    public static TableStatistics Of(EmbeddingTable table, TableSpectrum spectrum, double[]? counts)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(spectrum);
        if (counts is not null && counts.Length != table.Count)
            throw new ArgumentException($"a count for each of {table.Count} rows expected, found {counts.Length}", nameof(counts));
        double[] norms = spectrum.Lengths.Norms;
        double[] ids = [.. Enumerable.Range(0, norms.Length).Select(id => (double)id)];
        int[] counted = counts is null ? [] : [.. Enumerable.Range(0, norms.Length).Where(id => !double.IsNaN(counts[id]))];
        double total = spectrum.ExplainedVariance.Sum();
        return new TableStatistics
        {
            Norms = Lengths(norms),
            MeanVector = Mean(spectrum),
            SpearmanNormId = Correlation.Spearman(norms, ids),
            SpearmanNormCount = counts is null ? null : Correlation.Spearman([.. counted.Select(id => norms[id])], [.. counted.Select(id => counts[id])]),
            CountedRows = counts is null ? null : counted.Length,
            SingularValues = [spectrum.SingularValues, spectrum.CentredSingularValues],
            PcaExplainedVariance = spectrum.ExplainedVariance,
            PcaExplainedVarianceRatio = [.. spectrum.ExplainedVariance.Take(SharesKept).Select(v => total > 0 ? v / total : 0)],
            PcaComponents = [.. Enumerable.Range(0, Math.Min(ComponentsKept, spectrum.Columns)).Select(i => spectrum.Component(i).ToArray())],
            OutlierDimensions = OutlierDimensions.Of(spectrum),
        };
    }

    private static NormStatistics Lengths(double[] norms)
    {
        double n = norms.Length, mean = norms.Sum() / n, squares = norms.Sum(v => (v - mean) * (v - mean));
        double[] sorted = [.. norms.Order()];
        var quantiles = new Dictionary<string, double>();
        foreach (string share in new[] { "0", "0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99", "1" })
            quantiles[share] = TableMeasures.Quantile(sorted, double.Parse(share, System.Globalization.CultureInfo.InvariantCulture));
        return new NormStatistics(
            mean, Math.Sqrt(squares / n), norms.Length > 1 ? Math.Sqrt(squares / (n - 1)) : double.NaN,
            Array.IndexOf(norms, sorted[0]), Array.IndexOf(norms, sorted[^1]), quantiles);
    }

    private static MeanVector Mean(TableSpectrum spectrum)
    {
        RowLengths lengths = spectrum.Lengths;
        double length = TensorPrimitives.Norm<double>(spectrum.Mean), meanNorm = lengths.Norms.Sum() / lengths.Norms.Length;
        return new MeanVector(
            length, meanNorm > 0 ? length / meanNorm : double.NaN,
            length > 0 ? TensorPrimitives.Dot<double>(lengths.UnitSum, spectrum.Mean) / (lengths.Directions * length) : double.NaN);
    }
}
