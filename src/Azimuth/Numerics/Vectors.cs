using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// Products, lengths and angles of float vectors. Statistics accumulate in double. The order of each sum depends only on the length, so the same
/// vectors give the same bits wherever they lie. NaN and infinity spread as IEEE 754 says.
/// </summary>
public static class Vectors
{
    /// <summary>Σ a·b in float: 64 running sums of fused multiply-adds, added up at the end. 0 for empty vectors.</summary>
    /// <exception cref="ArgumentException">Vectors of different length.</exception>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        RequireSameLength(a, b);
        ref float x = ref MemoryMarshal.GetReference(a), y = ref MemoryMarshal.GetReference(b);
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        nuint i = 0, length = (nuint)a.Length;
        for (; i + 64 <= length; i += 64)
        {
            s0 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, i), Vector512.LoadUnsafe(ref y, i), s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, i + 16), Vector512.LoadUnsafe(ref y, i + 16), s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, i + 32), Vector512.LoadUnsafe(ref y, i + 32), s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, i + 48), Vector512.LoadUnsafe(ref y, i + 48), s3);
        }

        for (; i + 16 <= length; i += 16)
            s0 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, i), Vector512.LoadUnsafe(ref y, i), s0);
        float sum = Vector512.Sum((s0 + s1) + (s2 + s3));
        for (; i < length; i++)
            sum = MathF.FusedMultiplyAdd(Unsafe.Add(ref x, i), Unsafe.Add(ref y, i), sum);
        return sum;
    }

    /// <summary>Σ a·b accumulated in double; each product is exact. 0 for empty vectors.</summary>
    /// <exception cref="ArgumentException">Vectors of different length.</exception>
    public static double DotDouble(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => Sum<Product>(a, b, 1, 1);

    /// <summary>Euclidean length |a|, accumulated in double; it neither overflows nor underflows.</summary>
    public static double Norm(ReadOnlySpan<float> a) => Math.Sqrt(DotDouble(a, a));

    /// <summary>Euclidean distance |a − b|: differences first, in double, so that nearly equal vectors keep theirs.</summary>
    /// <exception cref="ArgumentException">Vectors of different length.</exception>
    public static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => Math.Sqrt(Sum<SquaredDifference>(a, b, 1, 1));

    /// <summary>a·b / (|a||b|), within −1 … 1 up to rounding; null when either is a zero vector, which has no direction.</summary>
    /// <exception cref="ArgumentException">Vectors of different length.</exception>
    public static double? Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double lengths = Norm(a) * Norm(b);
        return lengths == 0 ? null : DotDouble(a, b) / lengths;
    }

    /// <summary>
    /// The angle between two directions in degrees, 0 to 180, accurate near both ends: 2·atan2(|u − v|, |u + v|) of the unit vectors
    /// (Kahan 2006, "How futile are mindless assessments of roundoff", §12). Null when either is a zero vector.
    /// </summary>
    /// <exception cref="ArgumentException">Vectors of different length.</exception>
    public static double? AngleDegrees(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double na = Norm(a), nb = Norm(b);
        if (na == 0 || nb == 0)
            return null;
        double difference = Math.Sqrt(Sum<SquaredUnitDifference>(a, b, na, nb)), sum = Math.Sqrt(Sum<SquaredUnitSum>(a, b, na, nb));
        return 2 * Math.Atan2(difference, sum) * (180 / Math.PI);
    }

    private interface ITerm
    {
        static abstract bool Divides { get; }

        static abstract Vector512<double> Add(Vector512<double> a, Vector512<double> b, Vector512<double> sum);
    }

    private readonly struct Product : ITerm
    {
        public static bool Divides => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Add(Vector512<double> a, Vector512<double> b, Vector512<double> sum) => Vector512.FusedMultiplyAdd(a, b, sum);
    }

    private readonly struct SquaredDifference : ITerm
    {
        public static bool Divides => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Add(Vector512<double> a, Vector512<double> b, Vector512<double> sum) => Vector512.FusedMultiplyAdd(a - b, a - b, sum);
    }

    private readonly struct SquaredUnitDifference : ITerm
    {
        public static bool Divides => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Add(Vector512<double> a, Vector512<double> b, Vector512<double> sum) => SquaredDifference.Add(a, b, sum);
    }

    private readonly struct SquaredUnitSum : ITerm
    {
        public static bool Divides => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Add(Vector512<double> a, Vector512<double> b, Vector512<double> sum) => Vector512.FusedMultiplyAdd(a + b, a + b, sum);
    }

    /// <summary>Σ term(a, b), or of a / lengthA and b / lengthB: 32 running sums, added up at the end; a last, short vector is filled up with zeros.</summary>
    private static double Sum<T>(ReadOnlySpan<float> a, ReadOnlySpan<float> b, double lengthA, double lengthB) where T : struct, ITerm
    {
        RequireSameLength(a, b);
        ref float x = ref MemoryMarshal.GetReference(a), y = ref MemoryMarshal.GetReference(b);
        Vector512<double> divisorA = Vector512.Create(lengthA), divisorB = Vector512.Create(lengthB);
        Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
        nuint i = 0, length = (nuint)a.Length;
        for (; i + 32 <= length; i += 32)
        {
            s0 = T.Add(Load<T>(ref x, i, divisorA), Load<T>(ref y, i, divisorB), s0);
            s1 = T.Add(Load<T>(ref x, i + 8, divisorA), Load<T>(ref y, i + 8, divisorB), s1);
            s2 = T.Add(Load<T>(ref x, i + 16, divisorA), Load<T>(ref y, i + 16, divisorB), s2);
            s3 = T.Add(Load<T>(ref x, i + 24, divisorA), Load<T>(ref y, i + 24, divisorB), s3);
        }

        for (; i + 8 <= length; i += 8)
            s0 = T.Add(Load<T>(ref x, i, divisorA), Load<T>(ref y, i, divisorB), s0);
        if (i < length)
        {
            Span<float> lastA = stackalloc float[8], lastB = stackalloc float[8];
            a[(int)i..].CopyTo(lastA);
            b[(int)i..].CopyTo(lastB);
            s1 = T.Add(Load<T>(ref lastA[0], 0, divisorA), Load<T>(ref lastB[0], 0, divisorB), s1);
        }

        return Vector512.Sum((s0 + s1) + (s2 + s3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Load<T>(ref float from, nuint index, Vector512<double> divisor) where T : struct, ITerm
    {
        var values = Widening.Doubles(Vector256.LoadUnsafe(ref from, index));
        return T.Divides ? values / divisor : values;
    }

    private static void RequireSameLength(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length)
            throw new ArgumentException($"vectors of the same length expected, found {a.Length} and {b.Length} values");
    }
}
