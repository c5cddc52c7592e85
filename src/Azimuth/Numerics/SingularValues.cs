using System.Numerics.Tensors;

namespace Azimuth.Numerics;

/// <summary>
/// The thin singular value decomposition M = Σ σᵢ uᵢvᵢᵀ of a real matrix in double precision. Immutable, safe for many threads.
/// Method: the eigenvectors of MᵀM are a first guess of the vᵢ, then one-sided Jacobi rotations, in blocks, make the columns Mvᵢ orthogonal (Hestenes 1958;
/// Demmel and Veselić 1992, "Jacobi's method is more accurate than QR"), so that small singular values do not suffer from the squaring. Results do
/// not depend on the number of threads.
/// </summary>
public sealed class SingularValues
{
    private SingularValues(int rows, int columns, double[] values, double[] left, double[] right, int rank) =>
        (Rows, Columns, Values, Left, Right, Rank) = (rows, columns, values, left, right, rank);

    /// <summary>Rows m of the matrix.</summary>
    public int Rows { get; }

    /// <summary>Columns n of the matrix.</summary>
    public int Columns { get; }

    /// <summary>Singular values, largest first [min(m, n)]; those that rounding alone makes are 0.</summary>
    public double[] Values { get; }

    /// <summary>Orthonormal left vectors uᵢ, one a row [min(m, n), m].</summary>
    public double[] Left { get; }

    /// <summary>Orthonormal right vectors vᵢ, one a row [min(m, n), n].</summary>
    public double[] Right { get; }

    /// <summary>
    /// Number of singular values above max(m, n) · 2⁻⁵² of the largest. The vectors of the others are an arbitrary but always the same completion to an
    /// orthonormal set.
    /// </summary>
    public int Rank { get; }

    /// <summary>Decomposes <paramref name="matrix"/> [rows, columns]; it is not changed. <paramref name="cancellation"/> is checked between rounds of rotations.</summary>
    /// <exception cref="ArgumentException">Another length than rows · columns, or a NaN or infinite entry.</exception>
    public static SingularValues Of(ReadOnlySpan<double> matrix, int rows, int columns, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (matrix.Length != (long)rows * columns)
            throw new ArgumentException($"[{rows}, {columns}] needs {(long)rows * columns} values, found {matrix.Length}", nameof(matrix));
        double largest = 0;
        foreach (double value in matrix)
            largest = double.IsFinite(value) ? Math.Max(largest, Math.Abs(value)) : throw new ArgumentException($"an entry is {value}: only finite matrices have singular values", nameof(matrix));
        // A power of two, so that scaling is exact; it keeps squares away from overflow and underflow.
        double scale = largest == 0 ? 1 : Math.ScaleB(1, -Math.ILogB(largest));
        var scaled = new double[matrix.Length];
        TensorPrimitives.Multiply(matrix, scale, scaled);
        if (rows >= columns)
            return Tall(scaled, rows, columns, scale, workers, cancellation);
        SingularValues turned = Tall(Transposed(scaled, rows, columns), columns, rows, scale, workers, cancellation);
        return new SingularValues(rows, columns, turned.Values, turned.Right, turned.Left, turned.Rank);
    }

    /// <summary>The matrix turned over [columns, rows].</summary>
    internal static double[] Transposed(double[] matrix, int rows, int columns)
    {
        var turned = new double[matrix.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
                turned[j * rows + i] = matrix[i * columns + j];
        }

        return turned;
    }

    private static SingularValues Tall(double[] matrix, int rows, int columns, double scale, Workers workers, CancellationToken cancellation)
    {
        double[] right = SymmetricEigen.Decompose(DoubleProduct.OfColumns(matrix, columns, matrix, columns, rows, workers), columns, workers).Vectors;
        cancellation.ThrowIfCancellationRequested();
        double[] images = DoubleProduct.OfRows(right, columns, matrix, rows, columns, workers); // row i is M vᵢ [columns, rows]
        double[] norms = new JacobiRotations(images, right, columns, rows, workers).Run(cancellation);
        int[] order = [.. Enumerable.Range(0, columns)];
        Array.Sort(order, (a, b) => norms[a] != norms[b] ? norms[b].CompareTo(norms[a]) : a.CompareTo(b));

        double cutoff = columns == 0 ? 0 : norms[order[0]] * rows * Math.ScaleB(1, -52);
        double[] values = new double[columns], left = new double[checked(columns * rows)], sorted = new double[checked(columns * columns)];
        int rank = 0;
        for (int i = 0; i < columns; i++)
        {
            right.AsSpan(order[i] * columns, columns).CopyTo(sorted.AsSpan(i * columns));
            if (!(norms[order[i]] > cutoff))
                continue;
            rank++;
            values[i] = norms[order[i]] / scale;
            TensorPrimitives.Divide(images.AsSpan(order[i] * rows, rows), norms[order[i]], left.AsSpan(i * rows, rows));
        }

        Complete(left, rank, columns, rows);
        return new SingularValues(rows, columns, values, left, sorted, rank);
    }

    /// <summary>Fills the rows from <paramref name="known"/> on: the unit vectors that the rows before span least, made orthogonal to them (Gram and Schmidt, twice).</summary>
    private static void Complete(double[] vectors, int known, int count, int length)
    {
        if (known == count)
            return;
        var inside = new double[length]; // squared length of each unit vector's part in the span
        for (int i = 0; i < known; i++)
            AddSquares(vectors.AsSpan(i * length, length), inside);
        for (int i = known; i < count; i++)
        {
            var vector = vectors.AsSpan(i * length, length);
            vector.Clear();
            vector[TensorPrimitives.IndexOfMin<double>(inside)] = 1;
            for (int pass = 0; pass < 2; pass++)
            {
                for (int j = 0; j < i; j++)
                {
                    var other = vectors.AsSpan(j * length, length);
                    TensorPrimitives.MultiplyAdd(other, -TensorPrimitives.Dot<double>(other, vector), vector, vector);
                }
            }

            TensorPrimitives.Divide(vector, TensorPrimitives.Norm<double>(vector), vector);
            AddSquares(vector, inside);
        }
    }

    private static void AddSquares(ReadOnlySpan<double> vector, double[] sums)
    {
        for (int c = 0; c < vector.Length; c++)
            sums[c] += vector[c] * vector[c];
    }
}
