using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// Eigenvalues and eigenvectors of D + ρzzᵀ with D diagonal: the roots of 1 + ρ Σ zᵢ²/(dᵢ − λ), one between every two dᵢ and one above the last. Each root is found as its
/// distance from the nearer dᵢ, so that all dᵢ − λ are accurate (Li 1993, "Solving secular equations stably and efficiently"); the vectors belong to the z for which the computed
/// roots are exact, which makes them orthogonal (Gu and Eisenstat 1994, "A stable and efficient algorithm for the rank-one modification of the symmetric eigenproblem").
/// </summary>
internal sealed unsafe class SecularEquation : IDisposable
{
    private const int Lanes = 8;
    private const int RootsAtOnce = 8;
    private const int MostSteps = 400; // half a dozen suffice; plain bisection down to the last bit takes fewer than this
    private const double UnitRoundoff = 1.1102230246251565e-16; // 2⁻⁵³

    private readonly int _count;
    private readonly long _stride;
    private readonly AlignedMemory _memory; // d, ρz² and the z of the vectors [stride] each, then dᵢ − λⱼ [count, stride]
    private readonly double[] _z;

    /// <param name="d">Ascending, all different [n].</param>
    /// <param name="z">None zero [n].</param>
    /// <param name="rho">Above 0.</param>
    internal SecularEquation(ReadOnlySpan<double> d, double[] z, double rho)
    {
        (_count, _z) = (d.Length, z);
        _stride = (((_count + Lanes - 1) / Lanes) | 1) * Lanes;
        _memory = AlignedMemory.Of<double>((3 + (long)_count) * _stride, largePages: true);
        for (int i = 0; i < _stride; i++)
        {
            // Beyond the last: a pole far away, of no weight.
            D[i] = i < _count ? d[i] : 1e300;
            Weights[i] = i < _count ? rho * z[i] * z[i] : 0;
        }
    }

    private double* D => (double*)_memory.Pointer;

    private double* Weights => D + _stride;

    private double* Exact => D + 2 * _stride;

    private double* Distances(int root) => D + (3 + root) * _stride;

    /// <summary>All roots, ascending.</summary>
    internal double[] Roots(Workers workers)
    {
        var roots = new double[_count];
        workers.Run((_count + RootsAtOnce - 1) / RootsAtOnce, part =>
        {
            for (int j = part * RootsAtOnce; j < Math.Min(_count, (part + 1) * RootsAtOnce); j++)
                roots[j] = Root(j, Distances(j));
        });
        return roots;
    }

