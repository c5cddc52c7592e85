using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>
/// Second moments of a table and their eigenvalues and eigenvectors, not centred and centred: what singular values, principal components, isotropy
/// and every repair are computed from. Two passes over the rows and two eigenproblems of the table's width. Immutable, safe for many threads.
/// </summary>
public sealed class TableSpectrum
{
    private TableSpectrum(RowLengths lengths, Gram gram, SymmetricEigen products, SymmetricEigen covariance)
    {
        Lengths = lengths;
        (RowCount, Columns, Mean, Products, Covariance) = (checked((int)gram.RowCount), gram.Columns, gram.Mean, products, covariance);
        Variances = new double[Columns]; // [model]
        for (int c = 0; c < Columns; c++)
            Variances[c] = Math.Max(0, gram.Products[c * Columns + c] / gram.RowCount - gram.Mean[c] * gram.Mean[c]);
        SingularValues = Roots(products.Values, products.Values, Columns);
        double sample = RowCount > 1 ? RowCount / (RowCount - 1.0) : 1;
        // Rounding of the moments, Σx²/n − mean², is relative to the largest eigenvalue not centred.
        double noise = Columns * Math.ScaleB(1, -52) * (RowCount > 0 ? products.Values[0] / RowCount : 0);
        ExplainedVariance = Array.ConvertAll(covariance.Values, v => v > noise ? v * sample : 0);
        CentredSingularValues = Array.ConvertAll(ExplainedVariance, v => Math.Sqrt(v / sample * RowCount));
    }

    /// <summary>Lengths of the rows and the sum of their directions.</summary>
    internal RowLengths Lengths { get; }

    /// <summary>Number of rows n.</summary>
    public int RowCount { get; }

    /// <summary>Length d of a row.</summary>
    public int Columns { get; }

    /// <summary>The mean row [d].</summary>
    public double[] Mean { get; }

    /// <summary>Population variance of each column (divided by n) [d].</summary>
    public double[] Variances { get; }

    /// <summary>Eigenvalues and eigenvectors of EᵀE, not centred: squared singular values and right singular vectors.</summary>
    public SymmetricEigen Products { get; }

    /// <summary>Eigenvalues and eigenvectors of the population covariance (divided by n): the principal components.</summary>
    public SymmetricEigen Covariance { get; }

    /// <summary>Singular values of the table, largest first [d]; what rounding alone makes is 0.</summary>
    public double[] SingularValues { get; }

    /// <summary>Singular values of the centred table, largest first [d].</summary>
    public double[] CentredSingularValues { get; }

    /// <summary>Variance along each principal component (divided by n − 1; by 1 for one row), largest first [d]; what rounding alone makes is 0.</summary>
    public double[] ExplainedVariance { get; }

    /// <summary>Moments, eigenvalues and eigenvectors of a matrix.</summary>
    /// <param name="rows">At least one row and one column, finite numbers.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between the steps.</param>
    /// <exception cref="ArgumentException">An empty matrix, or NaN or infinities in it.</exception>
    public static TableSpectrum Of(StoredMatrix rows, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(workers);
        if (rows.Rows == 0 || rows.Columns == 0)
            throw new ArgumentException($"an empty matrix [{rows.Rows}, {rows.Columns}] has no spectrum", nameof(rows));
        return Of(rows, RowLengths.Of(rows, workers, cancellation), rows.Columns, workers, cancellation);
    }

    /// <summary>The same of a table, whose rows are looked at first: one that holds NaN or an infinity is named.</summary>
    /// <exception cref="ArgumentException">An empty table.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity; the first such row is named.</exception>
    public static TableSpectrum Of(EmbeddingTable table, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Of(table, table.ModelDim, workers, cancellation);
    }

    /// <summary>The same with the first eigenvectors of the covariance only, and none of the products: enough for a summary.</summary>
    /// <exception cref="ArgumentException">An empty table.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 0 components.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity; the first such row is named.</exception>
    public static TableSpectrum Of(EmbeddingTable table, int components, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(components);
        if (table.Count == 0 || table.ModelDim == 0)
            throw new ArgumentException($"the {table.Name} is empty: [{table.Count}, {table.ModelDim}]", nameof(table));
        var lengths = RowLengths.Of(table.Rows, workers, cancellation);
        TableScan.RequireFinite(table, lengths.Norms);
        return Of(table.Rows, lengths, Math.Min(components, table.ModelDim), workers, cancellation);
    }

    /// <summary>Principal component <paramref name="index"/> as a unit vector [d]; 0 is the one of largest variance.</summary>
    public ReadOnlySpan<double> Component(int index) => Covariance.Vector(index);

    private static TableSpectrum Of(StoredMatrix rows, RowLengths lengths, int components, Workers workers, CancellationToken cancellation)
    {
        Gram gram = Gram.Of(rows, workers, cancellation);
        // A summary has no more use for the rows: what follows comes to lie in their place, not beside them.
        if (components < rows.Columns)
            rows.Bytes.Release(0, rows.Bytes.Length);
        cancellation.ThrowIfCancellationRequested();
        SymmetricEigen products = SymmetricEigen.Decompose(gram.Products, gram.Columns, components == gram.Columns ? components : 0, workers);
        cancellation.ThrowIfCancellationRequested();
        return new TableSpectrum(lengths, gram, products, SymmetricEigen.Decompose(gram.Covariance(), gram.Columns, components, workers));
    }

    private static double[] Roots(double[] values, double[] all, int columns)
    {
        double noise = all[0] * columns * Math.ScaleB(1, -52);
        return Array.ConvertAll(values, v => v > noise ? Math.Sqrt(v) : 0);
    }
}
