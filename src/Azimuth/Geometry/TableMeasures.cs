using System.Globalization;
using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>Computes <see cref="TableGeometry"/>: two passes over the stored rows and two symmetric eigenproblems of the table's width.</summary>
public static class TableMeasures
{
    private static readonly int[] Percents = [0, 1, 5, 25, 50, 75, 95, 99, 100];

    /// <summary>Measures a table whole; nothing is sampled.</summary>
    /// <param name="table">[vocab, model], at least one row.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">An empty table.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity; the first such row is named.</exception>
    public static TableGeometry Of(EmbeddingTable table, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(workers);
        if (table.Count == 0 || table.ModelDim == 0)
            throw new ArgumentException($"the {table.Name} is empty: [{table.Count}, {table.ModelDim}]", nameof(table));
        var lengths = RowLengths.Of(table.Rows, workers, cancellation);
        TableScan.RequireFinite(table, lengths.Norms);
        Gram gram = Gram.Of(table.Rows, workers, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return Of(table, lengths, gram.Mean, SingularValues(gram, workers), CovarianceEigenvalues(gram, workers));
    }

    /// <summary>The same with a spectrum that is known already.</summary>
    /// <param name="table">[vocab, model], at least one row.</param>
    /// <param name="spectrum">Of its rows.</param>
    public static TableGeometry Of(EmbeddingTable table, TableSpectrum spectrum)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(spectrum);
        return Of(table, spectrum.Lengths, spectrum.Mean, spectrum.SingularValues, spectrum.ExplainedVariance);
    }

    private static TableGeometry Of(EmbeddingTable table, RowLengths lengths, double[] meanRow, double[] singular, double[] variances)
    {
        double[] norms = lengths.Norms;
        int[] byNorm = ByNorm(norms);
        double[] sorted = [.. byNorm.Select(id => norms[id])];
        double mean = norms.Sum() / norms.Length;
        return new TableGeometry
        {
            Table = table.Name,
            Rows = table.Count,
            Columns = table.ModelDim,
            NormMean = mean,
            NormSdPopulation = Math.Sqrt(norms.Sum(n => (n - mean) * (n - mean)) / norms.Length),
            NormQuantiles = Percents.ToDictionary(p => p.ToString(CultureInfo.InvariantCulture), p => Quantile(sorted, p / 100.0)),
            SmallestNormIds = [.. byNorm.Take(10)],
            LargestNormIds = LongestIds(norms),
            SmallestNorm = [.. byNorm.Take(10).Select(Named)],
            LargestNorm = [.. LongestIds(norms).Select(Named)],
            ZeroRows = norms.Count(n => n == 0),
            MeanVectorNorm = TensorPrimitives.Norm<double>(meanRow),
            MeanPairwiseCosine = lengths.MeanPairwiseCosine,
            SingularValuesFirst10 = [.. singular.Take(10)],
            EffectiveRankSingularValues = EffectiveRank(singular),
            ParticipationRatioCentredEigenvalues = ParticipationRatio(variances),
            ExplainedVarianceFirst10 = Shares(variances, 10),
            Spectrum = singular,
            CovarianceEigenvalues = variances,
            Norms = Array.ConvertAll(norms, n => (float)n),
            Conventions = Conventions.OfTable(table, "singular values and effective rank not centred; explained variance and participation ratio centred", "zero rows are left out of cosines") with { Angles = null },
        };

        TokenNorm Named(int id) => new(id, table.Text(id), norms[id]);
    }

    /// <summary>exp(−Σ p ln p) with p = σ/Σσ (Roy &amp; Vetterli 2007, "The effective rank", eq. 2–4); 0 when all are zero.</summary>
    public static double EffectiveRank(IReadOnlyList<double> singularValues)
    {
        ArgumentNullException.ThrowIfNull(singularValues);
        double total = singularValues.Sum();
        return total == 0 ? 0 : Math.Exp(-singularValues.Where(s => s > 0).Sum(s => s / total * Math.Log(s / total)));
    }

    /// <summary>(Σλ)²/Σλ²: how many equal eigenvalues would spread the variance as far; 0 when all are zero.</summary>
    public static double ParticipationRatio(IReadOnlyList<double> eigenvalues)
    {
        ArgumentNullException.ThrowIfNull(eigenvalues);
        double sum = eigenvalues.Sum(), squares = eigenvalues.Sum(v => v * v);
        return squares == 0 ? 0 : sum * sum / squares;
    }

    /// <summary>Quantile of ascending values by linear interpolation between order statistics (Hyndman &amp; Fan 1996, type 7; numpy's default).</summary>
    /// <param name="ascending">At least one value, sorted.</param>
    /// <param name="share">0 to 1.</param>
    public static double Quantile(IReadOnlyList<double> ascending, double share)
    {
        ArgumentNullException.ThrowIfNull(ascending);
        ArgumentOutOfRangeException.ThrowIfZero(ascending.Count, nameof(ascending));
        if (!(share >= 0 && share <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "a share from 0 to 1 expected");
        double at = share * (ascending.Count - 1);
        int below = (int)at, above = Math.Min(below + 1, ascending.Count - 1);
        return ascending[below] + (at - below) * (ascending[above] - ascending[below]);
    }

    /// <summary>Square roots of the Gram matrix's eigenvalues; those that rounding alone makes are 0.</summary>
    private static double[] SingularValues(Gram gram, Workers workers)
    {
        double[] values = SymmetricEigen.ValuesOf(gram.Products, gram.Columns, workers);
        double noise = values[0] * gram.Columns * Math.ScaleB(1, -52);
        return Array.ConvertAll(values, v => v > noise ? Math.Sqrt(v) : 0);
    }

    private static double[] CovarianceEigenvalues(Gram gram, Workers workers)
    {
        double[] values = SymmetricEigen.ValuesOf(gram.Covariance(), gram.Columns, workers);
        double sample = gram.RowCount > 1 ? gram.RowCount / (gram.RowCount - 1.0) : 1; // divided by n − 1
        return Array.ConvertAll(values, v => Math.Max(0, v) * sample);
    }

    private static double[] Shares(double[] values, int count)
    {
        double total = values.Sum();
        return [.. values.Take(count).Select(v => total == 0 ? 0 : v / total)];
    }

    private static int[] ByNorm(double[] norms)
    {
        int[] ids = [.. Enumerable.Range(0, norms.Length)];
        Array.Sort(ids, (a, b) => norms[a] != norms[b] ? norms[a].CompareTo(norms[b]) : a.CompareTo(b));
        return ids;
    }

    private static int[] LongestIds(double[] norms) => Ranking.Highest(norms, 10);
}