    /// <summary>
    /// Unit eigenvectors of the roots from <paramref name="first"/> on, one a row; entry i stands at place[i] [count − first, count]. <see cref="Roots"/> comes before; it can be called once.
    /// </summary>
    internal DoubleProduct.View Vectors(int first, int[] place, Workers workers)
    {
        workers.Run((int)(_stride + 31) / 32, strip => ExactWeights(strip * 32, (int)Math.Min(_stride, (strip + 1) * 32)));
        workers.Run((_count - first + RootsAtOnce - 1) / RootsAtOnce, part =>
        {
            var vector = new double[_stride];
            for (int j = first + part * RootsAtOnce; j < Math.Min(_count, first + (part + 1) * RootsAtOnce); j++)
            {
                double* row = Distances(j);
                Vector512<double> squares = default;
                for (int i = 0; i < _stride; i += Lanes)
                {
                    var value = Vector512.LoadAligned(Exact + i) / Vector512.LoadAligned(row + i);
                    value.CopyTo(vector, i);
                    squares = Vector512.FusedMultiplyAdd(value, value, squares);
                }

                double scale = 1 / Math.Sqrt(Vector512.Sum(squares));
                for (int i = 0; i < _count; i++)
                    row[place[i]] = vector[i] * scale;
            }
        });
        return new DoubleProduct.View(Distances(first), _stride, 1);
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>ẑᵢ² = Π (λⱼ − dᵢ) / Π (dⱼ − dᵢ) over all j, and over all but i (Gu and Eisenstat, eq. 3.3; ρ is a common factor); with the sign of z.</summary>
    private void ExactWeights(int from, int to)
    {
        for (int i = from; i < to; i += Lanes)
        {
            Vector512<double> d = Vector512.LoadAligned(D + i), product = Vector512.Create(-1.0);
            for (int j = 0; j < _count; j++)
            {
                var gap = d - Vector512.Create(D[j]);
                gap = Vector512.ConditionalSelect(Vector512.Equals(gap, default), Vector512<double>.One, gap);
                product *= Vector512.LoadAligned(Distances(j) + i) / gap;
            }

            Vector512.Sqrt(Vector512.Abs(product)).StoreAligned(Exact + i);
        }

        for (int i = from; i < to; i++)
            Exact[i] = i < _count ? Math.CopySign(Exact[i], _z[i]) : 0;
    }

    private readonly record struct Sums(double Below, double Above, double SlopeBelow, double SlopeAbove)
    {
        public double Value => 1 + Below + Above;
    }

    /// <summary>Root j, and d − root in <paramref name="distances"/>.</summary>
    private double Root(int j, double* distances)
    {
        bool last = j == _count - 1;
        if (_count == 1)
        {
            distances[0] = -Weights[0];
            for (int i = 1; i < _stride; i++)
                distances[i] = 1e300;
            return D[0] + Weights[0];
        }

        // The two poles of the rational functions that stand for the sum: the root's neighbours, or the last two.
        int pole = last ? j - 1 : j, origin = j;
        double width = last ? WeightSum() : D[j + 1] - D[j], low = 0, high = last ? width : width / 2, at = width / 2;
        Sums sums = Evaluate(pole, origin, at, distances);
        if (last)
        {
            (low, high) = sums.Value < 0 ? (at, width) : (0, at);
        }
        else if (sums.Value < 0)
        {
            (origin, low, high, at) = (j + 1, -width / 2, 0, -width / 2);
        }

        // The first step keeps the weights of the two poles; the later ones fit values and slopes on both sides.
        double near = Weights[pole] / (distances[pole] * distances[pole]), far = Weights[pole + 1] / (distances[pole + 1] * distances[pole + 1]);
        at = Inside(at + Step(sums.Value, near, far, distances[pole], distances[pole + 1], last), at, sums.Value, low, high);
        double before = double.PositiveInfinity;
        for (int step = 0; step < MostSteps; step++)
        {
            sums = Evaluate(pole, origin, at, distances);
            double value = sums.Value, slope = sums.SlopeBelow + sums.SlopeAbove;
            // What rounding makes of the sum, and of the distances in it.
            double noise = UnitRoundoff * (8 * (Math.Abs(sums.Below) + Math.Abs(sums.Above)) + 1 + Math.Abs(at) * slope);
            if (Math.Abs(value) <= noise)
                return D[origin] + at;
            (low, high) = value < 0 ? (at, high) : (low, at);
            if (high - low <= 2 * UnitRoundoff * Math.Max(Math.Abs(low), Math.Abs(high)))
                return D[origin] + at;
            double next = Math.Abs(value) > before / 2 ? (low + high) / 2
                : Inside(at + Step(value, sums.SlopeBelow, sums.SlopeAbove, distances[pole], distances[pole + 1], last), at, value, low, high);
            if (next == at)
                return D[origin] + at;
            (at, before) = (next, Math.Abs(value));
        }

        throw new ArithmeticException($"root {j} of {_count} has not converged after {MostSteps} steps");
    }

    /// <summary>
    /// The way from here to the zero of c + a/(Δ₁ − x) + b/(Δ₂ − x), which has the value and, on either side, the slopes given (Bunch, Nielsen and Sorensen 1978, "Rank-one modification of the
    /// symmetric eigenproblem").
    /// </summary>
    private static double Step(double value, double slopeBelow, double slopeAbove, double delta1, double delta2, bool last)
    {
        double c = value - delta1 * slopeBelow - delta2 * slopeAbove;
        double a = (delta1 + delta2) * value - delta1 * delta2 * (slopeBelow + slopeAbove), b = delta1 * delta2 * value;
        double root = Math.Sqrt(Math.Abs(a * a - 4 * b * c));
        double step = last
            ? a >= 0 ? (a + root) / (2 * Math.Abs(c)) : 2 * b / (a - root)
            : a <= 0 ? (a - root) / (2 * c) : 2 * b / (a + root);
        // The sum rises: a step against its sign is replaced by Newton's.
        return value * step >= 0 || !double.IsFinite(step) ? -value / (slopeBelow + slopeAbove) : step;
    }

    /// <summary>A step that leaves the interval goes half the way to its end instead.</summary>
    private static double Inside(double next, double at, double value, double low, double high) =>
        next > low && next < high ? next : value < 0 ? (at + high) / 2 : (at + low) / 2;

    private double WeightSum()
    {
        double sum = 0;
        for (int i = 0; i < _count; i++)
            sum += Weights[i];
        return sum;
    }

    /// <summary>The sums up to <paramref name="pole"/> and beyond it at D[origin] + at, with their slopes; the distances d − λ are kept.</summary>
    private Sums Evaluate(int pole, int origin, double at, double* distances)
    {
        Vector512<double> shift = Vector512.Create(D[origin]), here = Vector512.Create(at);
        Vector512<double> below = default, above = default, slopeBelow = default, slopeAbove = default;
        int border = (pole + 1) / Lanes * Lanes;
        for (int i = 0; i < _stride; i += Lanes)
        {
            var distance = Vector512.LoadAligned(D + i) - shift - here;
            distance.StoreAligned(distances + i);
            var inverse = Vector512<double>.One / distance;
            var term = Vector512.LoadAligned(Weights + i) * inverse;
            if (i < border)
            {
                below += term;
                slopeBelow = Vector512.FusedMultiplyAdd(term, inverse, slopeBelow);
            }
            else if (i > border)
            {
                above += term;
                slopeAbove = Vector512.FusedMultiplyAdd(term, inverse, slopeAbove);
            }
            else
            {
                var first = Vector512.LessThan(Vector512<double>.Indices, Vector512.Create((double)(pole + 1 - i)));
                Vector512<double> under = Vector512.ConditionalSelect(first, term, default), over = Vector512.ConditionalSelect(first, default, term);
                (below, above) = (below + under, above + over);
                slopeBelow = Vector512.FusedMultiplyAdd(under, inverse, slopeBelow);
                slopeAbove = Vector512.FusedMultiplyAdd(over, inverse, slopeAbove);
            }
        }

        return new Sums(Vector512.Sum(below), Vector512.Sum(above), Vector512.Sum(slopeBelow), Vector512.Sum(slopeAbove));
    }
}
