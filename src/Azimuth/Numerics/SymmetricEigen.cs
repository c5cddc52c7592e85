namespace Azimuth.Numerics;

/// <summary>
/// Eigenvalues and eigenvectors of a real symmetric matrix A = Σ λᵢ vᵢvᵢᵀ in double precision. Immutable, safe for many threads.
/// Method: Householder tridiagonalisation, then divide and conquer (Golub and Van Loan, Matrix Computations, §8.3 and §8.4). Backward stable:
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
    /// (the first such one), so the sign is the same on every run. The first ones only, or none, when fewer were asked for.
    /// </summary>
    public double[] Vectors { get; }

    /// <summary>Eigenvector <paramref name="index"/> [n]; 0 belongs to the largest eigenvalue.</summary>
    public ReadOnlySpan<double> Vector(int index) => Vectors.AsSpan(index * Order, Order);

    /// <summary>All eigenvalues and eigenvectors of <paramref name="matrix"/> [order, order], which must be symmetric; it is not changed.</summary>
    /// <exception cref="ArgumentException">Another length than order², or a NaN or infinite entry.</exception>
    public static SymmetricEigen Decompose(ReadOnlySpan<double> matrix, int order, Workers workers) => Decompose(matrix, order, order, workers);

    /// <summary>All eigenvalues, and the eigenvectors of the <paramref name="largest"/> ones only; half the work where those are few.</summary>
    /// <exception cref="ArgumentException">Another length than order², or a NaN or infinite entry.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer vectors than 0, or more than the order.</exception>
    public static SymmetricEigen Decompose(ReadOnlySpan<double> matrix, int order, int largest, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        ArgumentOutOfRangeException.ThrowIfNegative(largest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(largest, order);
        if (matrix.Length != (long)order * order)
            throw new ArgumentException($"a matrix of order {order} has {(long)order * order} values, found {matrix.Length}", nameof(matrix));
        if (order == 0)
            return new SymmetricEigen([], []);
        double most = LargestMagnitude(matrix, order);
        // A power of two, so that scaling is exact; it keeps squares away from overflow and underflow.
        double scale = most == 0 ? 1 : Math.ScaleB(1, -Math.ILogB(most));
        using var tridiagonal = Tridiagonal.Reduce(matrix, order, scale, workers);
        using var solved = DivideAndConquer.Solve(tridiagonal.Diagonal, tridiagonal.OffDiagonal, largest, workers);
        return Sorted(solved, tridiagonal, largest, scale, workers);
    }

    /// <summary>Eigenvalues only, largest first [order]; half the work or less. The same bits as with vectors.</summary>
    /// <exception cref="ArgumentException">Another length than order², or a NaN or infinite entry.</exception>
    public static double[] ValuesOf(ReadOnlySpan<double> matrix, int order, Workers workers) => Decompose(matrix, order, 0, workers).Values;

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

    private static unsafe SymmetricEigen Sorted(DivideAndConquer solved, Tridiagonal tridiagonal, int wanted, double scale, Workers workers)
    {
        int n = solved.Values.Length;
        int[] order = [.. Enumerable.Range(0, n)];
        Array.Sort(order, (a, b) => solved.Values[a] != solved.Values[b] ? solved.Values[b].CompareTo(solved.Values[a]) : a.CompareTo(b));
        var vectors = new double[checked(wanted * n)];
        for (int i = 0; i < wanted; i++)
            new ReadOnlySpan<double>(solved.Vector(order[i]), n).CopyTo(vectors.AsSpan(i * n, n));
        fixed (double* rows = vectors)
            tridiagonal.TurnBack(rows, n, wanted, workers);
        workers.RunRanges(wanted, 16, (first, last) =>
        {
            for (int i = first; i < last; i++)
                FixSign(vectors.AsSpan(i * n, n));
        });
        return new SymmetricEigen(Array.ConvertAll(order, i => solved.Values[i] / scale), vectors);
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
