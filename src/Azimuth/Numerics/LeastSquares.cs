namespace Azimuth.Numerics;

/// <summary>
/// Solves G x = y for a symmetric positive semi-definite G (a <see cref="Gram"/> matrix) in the least-squares sense through its eigenvalues:
/// directions whose eigenvalue is at most a stated share of the largest are left out. Immutable, safe for many threads.
/// </summary>
public sealed class LeastSquares
{
    private readonly SymmetricEigen _eigen;

    private LeastSquares(SymmetricEigen eigen, double cutoff)
    {
        _eigen = eigen;
        Cutoff = cutoff;
        foreach (double value in eigen.Values)
            Rank += value > cutoff ? 1 : 0;
    }

    /// <summary>Number of eigenvalues kept.</summary>
    public int Rank { get; }

    /// <summary>Eigenvalues at or below this are treated as zero.</summary>
    public double Cutoff { get; }

    /// <summary>Order n of the matrix.</summary>
    public int Order => _eigen.Order;

    /// <summary>The eigenvalues and eigenvectors it works with.</summary>
    public SymmetricEigen Eigen => _eigen;

    /// <summary>Prepares solutions with <paramref name="matrix"/> [order, order].</summary>
    /// <param name="matrix">Symmetric, positive semi-definite up to rounding.</param>
    /// <param name="order">Its order n.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="relativeCutoff">Eigenvalues up to this share of the largest count as zero; n · 2⁻⁵² when null (what numpy's matrix_rank does).</param>
    /// <exception cref="ArgumentException">Another length than order², or a NaN or infinite entry.</exception>
    public static LeastSquares Of(ReadOnlySpan<double> matrix, int order, Workers workers, double? relativeCutoff = null)
    {
        var eigen = SymmetricEigen.Decompose(matrix, order, workers);
        double largest = order == 0 ? 0 : Math.Max(0, eigen.Values[0]);
        return new LeastSquares(eigen, largest * (relativeCutoff ?? order * Math.ScaleB(1, -52)));
    }

    /// <summary>The pseudo-inverse G⁺ = Σ vᵢvᵢᵀ/λᵢ over the kept eigenvalues, exactly symmetric [n, n].</summary>
    public double[] PseudoInverse(Workers workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        double[] rows = WhiteningRows();
        return DoubleProduct.OfColumns(rows, Order, rows, Order, Rank, workers);
    }

    /// <summary>
    /// The whitening rows Λ^(−1/2) Vᵀ over the kept eigenvalues [rank, n]: xᵀG⁺y is the dot product of two whitened vectors, and the squared length
    /// of a whitened table row is its leverage.
    /// </summary>
    public double[] WhiteningRows()
    {
        int n = Order;
        var rows = new double[checked(Rank * n)];
        for (int e = 0; e < Rank; e++)
            System.Numerics.Tensors.TensorPrimitives.Multiply(_eigen.Vector(e), 1 / Math.Sqrt(_eigen.Values[e]), rows.AsSpan(e * n, n));
        return rows;
    }

    /// <summary>The solution of smallest length, G⁺y [n].</summary>
    /// <exception cref="ArgumentException">Another length than n.</exception>
    public double[] Solve(ReadOnlySpan<double> y)
    {
        if (y.Length != Order)
            throw new ArgumentException($"a right-hand side of {Order} values expected, found {y.Length}", nameof(y));
        var solution = new double[Order];
        for (int e = 0; e < Rank; e++)
        {
            var vector = _eigen.Vector(e);
            double along = System.Numerics.Tensors.TensorPrimitives.Dot(vector, y) / _eigen.Values[e];
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(vector, along, solution, solution);
        }

        return solution;
    }
}
