using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// A = Q T Qᵀ with T tridiagonal, by Householder reflections (Golub and Van Loan, Matrix Computations, algorithm 8.3.1). The rank-two update of
/// one step and the matrix-vector product of the next are one pass over the matrix, so that memory is read once a step.
/// Rows of T are kept in reverse order: the large entries, which the reduction collects at the top, end up where the QL iteration wants them.
/// </summary>
internal sealed unsafe class Tridiagonal : IDisposable
{
    private const int Lanes = 8; // doubles in a 512-bit vector
    private const int RowsAtOnce = 4;
    private const int ParallelFrom = 192; // below, handing out a pass costs more than the pass

    private readonly AlignedMemory _memory; // [n, Stride]: the matrix; row k becomes the reflector vₖ once column k is done
    private readonly double[] _tau; // [n]: Hₖ = 1 − τₖvₖvₖᵀ

    private Tridiagonal(int n)
    {
        // An odd number of cache lines in a row: rows under each other do not compete for the same cache sets.
        Stride = (((n + Lanes - 1) / Lanes) | 1) * Lanes;
        _memory = AlignedMemory.Of<double>((long)n * Stride, zeroed: true);
        _tau = new double[n];
        (Diagonal, OffDiagonal) = (new double[n], new double[n]);
    }

    /// <summary>Values from one row to the next in <see cref="OrthogonalRows"/>.</summary>
    public int Stride { get; }

    /// <summary>Diagonal of T, reversed [n].</summary>
    public double[] Diagonal { get; }

    /// <summary>OffDiagonal[i] joins i and i + 1 in the reversed order; the last is 0 [n].</summary>
    public double[] OffDiagonal { get; }

    private double* Row(int i) => (double*)_memory.Pointer + (long)i * Stride;

    /// <summary>Reduces scale · <paramref name="matrix"/> [n, n].</summary>
    public static Tridiagonal Reduce(ReadOnlySpan<double> matrix, int n, double scale, Workers workers)
    {
        var result = new Tridiagonal(n);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                result.Row(i)[j] = matrix[i * n + j] * scale;
        }

