namespace Azimuth.Numerics;

/// <summary>
/// Diagonalises a small symmetric tridiagonal matrix by the implicit QL iteration with Wilkinson's shift (Dubrulle, Martin and Wilkinson 1968, "The
/// implicit QL algorithm").
/// </summary>
internal static unsafe class ImplicitQl
{
    private const double UnitRoundoff = 1.1102230246251565e-16; // 2⁻⁵³
    private const int MaxSweeps = 80; // a sweep or two is usual for one eigenvalue

    // Elements that are small beside their neighbours only are waited for so long; then those that are rounding errors of the whole matrix count as zero, which
    // costs no accuracy relative to its norm. Graded matrices whose first rows are the largest would never end otherwise.
    private const int PatientSweeps = 16;

    /// <summary>
    /// Eigenvalues in place of <paramref name="diagonal"/> [n], unsorted; <paramref name="rows"/> [n, n], which lie <paramref name="stride"/> apart, are multiplied by the
    /// transposed eigenvectors from the left. <paramref name="off"/> [n] is used up.
    /// </summary>
    public static void Diagonalise(Span<double> diagonal, Span<double> off, double* rows, long stride)
    {
        int n = diagonal.Length;
        double norm = 0;
        for (int i = 0; i < n; i++)
            norm = Math.Max(norm, Math.Abs(diagonal[i]) + Math.Abs(off[i]));
        for (int top = 0; top < n; top++)
        {
            for (int sweep = 0; ; sweep++)
            {
                int bottom = EndOfBlock(diagonal, off, top, sweep < PatientSweeps ? 0 : UnitRoundoff * norm);
                if (bottom == top)
                    break;
                if (sweep == MaxSweeps)
                    throw new ArithmeticException($"eigenvalue {top} of {n} has not converged after {MaxSweeps} sweeps");
                Sweep(diagonal, off, top, bottom, rows, stride);
            }
        }
    }

    /// <summary>The last index of the unreduced block that begins at <paramref name="top"/>.</summary>
    private static int EndOfBlock(Span<double> d, Span<double> e, int top, double floor)
    {
        int m = top;
        while (m + 1 < d.Length && Math.Abs(e[m]) > Math.Max(double.Epsilon, floor) && Math.Abs(e[m]) > UnitRoundoff * (Math.Abs(d[m]) + Math.Abs(d[m + 1])))
            m++;
        return m;
    }

    private static void Sweep(Span<double> d, Span<double> e, int top, int bottom, double* rows, long stride)
    {
        // Wilkinson's shift: the eigenvalue of the leading 2 × 2 that is nearer to d[top].
        double half = (d[top + 1] - d[top]) / (2 * e[top]);
        double root = Math.Sqrt(half * half + 1);
        double g = d[bottom] - d[top] + e[top] / (half + Math.CopySign(root, half));
        double s = 1, c = 1, p = 0;
        for (int i = bottom - 1; i >= top; i--)
        {
            double f = s * e[i], b = c * e[i];
            double r = Math.Sqrt(f * f + g * g);
            e[i + 1] = r;
            if (r == 0)
            {
                // The chased element vanished: the block falls apart here.
                d[i + 1] -= p;
                e[bottom] = 0;
                return;
            }

            (s, c) = (f / r, g / r);
            g = d[i + 1] - p;
            r = (d[i] - g) * s + 2 * c * b;
            p = s * r;
            d[i + 1] = g + p;
            g = c * r - b;
            Rotation.Turn(new Span<double>(rows + i * stride, d.Length), new Span<double>(rows + (i + 1) * stride, d.Length), c, s);
        }

        d[top] -= p;
        e[top] = g;
        e[bottom] = 0;
    }
}
