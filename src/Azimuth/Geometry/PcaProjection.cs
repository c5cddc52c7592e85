using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>
/// Principal components of a table's rows: the orthogonal directions along which the centred rows vary most, and the rows' coordinates on the first
/// of them. Fitted from the covariance in one pass. Immutable, safe for many threads.
/// </summary>
public sealed class PcaProjection
{
    private readonly DoubleRows _components; // [dimensions, model]

    private PcaProjection(double[] mean, SymmetricEigen covariance, int dimensions)
    {
        Mean = mean;
        Dimensions = dimensions;
        Components = [.. covariance.Vectors.AsSpan(0, dimensions * mean.Length)];
        double total = 0;
        foreach (double value in covariance.Values)
            total += Math.Max(0, value);
        ExplainedVarianceRatio = [.. covariance.Values.Take(dimensions).Select(v => total > 0 ? Math.Max(0, v) / total : 0)];
        _components = new DoubleRows(Components, dimensions, mean.Length);
    }

    /// <summary>Number of components.</summary>
    public int Dimensions { get; }

    /// <summary>The mean row, which is taken from every row first [model].</summary>
    public double[] Mean { get; }

    /// <summary>Unit components, the one of largest variance first, each with its entry of largest magnitude positive [dimensions, model].</summary>
    public double[] Components { get; }

    /// <summary>Share of the variance along each component; zeros when all rows are equal.</summary>
    public IReadOnlyList<double> ExplainedVarianceRatio { get; }

    /// <summary>Share of the variance along all of them together.</summary>
    public double VarianceShown => ExplainedVarianceRatio.Sum();

    /// <summary>The first components of a matrix.</summary>
    /// <param name="rows">At least one row, finite numbers.</param>
    /// <param name="dimensions">How many components, 1 to the width.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between blocks of rows.</param>
    /// <exception cref="ArgumentException">No rows, or NaN or infinities among them.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one component, or more than columns.</exception>
    public static PcaProjection Fit(StoredMatrix rows, int dimensions, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Rows == 0)
            throw new ArgumentException("no rows have no principal components", nameof(rows));
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, rows.Columns);
        Gram gram = Gram.Of(rows, workers, cancellation);
        return new PcaProjection(gram.Mean, SymmetricEigen.Decompose(gram.Covariance(), gram.Columns, dimensions, workers), dimensions);
    }

    /// <summary>The same from a spectrum that is known already.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one component, or more than columns.</exception>
    public static PcaProjection Of(TableSpectrum spectrum, int dimensions)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimensions, spectrum.Columns);
        return new PcaProjection(spectrum.Mean, spectrum.Covariance, dimensions);
    }

    /// <summary>Coordinates of every row, (row − mean) · component, rounded to float [rows, dimensions].</summary>
    /// <exception cref="ArgumentException">Rows of another width.</exception>
    public float[] Project(StoredMatrix rows, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(workers);
        int columns = Mean.Length;
        if (rows.Columns != columns)
            throw new ArgumentException($"rows of {columns} values expected, found {rows.Columns}", nameof(rows));
        var coordinates = new float[checked(rows.Rows * Dimensions)];
        TableScan.Run(rows, workers, (first, count, tile) =>
        {
            var centred = new double[count * columns];
            for (int i = 0; i < count; i++)
                Centre(tile.Slice(i * columns, columns), Mean, centred.AsSpan(i * columns, columns));
            var along = new double[count * Dimensions];
            _components.Multiply(centred, count, along);
            TensorPrimitives.ConvertTruncating<double, float>(along, coordinates.AsSpan(first * Dimensions, along.Length));
        }, cancellation);
        return coordinates;
    }

    internal static void Centre(ReadOnlySpan<float> row, ReadOnlySpan<double> mean, Span<double> centred)
    {
        TensorPrimitives.ConvertTruncating(row, centred);
        TensorPrimitives.Subtract(centred, mean, centred);
    }
}