        result.Reduce(n, workers);
        return result;
    }

    /// <summary>Qᵀ with its rows in the reversed order of T [n, Stride]; the caller disposes it.</summary>
    public AlignedMemory OrthogonalRows(Workers workers)
    {
        int n = Diagonal.Length;
        var rows = AlignedMemory.Of<double>((long)n * Stride, zeroed: true);
        double* all = (double*)rows.Pointer;
        int groups = (n + RowsAtOnce - 1) / RowsAtOnce;
        // The longest rows first, so that the threads end together.
        workers.Run(groups, g => ReflectRows(all, (groups - 1 - g) * RowsAtOnce, n));
        return rows;
    }

    public void Dispose() => _memory.Dispose();

    private void Reduce(int n, Workers workers)
    {
        using var scratch = AlignedMemory.Of<double>(5L * Stride, zeroed: true);
        double* v = (double*)scratch.Pointer, w = v + Stride, next = w + Stride, product = next + Stride;
        for (int k = 0; k < n; k++)
        {
            double* row = Row(k);
            UpdateRow(row, v[k], w[k], v, w, k / Lanes * Lanes, Stride);
            Diagonal[n - 1 - k] = row[k];
            new Span<double>(next, Stride).Clear();
            if (k + 1 == n)
                break;
            OffDiagonal[n - 2 - k] = Reflector(row, next, k + 1, n, out double tau);
            _tau[k] = tau;
            UpdateAndMultiply(v, w, next, product, k + 1, n, workers);
            // The reflector is all that is needed of this row from now on.
            new ReadOnlySpan<double>(next, Stride).CopyTo(new Span<double>(row, Stride));
            double along = 0;
            for (int i = k + 1; i < n; i++)
                along += product[i] * next[i];
            // w = τAv − (τ²/2)(vᵀAv)v
            for (int i = 0; i < Stride; i++)
            {
                w[i] = i > k && i < n ? tau * (product[i] - 0.5 * tau * along * next[i]) : 0;
                v[i] = next[i];
            }
        }
    }

    /// <summary>v with v[from] = 1 and H·row = β at <paramref name="from"/>, 0 beyond; returns β.</summary>
    private static double Reflector(double* row, double* v, int from, int n, out double tau)
    {
        double rest = 0;
        for (int i = from + 1; i < n; i++)
            rest += row[i] * row[i];
        double head = row[from];
        tau = 0;
        if (rest == 0)
            return head;
        double length = Math.Sqrt(head * head + rest);
        double beta = head >= 0 ? -length : length;
        v[from] = 1;
        for (int i = from + 1; i < n; i++)
            v[i] = row[i] / (head - beta);
        tau = (beta - head) / beta;
        return beta;
    }

    /// <summary>Rows from <paramref name="first"/> on: A ← A − vwᵀ − wvᵀ, and product = A·next.</summary>
    private void UpdateAndMultiply(double* v, double* w, double* next, double* product, int first, int n, Workers workers)
    {
        int count = n - first, start = first / Lanes * Lanes;
        if (count < ParallelFrom || workers.ThreadCount == 1)
        {
            UpdateAndMultiplyRows(v, w, next, product, first, n, start);
            return;
        }

        int parts = workers.ThreadCount, each = (count + parts - 1) / parts;
        workers.Run(parts, p => UpdateAndMultiplyRows(v, w, next, product, first + p * each, Math.Min(n, first + (p + 1) * each), start));
    }

    private void UpdateAndMultiplyRows(double* v, double* w, double* next, double* product, int from, int to, int start)
    {
        int i = from;
        for (; i + RowsAtOnce <= to; i += RowsAtOnce)
        {
            double* r0 = Row(i), r1 = r0 + Stride, r2 = r1 + Stride, r3 = r2 + Stride;
            Vector512<double> v0 = Vector512.Create(-v[i]), v1 = Vector512.Create(-v[i + 1]), v2 = Vector512.Create(-v[i + 2]), v3 = Vector512.Create(-v[i + 3]);
            Vector512<double> w0 = Vector512.Create(-w[i]), w1 = Vector512.Create(-w[i + 1]), w2 = Vector512.Create(-w[i + 2]), w3 = Vector512.Create(-w[i + 3]);
            Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int j = start; j < Stride; j += Lanes)
            {
                Vector512<double> vj = Vector512.LoadAligned(v + j), wj = Vector512.LoadAligned(w + j), xj = Vector512.LoadAligned(next + j);
                var a0 = Vector512.FusedMultiplyAdd(w0, vj, Vector512.FusedMultiplyAdd(v0, wj, Vector512.LoadAligned(r0 + j)));
                var a1 = Vector512.FusedMultiplyAdd(w1, vj, Vector512.FusedMultiplyAdd(v1, wj, Vector512.LoadAligned(r1 + j)));
                var a2 = Vector512.FusedMultiplyAdd(w2, vj, Vector512.FusedMultiplyAdd(v2, wj, Vector512.LoadAligned(r2 + j)));
                var a3 = Vector512.FusedMultiplyAdd(w3, vj, Vector512.FusedMultiplyAdd(v3, wj, Vector512.LoadAligned(r3 + j)));
                a0.StoreAligned(r0 + j);
                a1.StoreAligned(r1 + j);
                a2.StoreAligned(r2 + j);
                a3.StoreAligned(r3 + j);
                s0 = Vector512.FusedMultiplyAdd(a0, xj, s0);
                s1 = Vector512.FusedMultiplyAdd(a1, xj, s1);
                s2 = Vector512.FusedMultiplyAdd(a2, xj, s2);
                s3 = Vector512.FusedMultiplyAdd(a3, xj, s3);
            }

            (product[i], product[i + 1], product[i + 2], product[i + 3]) = (Vector512.Sum(s0), Vector512.Sum(s1), Vector512.Sum(s2), Vector512.Sum(s3));
        }

        for (; i < to; i++)
        {
            double* row = Row(i);
            UpdateRow(row, v[i], w[i], v, w, start, Stride);
            Vector512<double> sum = default;
            for (int j = start; j < Stride; j += Lanes)
                sum = Vector512.FusedMultiplyAdd(Vector512.LoadAligned(row + j), Vector512.LoadAligned(next + j), sum);
            product[i] = Vector512.Sum(sum);
        }
    }

    private static void UpdateRow(double* row, double vi, double wi, double* v, double* w, int start, int end)
    {
        Vector512<double> minusV = Vector512.Create(-vi), minusW = Vector512.Create(-wi);
        for (int j = start; j < end; j += Lanes)
        {
            var a = Vector512.FusedMultiplyAdd(minusV, Vector512.LoadAligned(w + j), Vector512.LoadAligned(row + j));
            Vector512.FusedMultiplyAdd(minusW, Vector512.LoadAligned(v + j), a).StoreAligned(row + j);
        }
    }

    /// <summary>Rows first … first + 3 of Qᵀ = Hₙ₋₂ … H₁H₀: unit rows times the reflectors, last reflector first; each reflector is read once for the group.</summary>
    private void ReflectRows(double* all, int first, int n)
    {
        int count = Math.Min(RowsAtOnce, n - first);
        double** rows = stackalloc double*[RowsAtOnce];
        for (int r = 0; r < RowsAtOnce; r++)
        {
            // Short groups work on their last row several times over; the reflection is repeated on one row only below.
            int row = first + Math.Min(r, count - 1);
            rows[r] = all + (long)(n - 1 - row) * Stride;
            rows[r][row] = 1;
        }

        // Reflector k starts at k + 1: it leaves unit rows up to k alone.
        for (int k = first + count - 2; k >= 0; k--)
        {
            if (_tau[k] == 0)
                continue;
            if (count == RowsAtOnce)
                ReflectFour(rows, Row(k), _tau[k], (k + 1) / Lanes * Lanes);
            else
            {
                for (int r = 0; r < count; r++)
                    ReflectOne(rows[r], Row(k), _tau[k], (k + 1) / Lanes * Lanes);
            }
        }
    }

    private void ReflectFour(double** rows, double* v, double tau, int start)
    {
        double* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3];
        Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
        for (int j = start; j < Stride; j += Lanes)
        {
            var x = Vector512.LoadAligned(v + j);
            s0 = Vector512.FusedMultiplyAdd(x, Vector512.LoadAligned(r0 + j), s0);
            s1 = Vector512.FusedMultiplyAdd(x, Vector512.LoadAligned(r1 + j), s1);
            s2 = Vector512.FusedMultiplyAdd(x, Vector512.LoadAligned(r2 + j), s2);
            s3 = Vector512.FusedMultiplyAdd(x, Vector512.LoadAligned(r3 + j), s3);
        }

        Vector512<double> f0 = Vector512.Create(-tau * Vector512.Sum(s0)), f1 = Vector512.Create(-tau * Vector512.Sum(s1));
        Vector512<double> f2 = Vector512.Create(-tau * Vector512.Sum(s2)), f3 = Vector512.Create(-tau * Vector512.Sum(s3));
        for (int j = start; j < Stride; j += Lanes)
        {
            var x = Vector512.LoadAligned(v + j);
            Vector512.FusedMultiplyAdd(f0, x, Vector512.LoadAligned(r0 + j)).StoreAligned(r0 + j);
            Vector512.FusedMultiplyAdd(f1, x, Vector512.LoadAligned(r1 + j)).StoreAligned(r1 + j);
            Vector512.FusedMultiplyAdd(f2, x, Vector512.LoadAligned(r2 + j)).StoreAligned(r2 + j);
            Vector512.FusedMultiplyAdd(f3, x, Vector512.LoadAligned(r3 + j)).StoreAligned(r3 + j);
        }
    }

    private void ReflectOne(double* row, double* v, double tau, int start)
    {
        Vector512<double> sum = default;
        for (int j = start; j < Stride; j += Lanes)
            sum = Vector512.FusedMultiplyAdd(Vector512.LoadAligned(v + j), Vector512.LoadAligned(row + j), sum);
        var factor = Vector512.Create(-tau * Vector512.Sum(sum));
        for (int j = start; j < Stride; j += Lanes)
            Vector512.FusedMultiplyAdd(factor, Vector512.LoadAligned(v + j), Vector512.LoadAligned(row + j)).StoreAligned(row + j);
    }
}
