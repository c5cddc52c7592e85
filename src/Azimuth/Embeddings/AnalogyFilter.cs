using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Embeddings;

/// <summary>
/// Finds the rows that could score at least as high as the best so far, from cosines in single precision that are off by at most a stated slack: no row
/// that does is passed over, few others are let through. NaN is passed over.
/// </summary>
internal sealed class AnalogyFilter
{
    private readonly AnalogyMethod _method;
    private readonly float _slack;
    private readonly double _length; // Add: |u(b) + u(c) − u(a)|. Pair: |u(b) − u(a)|
    private readonly double _own; // Pair: u(c)·(u(b) − u(a))
    private readonly double _epsilon;

    private AnalogyFilter(AnalogyMethod method, float slack, double length, double own, double epsilon) =>
        (_method, _slack, _length, _own, _epsilon) = (method, slack, length, own, epsilon);

    /// <summary>For unit rows a, b and c.</summary>
    internal static AnalogyFilter Of(double[] a, double[] b, double[] c, AnalogyMethod method, double epsilon, float slack)
    {
        var vector = new double[a.Length];
        TensorPrimitives.Subtract(b, a, vector);
        double own = TensorPrimitives.Dot<double>(vector, c);
        if (method == AnalogyMethod.Add)
            TensorPrimitives.Add(vector, c, vector);
        return new AnalogyFilter(method, slack, TensorPrimitives.Norm<double>(vector), own, epsilon);
    }

    /// <summary>The first row from <paramref name="start"/> on that may reach <paramref name="best"/>; the number of rows when none does.</summary>
    /// <param name="toA">Each row's cosine with a; <paramref name="toB"/> and <paramref name="toC"/> likewise.</param>
    /// <param name="toB">With b.</param>
    /// <param name="toC">With c.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="best">The highest score so far.</param>
    internal int Next(ReadOnlySpan<float> toA, ReadOnlySpan<float> toB, ReadOnlySpan<float> toC, int start, double best)
    {
        int count = toA.Length, i = start;
        if (double.IsNegativeInfinity(best))
            return i;
        ref float a = ref MemoryMarshal.GetReference(toA), b = ref MemoryMarshal.GetReference(toB), c = ref MemoryMarshal.GetReference(toC);
        Limits limits = Of(best);
        for (; i + 16 <= count; i += 16)
        {
            ulong reached = Reaches(Vector512.LoadUnsafe(ref a, (nuint)i), Vector512.LoadUnsafe(ref b, (nuint)i), Vector512.LoadUnsafe(ref c, (nuint)i), limits)
                .ExtractMostSignificantBits();
            if (reached != 0)
                return i + System.Numerics.BitOperations.TrailingZeroCount(reached);
        }

        for (; i < count; i++)
        {
            if (Reaches(Vector512.Create(toA[i]), Vector512.Create(toB[i]), Vector512.Create(toC[i]), limits).ExtractMostSignificantBits() != 0)
                return i;
        }

        return count;
    }

    /// <summary>The thresholds of a method in single precision, lowered so that rounding lets too much through and never too little.</summary>
    private readonly record struct Limits(float Threshold, float Shift);

    private Limits Of(double best)
    {
        const double rounding = 1e-6; // of the few operations below, more than sixteen halves of the last place
        return _method switch
        {
            AnalogyMethod.Add => new Limits((float)(best * _length - 3 * _slack - 4 * rounding), 0),
            // (1 + b)(1 + c) ≥ 2·best·(1 + a + 2ε)
            AnalogyMethod.Mul => new Limits((float)(2 * best * (1 - 4 * rounding)), (float)(2 * _epsilon)),
            // (b − a − own)² ≥ best²·length²·(2 − 2c), for positive sides
            _ => new Limits((float)(best <= 0 ? 0 : best * best * _length * _length * (1 - 8 * rounding)), (float)(_own - 2 * _slack - 2 * rounding)),
        };
    }

    private Vector512<float> Reaches(Vector512<float> a, Vector512<float> b, Vector512<float> c, Limits limits)
    {
        var threshold = Vector512.Create(limits.Threshold);
        if (_method == AnalogyMethod.Add)
            return Vector512.GreaterThanOrEqual(b + c - a, threshold);
        if (_method == AnalogyMethod.Mul)
        {
            var up = Vector512.Create(1 + _slack);
            var quotient = Vector512.Max(a + Vector512.Create(1 - _slack), Vector512<float>.Zero) + Vector512.Create(limits.Shift);
            return Vector512.GreaterThanOrEqual(Vector512.Max(b + up, Vector512<float>.Zero) * Vector512.Max(c + up, Vector512<float>.Zero), threshold * quotient);
        }

        var along = b - a - Vector512.Create(limits.Shift);
        var apart = Vector512.Max(Vector512.Create(2 - 2 * _slack - 4e-6f) - (c + c), Vector512<float>.Zero);
        return limits.Threshold == 0
            ? Vector512.Equals(along, along)
            : Vector512.GreaterThanOrEqual(along, Vector512<float>.Zero) & Vector512.GreaterThanOrEqual(along * along, threshold * apart);
    }
}
