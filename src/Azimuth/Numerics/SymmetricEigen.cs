namespace Azimuth.Numerics;

/// <summary>
/// Eigenvalues and eigenvectors of a real symmetric matrix A = Σ λᵢ vᵢvᵢᵀ in double precision. Immutable, safe for many threads.
/// Method: Householder tridiagonalisation, then the implicit QL iteration (Golub and Van Loan, Matrix Computations, §8.3). Backward stable:
/// eigenvalues are within a small multiple of n·2⁻⁵³·|A| of the exact ones. Results do not depend on the number of threads.
/// </summary>
public sealed class SymmetricEigen
{
    private SymmetricEigen(double[] values, double[] vectors) => (Values, Vectors) = (values, vectors);

    /// <summary>Order n of the matrix.</summary>
    public int Order => Values.Length;

    /// <summary>Eigenvalues, largest first [n].</summary>
    public double[] Values { get; }

    /// <summary>
    /// Orthonormal eigenvectors, one a row, in the order of <see cref="Values"/> [n, n]. Each one's component of largest magnitude is positive
    /// (the first such one), so the sign is the same on every run. Empty when only values were asked for.
    /// </summary>
    public double[] Vectors { get; }

    /// <summary>Eigenvector <paramref name="index"/> [n]; 0 belongs to the largest eigenvalue.</summary>
    public ReadOnlySpan<double> Vector(int index) => Vectors.AsSpan(index * Order, Order);

    /// <summary>All eigenvalues and eigenvectors of <paramref name="matrix"/> [order, order], which must be symmetric; it is not changed.</summary>
    /// <exception cref="ArgumentException">Another length than order², or a NaN or infinite entry.</exception>
    public static SymmetricEigen Decompose(ReadOnlySpan<double> matrix, int order, Workers workers) => Solve(matrix, order, workers, true);

    /// <summary>Eigenvalues only, largest first [order]; less than half the work.</summary>
    /// <exception cref="ArgumentException">Another length than order², or a NaN or infinite entry.</exception>
    public static double[] ValuesOf(ReadOnlySpan<double> matrix, int order, Workers workers) => Solve(matrix, order, workers, false).Values;

    private static SymmetricEigen Solve(ReadOnlySpan<double> matrix, int order, Workers workers, bool vectors)
    {
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        if (matrix.Length != (long)order * order)
            throw new ArgumentException($"a matrix of order {order} has {(long)order * order} values, found {matrix.Length}", nameof(matrix));
        if (order == 0)
            return new SymmetricEigen([], []);
        double largest = LargestMagnitude(matrix, order);
        // A power of two, so that scaling is exact; it keeps squares away from overflow and underflow.
        double scale = largest == 0 ? 1 : Math.ScaleB(1, -Math.ILogB(largest));
        using var tridiagonal = Tridiagonal.Reduce(matrix, order, scale, workers);
        using var rows = vectors ? tridiagonal.OrthogonalRows(workers) : null; // [order, stride]: Qᵀ
        ImplicitQl.Diagonalise(tridiagonal.Diagonal, tridiagonal.OffDiagonal, rows, tridiagonal.Stride, workers);
        return Sorted(tridiagonal.Diagonal, rows, tridiagonal.Stride, scale);
    }

    private static double LargestMagnitude(ReadOnlySpan<double> matrix, int order)
    {
        double largest = 0;
        for (int i = 0; i < matrix.Length; i++)
        {
            if (!double.IsFinite(matrix[i]))
                throw new ArgumentException($"entry [{i / order}, {i % order}] is {matrix[i]}: only finite matrices have eigenvalues", nameof(matrix));
            largest = Math.Max(largest, Math.Abs(matrix[i]));
        }

        return largest;
    }

    private static unsafe SymmetricEigen Sorted(double[] diagonal, AlignedMemory? rows, int stride, double scale)
    {
        int n = diagonal.Length;
        var order = new int[n];
        for (int i = 0; i < n; i++)
            order[i] = i;
        Array.Sort(order, (a, b) => diagonal[a] != diagonal[b] ? diagonal[b].CompareTo(diagonal[a]) : a.CompareTo(b));
        var values = new double[n];
        var vectors = rows is null ? [] : new double[checked(n * n)];
        for (int i = 0; i < n; i++)
        {
            values[i] = diagonal[order[i]] / scale;
            if (rows is null)
                continue;
            var to = vectors.AsSpan(i * n, n);
            new ReadOnlySpan<double>((double*)rows.Pointer + (long)order[i] * stride, n).CopyTo(to);
            FixSign(to);
        }

        return new SymmetricEigen(values, vectors);
    }

    private static void FixSign(Span<double> vector)
    {
        int peak = 0;
        for (int i = 1; i < vector.Length; i++)
        {
            if (Math.Abs(vector[i]) > Math.Abs(vector[peak]))
                peak = i;
        }

        if (vector[peak] < 0)
        {
            for (int i = 0; i < vector.Length; i++)
                vector[i] = -vector[i];
        }
    }
}
