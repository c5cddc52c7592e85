using System.Numerics.Tensors;

namespace Azimuth.Vocabulary;

/// <summary>
/// The factor L of A = L Lᵀ for a symmetric positive definite matrix that grows and shrinks by one row at a time (Golub and Van Loan, Matrix Computations,
/// §6.5.4: Givens rotations after a deletion). In double. Not synchronised.
/// </summary>
internal sealed class GrowingCholesky
{
    private readonly List<double[]> _rows = []; // row k: [k + 1]

    /// <summary>Order of the matrix.</summary>
    internal int Order => _rows.Count;

    /// <summary>Adds a last row of A, its diagonal entry last [order + 1]; false, and nothing added, where the matrix would not stay positive definite.</summary>
    internal bool Add(ReadOnlySpan<double> row)
    {
        var added = row.ToArray();
        for (int k = 0; k < Order; k++)
        {
            double[] other = _rows[k];
            added[k] = (added[k] - TensorPrimitives.Dot<double>(added.AsSpan(0, k), other.AsSpan(0, k))) / other[k];
        }

        double pivot = row[Order] - TensorPrimitives.SumOfSquares<double>(added.AsSpan(0, Order));
        // What is left of the diagonal entry is rounding: the row depends on those before it.
        if (!(pivot > 1e-14 * row[Order]))
            return false;
        added[Order] = Math.Sqrt(pivot);
        _rows.Add(added);
        return true;
    }

    /// <summary>Takes row and column <paramref name="index"/> out of A.</summary>
    internal void Remove(int index)
    {
        _rows.RemoveAt(index);
        for (int k = index; k < _rows.Count; k++)
        {
            // Row k still has k + 2 entries: the rotation of columns k and k + 1 takes the last one to zero, in this row and those below.
            double a = _rows[k][k], b = _rows[k][k + 1], length = Math.Sqrt(a * a + b * b), cos = a / length, sin = b / length;
            for (int r = k; r < _rows.Count; r++)
            {
                double[] row = _rows[r];
                double left = row[k], right = row[k + 1];
                row[k] = cos * left + sin * right;
                row[k + 1] = cos * right - sin * left;
            }

            Array.Resize(ref RowAt(k), k + 1);
        }
    }

    /// <summary>A⁻¹ y [order].</summary>
    internal double[] Solve(ReadOnlySpan<double> y)
    {
        var x = y.ToArray();
        for (int k = 0; k < Order; k++)
            x[k] = (x[k] - TensorPrimitives.Dot<double>(x.AsSpan(0, k), _rows[k].AsSpan(0, k))) / _rows[k][k];
        for (int k = Order - 1; k >= 0; k--)
        {
            x[k] /= _rows[k][k];
            TensorPrimitives.MultiplyAdd(_rows[k].AsSpan(0, k), -x[k], x.AsSpan(0, k), x.AsSpan(0, k));
        }

        return x;
    }

    private ref double[] RowAt(int index) => ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rows)[index];
}
