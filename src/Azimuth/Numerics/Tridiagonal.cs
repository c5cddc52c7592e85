using System.Runtime.Intrinsics;
using View = Azimuth.Numerics.DoubleProduct.View;

namespace Azimuth.Numerics;

/// <summary>
/// A = Q T Qᵀ with T tridiagonal, by Householder reflections in panels (Dongarra, Sorensen and Hammarling 1989, "Block reduction of matrices to condensed forms"): within a panel
/// the matrix stays as it is and every step multiplies it by one vector, reading the triangle above the diagonal once; at a panel's end one matrix product brings it up to date.
/// </summary>
internal sealed unsafe class Tridiagonal : IDisposable
{
    private const int Lanes = 8; // doubles in a 512-bit vector
    private const int PanelWidth = 32;
    private const int BackWidth = 48; // two panels of the widest tiles
    private const long PartArea = 48 << 10; // values of the triangle that one part of a matrix-vector product reads
    private const int MostParts = 32;

    private readonly int _n;
    private readonly long _stride;
    private readonly AlignedMemory _memory; // [n rounded up to 8, stride]: the triangle above the diagonal and the 8 × 8 blocks on it; row k becomes the reflector vₖ once column k is done
    private readonly double[] _tau; // [n]: Hₖ = 1 − τₖvₖvₖᵀ

    private Tridiagonal(int n)
    {
        _n = n;
        int width = (n + Lanes - 1) / Lanes;
        // An odd number of cache lines in a row: rows under each other do not compete for the same cache sets.
        _stride = (width | 1) * Lanes;
        _memory = AlignedMemory.Of<double>(width * Lanes * _stride, zeroed: true, largePages: true);
        _tau = new double[n];
        (Diagonal, OffDiagonal) = (new double[n], new double[n]);
    }

    /// <summary>Diagonal of T [n].</summary>
    public double[] Diagonal { get; }

    /// <summary>OffDiagonal[i] joins i and i + 1; the last is 0 [n].</summary>
    public double[] OffDiagonal { get; }

    private double* Row(int i) => (double*)_memory.Pointer + i * _stride;

    /// <summary>Reduces scale · <paramref name="matrix"/> [n, n].</summary>
    public static Tridiagonal Reduce(ReadOnlySpan<double> matrix, int n, double scale, Workers workers)
    {
        var result = new Tridiagonal(n);
        fixed (double* from = matrix)
        {
            double* values = from;
            workers.RunRanges(n, 16, (first, last) =>
            {
                for (int i = first; i < last; i++)
                    System.Numerics.Tensors.TensorPrimitives.Multiply(new ReadOnlySpan<double>(values + (long)i * n, n), scale, new Span<double>(result.Row(i), n));
            });
        }

        result.Reduce(workers);
        return result;
    }

