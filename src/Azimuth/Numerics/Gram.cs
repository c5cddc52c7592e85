namespace Azimuth.Numerics;

/// <summary>
/// Second moments of the rows of a matrix, accumulated in double in one pass over the stored rows: Σ x xᵀ (the Gram matrix EᵀE of a table E) and
/// the mean row. Results do not depend on the number of threads. NaN or infinity in a row reaches every entry it takes part in.
/// Immutable, safe for many threads.
/// </summary>
public sealed class Gram
{
    private Gram(long rows, int columns, double[] products, double[] mean) =>
        (RowCount, Columns, Products, Mean) = (rows, columns, products, mean);

    /// <summary>Number of rows n that were summed.</summary>
    public long RowCount { get; }

    /// <summary>Length d of a row.</summary>
    public int Columns { get; }

    /// <summary>Σ over rows of x[i]·x[j], exactly symmetric [d, d].</summary>
    public double[] Products { get; }

    /// <summary>The mean row [d]; zeros when there are no rows.</summary>
    public double[] Mean { get; }

    /// <summary>The sums over all rows of <paramref name="rows"/>, as stored; <paramref name="cancellation"/> is checked between blocks of rows.</summary>
    public static Gram Of(StoredMatrix rows, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(workers);
        int d = rows.Columns;
        using var sums = new GramSums(d);
        long done = 0;
        while (done < rows.Rows)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(GramSums.RowsAtOnce, rows.Rows - done);
            sums.Add(rows, done, count, workers);
            done += count;
        }

        var mean = sums.ColumnSums();
        for (int i = 0; i < d && done > 0; i++)
            mean[i] /= done;
        return new Gram(done, d, sums.Symmetric(), mean);
    }

    /// <summary>Covariance of the rows, Σ x xᵀ / n − mean·meanᵀ (divided by n, the population form) [d, d].</summary>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    public double[] Covariance()
    {
        if (RowCount == 0)
            throw new InvalidOperationException("the covariance of no rows is undefined");
        var covariance = new double[Products.Length];
        for (int i = 0; i < Columns; i++)
        {
            for (int j = 0; j < Columns; j++)
                covariance[i * Columns + j] = Products[i * Columns + j] / RowCount - Mean[i] * Mean[j];
        }

        return covariance;
    }
}
