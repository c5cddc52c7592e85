using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// Diagonalises a symmetric tridiagonal matrix by the implicit QL iteration with Wilkinson's shift (Dubrulle, Martin and Wilkinson 1968, "The
/// implicit QL algorithm"). Rotations are recorded and applied to the vectors many sweeps at a time, strip by strip of columns, so that a strip
/// stays in cache and the threads need not meet.
/// </summary>
internal static unsafe class ImplicitQl
{
    private const int StripWidth = 32; // doubles: four 512-bit vectors
    private const int RotationsAtOnce = 32 * 1024;
    private const double UnitRoundoff = 1.1102230246251565e-16; // 2⁻⁵³
    private const int MaxSweeps = 80; // a sweep or two is usual for one eigenvalue

    // Elements that are small beside their neighbours only are waited for so long; then those that are rounding errors of the whole matrix count as zero, which
    // costs no accuracy relative to its norm. Graded matrices whose first rows are the largest would never end otherwise.
    private const int PatientSweeps = 16;

    private readonly record struct Sweep(int Top, int Bottom, int First);

    /// <summary>
    /// Eigenvalues in place of <paramref name="diagonal"/> [n], unsorted; <paramref name="rows"/> [n, stride], when given, is multiplied by the
    /// transposed eigenvectors from the left. <paramref name="off"/> [n] is used up.
    /// </summary>
    public static void Diagonalise(double[] diagonal, double[] off, AlignedMemory? rows, int stride, Workers workers)
    {
        int n = diagonal.Length;
        var sweeps = new List<Sweep>();
        var rotations = new (double C, double S)[rows is null ? n : RotationsAtOnce + n];
        int used = 0;
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
                int count = OneSweep(diagonal, off, top, bottom, rotations.AsSpan(used));
                if (rows is null)
                    continue;
                // A sweep that split the block early stopped above its top.
                sweeps.Add(new Sweep(bottom - count, bottom, used));
                used += count;
                if (used >= RotationsAtOnce)
                {
                    Apply(sweeps, rotations, rows, stride, workers);
                    sweeps.Clear();
                    used = 0;
                }
            }
        }

        if (rows is not null)
            Apply(sweeps, rotations, rows, stride, workers);
    }

    /// <summary>The last index of the unreduced block that begins at <paramref name="top"/>.</summary>
    private static int EndOfBlock(double[] d, double[] e, int top, double floor)
    {
        int m = top;
        while (m + 1 < d.Length && Math.Abs(e[m]) > Math.Max(double.Epsilon, floor) && Math.Abs(e[m]) > UnitRoundoff * (Math.Abs(d[m]) + Math.Abs(d[m + 1])))
            m++;
        return m;
    }

    /// <summary>One QL sweep over top … bottom; rotation r turns rows bottom − r − 1 and bottom − r. Returns how many there were.</summary>
    private static int OneSweep(double[] d, double[] e, int top, int bottom, Span<(double C, double S)> rotations)
    {
        // Wilkinson's shift: the eigenvalue of the leading 2 × 2 that is nearer to d[top].
        double half = (d[top + 1] - d[top]) / (2 * e[top]);
        double root = Math.Sqrt(half * half + 1);
        double g = d[bottom] - d[top] + e[top] / (half + Math.CopySign(root, half));
        double s = 1, c = 1, p = 0;
        int count = 0;
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
                return count;
            }

            (s, c) = (f / r, g / r);
            g = d[i + 1] - p;
            r = (d[i] - g) * s + 2 * c * b;
            p = s * r;
            d[i + 1] = g + p;
            g = c * r - b;
            rotations[count++] = (c, s);
        }

        d[top] -= p;
        e[top] = g;
        e[bottom] = 0;
        return count;
    }

    private static void Apply(List<Sweep> sweeps, (double C, double S)[] rotations, AlignedMemory rows, int stride, Workers workers)
    {
        if (sweeps.Count == 0)
            return;
        double* all = (double*)rows.Pointer;
        workers.Run((stride + StripWidth - 1) / StripWidth, strip =>
        {
            int from = strip * StripWidth;
            foreach (var sweep in sweeps)
            {
                var turns = rotations.AsSpan(sweep.First, sweep.Bottom - sweep.Top);
                if (stride - from >= StripWidth)
                    TurnStrip(all + from, stride, sweep.Bottom, turns);
                else
                {
                    for (int column = from; column < stride; column += Vector512<double>.Count)
                        TurnNarrow(all + column, stride, sweep.Bottom, turns);
                }
            }
        });
    }

    /// <summary>Row i + 1 is finished by rotation i and row i carried on to the next one in registers: one load and one store a rotation.</summary>
    private static void TurnStrip(double* strip, int stride, int bottom, ReadOnlySpan<(double C, double S)> turns)
    {
        double* row = strip + (long)bottom * stride;
        Vector512<double> x0 = Vector512.LoadAligned(row), x1 = Vector512.LoadAligned(row + 8), x2 = Vector512.LoadAligned(row + 16), x3 = Vector512.LoadAligned(row + 24);
        for (int r = 0; r < turns.Length; r++)
        {
            Vector512<double> c = Vector512.Create(turns[r].C), s = Vector512.Create(turns[r].S);
            double* above = row - stride;
            Vector512<double> y0 = Vector512.LoadAligned(above), y1 = Vector512.LoadAligned(above + 8);
            Vector512<double> y2 = Vector512.LoadAligned(above + 16), y3 = Vector512.LoadAligned(above + 24);
            Vector512.FusedMultiplyAdd(s, y0, c * x0).StoreAligned(row);
            Vector512.FusedMultiplyAdd(s, y1, c * x1).StoreAligned(row + 8);
            Vector512.FusedMultiplyAdd(s, y2, c * x2).StoreAligned(row + 16);
            Vector512.FusedMultiplyAdd(s, y3, c * x3).StoreAligned(row + 24);
            x0 = Vector512.FusedMultiplyAdd(c, y0, -(s * x0));
            x1 = Vector512.FusedMultiplyAdd(c, y1, -(s * x1));
            x2 = Vector512.FusedMultiplyAdd(c, y2, -(s * x2));
            x3 = Vector512.FusedMultiplyAdd(c, y3, -(s * x3));
            row = above;
        }

        x0.StoreAligned(row);
        x1.StoreAligned(row + 8);
        x2.StoreAligned(row + 16);
        x3.StoreAligned(row + 24);
    }

    private static void TurnNarrow(double* column, int stride, int bottom, ReadOnlySpan<(double C, double S)> turns)
    {
        double* row = column + (long)bottom * stride;
        var x = Vector512.LoadAligned(row);
        for (int r = 0; r < turns.Length; r++)
        {
            Vector512<double> c = Vector512.Create(turns[r].C), s = Vector512.Create(turns[r].S);
            var y = Vector512.LoadAligned(row - stride);
            Vector512.FusedMultiplyAdd(s, y, c * x).StoreAligned(row);
            x = Vector512.FusedMultiplyAdd(c, y, -(s * x));
            row -= stride;
        }

        x.StoreAligned(row);
    }
}