    /// <summary>Every row of <paramref name="rows"/> [count, n], rows <paramref name="stride"/> apart, times Q from the left as a column: eigenvectors of T become those of A.</summary>
    public void TurnBack(double* rows, long stride, int count, Workers workers)
    {
        int most = Math.Max(0, (_n - 2) / BackWidth * BackWidth);
        using var scratch = AlignedMemory.Of<double>(BackWidth * (2 * BackWidth + _stride + (long)count));
        double* products = (double*)scratch.Pointer, factor = products + BackWidth * BackWidth, turned = factor + BackWidth * BackWidth, along = turned + BackWidth * _stride;
        for (int k = most; k >= 0; k -= BackWidth)
        {
            int width = Math.Min(BackWidth, _n - 1 - k), start = k / Lanes * Lanes, length = _n - start;
            View reflectors = new(Row(k) + start, _stride, 1), given = new(rows + start, stride, 1);
            DoubleProduct.Run(DoubleProduct.Into.Set, reflectors, reflectors.Turned, products, BackWidth, width, width, length, workers);
            BlockFactor(k, width, products, factor);
            // H₀H₁… = 1 − VᵀFV over the block's reflectors, the rows of V; a row x becomes x − (xVᵀ)(FᵀV).
            DoubleProduct.Run(DoubleProduct.Into.Set, new View(factor, 1, BackWidth), reflectors, turned, _stride, width, length, width, workers);
            DoubleProduct.Run(DoubleProduct.Into.Set, given, reflectors.Turned, along, BackWidth, count, width, length, workers);
            DoubleProduct.Run(DoubleProduct.Into.Subtract, new View(along, BackWidth, 1), new View(turned, _stride, 1), rows + start, stride, count, length, width, workers);
        }
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>The triangular F of a block of reflectors (Schreiber and Van Loan 1989, "A storage-efficient WY representation") from their products [width, width].</summary>
    private void BlockFactor(int first, int width, double* products, double* factor)
    {
        new Span<double>(factor, BackWidth * BackWidth).Clear();
        for (int i = 0; i < width; i++)
        {
            double tau = _tau[first + i];
            factor[i * BackWidth + i] = tau;
            for (int row = 0; row < i; row++)
            {
                double sum = 0;
                for (int c = row; c < i; c++)
                    sum += factor[row * BackWidth + c] * products[c * BackWidth + i];
                factor[row * BackWidth + i] = -tau * sum;
            }
        }
    }

    private void Reduce(Workers workers)
    {
        // The panel's reflectors v, its w, and v again, so that [v w]ᵀ[w v] is one product; then the sums of the parts of a matrix-vector product.
        using var scratch = AlignedMemory.Of<double>((3 * PanelWidth + MostParts) * _stride, zeroed: true);
        double* v = (double*)scratch.Pointer, w = v + PanelWidth * _stride, again = w + PanelWidth * _stride, sums = again + PanelWidth * _stride;
        for (int first = 0; first < _n; first += PanelWidth)
        {
            int width = Math.Min(PanelWidth, _n - first);
            for (int j = 0; j < width; j++)
                Step(first + j, j, v, w, sums, workers);
            int next = first + width, rest = _n - next;
            if (rest <= 0)
                break;
            new ReadOnlySpan<double>(v, (int)(PanelWidth * _stride)).CopyTo(new Span<double>(again, (int)(PanelWidth * _stride)));
            DoubleProduct.Run(
                DoubleProduct.Into.SubtractUpper, new View(v + next, 1, _stride), new View(w + next, _stride, 1), Row(next) + next, _stride, rest, rest, 2 * PanelWidth, workers);
        }
    }

    /// <summary>Column k, the panel's j-th: brings its row up to date, makes the reflector and w = τAv − (τ²/2)(vᵀAv)v.</summary>
    private void Step(int k, int j, double* v, double* w, double* sums, Workers workers)
    {
        double* row = Row(k), reflector = v + j * _stride, product = w + j * _stride;
        double* factors = stackalloc double[2 * PanelWidth];
        for (int q = 0; q < j; q++)
            (factors[q], factors[PanelWidth + q]) = (w[q * _stride + k], v[q * _stride + k]);
        int start = k / Lanes * Lanes;
        Subtract(v, j, factors, row, start);
        Subtract(w, j, factors + PanelWidth, row, start);
        Diagonal[k] = row[k];
        new Span<double>(reflector, (int)_stride).Clear();
        new Span<double>(product, (int)_stride).Clear();
        if (k + 1 < _n)
        {
            OffDiagonal[k] = Reflector(row, reflector, k + 1, out double tau);
            _tau[k] = tau;
            start = (k + 1) / Lanes * Lanes;
            if (tau != 0)
            {
                Multiply(reflector, product, start, sums, workers);
                Products(v, j, reflector, factors + PanelWidth, start);
                Products(w, j, reflector, factors, start);
                Subtract(v, j, factors, product, start);
                Subtract(w, j, factors + PanelWidth, product, start);
                for (int i = start; i <= k; i++)
                    product[i] = 0;
                double along = 0;
                Products(product, 1, reflector, &along, start);
                for (int i = k + 1; i < _n; i++)
                    product[i] = tau * (product[i] - 0.5 * tau * along * reflector[i]);
            }
        }

        // The reflector is all that is needed of this row from now on.
        new ReadOnlySpan<double>(reflector, (int)_stride).CopyTo(new Span<double>(row, (int)_stride));
    }

    /// <summary>v with v[from] = 1 and H·row = β at <paramref name="from"/>, 0 beyond; returns β.</summary>
    private double Reflector(double* row, double* v, int from, out double tau)
    {
        double rest = 0;
        for (int i = from + 1; i < _n; i++)
            rest += row[i] * row[i];
        double head = row[from];
        tau = 0;
        if (rest == 0)
            return head;
        double length = Math.Sqrt(head * head + rest);
        double beta = head >= 0 ? -length : length, scale = 1 / (head - beta);
        v[from] = 1;
        for (int i = from + 1; i < _n; i++)
            v[i] = row[i] * scale;
        tau = (beta - head) / beta;
        return beta;
    }

    /// <summary>product = A·x over the rows and columns from <paramref name="start"/> on; x is zero before them. Parts depend on the size only, and are added in order.</summary>
    private void Multiply(double* x, double* product, int start, double* sums, Workers workers)
    {
        int groups = (_n - start + Lanes - 1) / Lanes, parts = (int)Math.Clamp((long)groups * groups * Lanes * Lanes / 2 / PartArea, 1, MostParts);
        int Group(int part) => part == parts ? groups : groups - (int)(groups * Math.Sqrt((double)(parts - part) / parts));
        workers.Run(parts, part =>
        {
            double* sum = sums + part * _stride;
            int from = start + Group(part) * Lanes, to = start + Group(part + 1) * Lanes;
            new Span<double>(sum + from, (int)_stride - from).Clear();
            for (int i = from; i < to; i += Lanes)
                MultiplyRows(x, sum, i);
        });
        for (int part = 0; part < parts; part++)
        {
            double* sum = sums + part * _stride;
            for (int c = start + Group(part) * Lanes; c < _stride; c += Lanes)
                (Vector512.LoadAligned(product + c) + Vector512.LoadAligned(sum + c)).StoreAligned(product + c);
        }
    }

    /// <summary>What eight rows and, by symmetry, the columns below them add to A·x. Their block on the diagonal is there as a whole.</summary>
    private void MultiplyRows(double* x, double* sum, int i)
    {
        double* r0 = Row(i), r1 = r0 + _stride, r2 = r1 + _stride, r3 = r2 + _stride, r4 = r3 + _stride, r5 = r4 + _stride, r6 = r5 + _stride, r7 = r6 + _stride;
        var xj = Vector512.LoadAligned(x + i);
        Vector512<double> s0 = Vector512.LoadAligned(r0 + i) * xj, s1 = Vector512.LoadAligned(r1 + i) * xj, s2 = Vector512.LoadAligned(r2 + i) * xj, s3 = Vector512.LoadAligned(r3 + i) * xj;
        Vector512<double> s4 = Vector512.LoadAligned(r4 + i) * xj, s5 = Vector512.LoadAligned(r5 + i) * xj, s6 = Vector512.LoadAligned(r6 + i) * xj, s7 = Vector512.LoadAligned(r7 + i) * xj;
        Vector512<double> x0 = Vector512.Create(x[i]), x1 = Vector512.Create(x[i + 1]), x2 = Vector512.Create(x[i + 2]), x3 = Vector512.Create(x[i + 3]);
        Vector512<double> x4 = Vector512.Create(x[i + 4]), x5 = Vector512.Create(x[i + 5]), x6 = Vector512.Create(x[i + 6]), x7 = Vector512.Create(x[i + 7]);
        for (int j = i + Lanes; j < _stride; j += Lanes)
        {
            xj = Vector512.LoadAligned(x + j);
            Vector512<double> a0 = Vector512.LoadAligned(r0 + j), a1 = Vector512.LoadAligned(r1 + j), a2 = Vector512.LoadAligned(r2 + j), a3 = Vector512.LoadAligned(r3 + j);
            s0 = Vector512.FusedMultiplyAdd(a0, xj, s0);
            s1 = Vector512.FusedMultiplyAdd(a1, xj, s1);
            s2 = Vector512.FusedMultiplyAdd(a2, xj, s2);
            s3 = Vector512.FusedMultiplyAdd(a3, xj, s3);
            var low = Vector512.FusedMultiplyAdd(a0, x0, Vector512.LoadAligned(sum + j));
            low = Vector512.FusedMultiplyAdd(a3, x3, Vector512.FusedMultiplyAdd(a2, x2, Vector512.FusedMultiplyAdd(a1, x1, low)));
            a0 = Vector512.LoadAligned(r4 + j);
            a1 = Vector512.LoadAligned(r5 + j);
            a2 = Vector512.LoadAligned(r6 + j);
            a3 = Vector512.LoadAligned(r7 + j);
            s4 = Vector512.FusedMultiplyAdd(a0, xj, s4);
            s5 = Vector512.FusedMultiplyAdd(a1, xj, s5);
            s6 = Vector512.FusedMultiplyAdd(a2, xj, s6);
            s7 = Vector512.FusedMultiplyAdd(a3, xj, s7);
            var high = Vector512.FusedMultiplyAdd(a1, x5, a0 * x4);
            high = Vector512.FusedMultiplyAdd(a3, x7, Vector512.FusedMultiplyAdd(a2, x6, high));
            (low + high).StoreAligned(sum + j);
        }

        (sum[i], sum[i + 1], sum[i + 2], sum[i + 3]) = (sum[i] + Vector512.Sum(s0), sum[i + 1] + Vector512.Sum(s1), sum[i + 2] + Vector512.Sum(s2), sum[i + 3] + Vector512.Sum(s3));
        (sum[i + 4], sum[i + 5], sum[i + 6], sum[i + 7]) = (sum[i + 4] + Vector512.Sum(s4), sum[i + 5] + Vector512.Sum(s5), sum[i + 6] + Vector512.Sum(s6), sum[i + 7] + Vector512.Sum(s7));
    }

    /// <summary>to[c] −= Σ factors[r] · rows[r, c] for c from <paramref name="start"/>, a multiple of 8, on.</summary>
    private void Subtract(double* rows, int count, double* factors, double* to, int start)
    {
        int r = 0;
        for (; r + 4 <= count; r += 4)
        {
            double* r0 = rows + r * _stride, r1 = r0 + _stride, r2 = r1 + _stride, r3 = r2 + _stride;
            Vector512<double> f0 = Vector512.Create(-factors[r]), f1 = Vector512.Create(-factors[r + 1]), f2 = Vector512.Create(-factors[r + 2]), f3 = Vector512.Create(-factors[r + 3]);
            for (int c = start; c < _stride; c += Lanes)
            {
                var sum = Vector512.FusedMultiplyAdd(f1, Vector512.LoadAligned(r1 + c), Vector512.FusedMultiplyAdd(f0, Vector512.LoadAligned(r0 + c), Vector512.LoadAligned(to + c)));
                Vector512.FusedMultiplyAdd(f3, Vector512.LoadAligned(r3 + c), Vector512.FusedMultiplyAdd(f2, Vector512.LoadAligned(r2 + c), sum)).StoreAligned(to + c);
            }
        }

        for (; r < count; r++)
        {
            var factor = Vector512.Create(-factors[r]);
            for (int c = start; c < _stride; c += Lanes)
                Vector512.FusedMultiplyAdd(factor, Vector512.LoadAligned(rows + r * _stride + c), Vector512.LoadAligned(to + c)).StoreAligned(to + c);
        }
    }

    /// <summary>results[r] = rows[r] · x over the columns from <paramref name="start"/>, a multiple of 8, on.</summary>
    private void Products(double* rows, int count, double* x, double* results, int start)
    {
        int r = 0;
        for (; r + 4 <= count; r += 4)
        {
            double* r0 = rows + r * _stride, r1 = r0 + _stride, r2 = r1 + _stride, r3 = r2 + _stride;
            Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int c = start; c < _stride; c += Lanes)
            {
                var xc = Vector512.LoadAligned(x + c);
                s0 = Vector512.FusedMultiplyAdd(xc, Vector512.LoadAligned(r0 + c), s0);
                s1 = Vector512.FusedMultiplyAdd(xc, Vector512.LoadAligned(r1 + c), s1);
                s2 = Vector512.FusedMultiplyAdd(xc, Vector512.LoadAligned(r2 + c), s2);
                s3 = Vector512.FusedMultiplyAdd(xc, Vector512.LoadAligned(r3 + c), s3);
            }

            (results[r], results[r + 1], results[r + 2], results[r + 3]) = (Vector512.Sum(s0), Vector512.Sum(s1), Vector512.Sum(s2), Vector512.Sum(s3));
        }

        for (; r < count; r++)
        {
            Vector512<double> sum = default;
            for (int c = start; c < _stride; c += Lanes)
                sum = Vector512.FusedMultiplyAdd(Vector512.LoadAligned(x + c), Vector512.LoadAligned(rows + r * _stride + c), sum);
            results[r] = Vector512.Sum(sum);
        }
    }
}
