using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>A function of one value, applied to sixteen.</summary>
internal interface IElementFunction
{
    static abstract Vector512<float> Of(Vector512<float> x);
}

/// <summary>
/// Elementary functions of sixteen floats, to about one unit in the last place (the tests state each bound). The same value gives the same bits
/// wherever it stands in a span and however long the span is.
/// </summary>
internal static class VectorMath
{
    /// <summary>values[i] = f(values[i]); a last, short vector goes through the same instructions.</summary>
    public static void Apply<T>(Span<float> values) where T : struct, IElementFunction
    {
        ref float first = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(values);
        int whole = values.Length & ~15;
        for (int i = 0; i < whole; i += 16)
            T.Of(Vector512.LoadUnsafe(ref first, (nuint)i)).StoreUnsafe(ref first, (nuint)i);
        if (whole == values.Length)
            return;
        Span<float> rest = stackalloc float[16];
        values[whole..].CopyTo(rest);
        T.Of(Vector512.Create<float>(rest)).CopyTo(rest);
        rest[..(values.Length - whole)].CopyTo(values[whole..]);
    }

    /// <summary>
    /// eˣ = 2ⁿ·eʳ with |r| ≤ ln 2 / 2, eʳ by its series to r⁷ (the rest is below 6e-9). Above 88.8 +∞, below −104 zero, subnormal results included; NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        x = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(89f)), Vector512.Create(89f), x);
        x = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-105f)), Vector512.Create(-105f), x);
        // Adding 1.5 · 2²³ rounds to a whole number, which is then in the lowest bits.
        Vector512<float> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269504f), Vector512.Create(12582912f));
        Vector512<float> n = shifted - Vector512.Create(12582912f);
        // ln 2 in two parts; n times the first is exact.
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(1f / 5040), r, Vector512.Create(1f / 720));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 120));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 24));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p * r, r, r) + Vector512<float>.One;
        // 2ⁿ in two factors: n reaches from −151 to 128, an exponent from −126 to 127.
        Vector512<int> whole = shifted.AsInt32() - Vector512.Create(0x4B400000);
        Vector512<int> half = whole >> 1;
        return p * Power(half) * Power(whole - half);
    }

    /// <summary>1 / (1 + e⁻ˣ); zero below −88.7, where e⁻ˣ overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Exp(-x));

    /// <summary>tanh: an odd polynomial near zero, 1 − 2 / (e²ˣ + 1) beyond 0.625.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        // Least-squares fit of (tanh(x)/x − 1)/x² in x², weighted for the largest relative error: 1.4e-7 of this correction, 2e-8 of the result.
        Vector512<float> y = x * x;
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(-0.006096937f), y, Vector512.Create(0.020997355f));
        p = Vector512.FusedMultiplyAdd(p, y, Vector512.Create(-0.053850953f));
        p = Vector512.FusedMultiplyAdd(p, y, Vector512.Create(0.13332771f));
        p = Vector512.FusedMultiplyAdd(p, y, Vector512.Create(-0.33333328f));
        Vector512<float> near = Vector512.FusedMultiplyAdd(p * y, x, x);
        Vector512<float> size = Vector512.Abs(x);
        Vector512<float> far = Vector512<float>.One - Vector512.Create(2f) / (Exp(size + size) + Vector512<float>.One);
        Vector512<float> sign = x & Vector512.Create(-0f);
        return Vector512.ConditionalSelect(Vector512.LessThan(size, Vector512.Create(0.625f)), near, far | sign);
    }

    /// <summary>
    /// The normal distribution function Φ(x) = erfc(−x/√2)/2, accurate relative to itself in the lower tail too: e^(−x²/2)·W(|x|)/2 for negative x, with
    /// W(a) = erfc(a/√2)·e^(a²/2) as a polynomial in t = 1/(1 + a/4).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> NormalDistribution(Vector512<float> x)
    {
        Vector512<float> size = Vector512.Abs(x);
        Vector512<float> t = Vector512<float>.One / Vector512.FusedMultiplyAdd(size, Vector512.Create(0.25f), Vector512<float>.One);
        // Least-squares fit on 1500 Chebyshev nodes for a from 0 to 15, weighted for the largest relative error: 1.9e-8.
        Vector512<float> w = Vector512.FusedMultiplyAdd(Vector512.Create(0.065830775f), t, Vector512.Create(-0.3813054f));
        w = Vector512.FusedMultiplyAdd(w, t, Vector512.Create(0.76437235f));
        w = Vector512.FusedMultiplyAdd(w, t, Vector512.Create(-0.63320595f));
        w = Vector512.FusedMultiplyAdd(w, t, Vector512.Create(0.58126193f));
        w = Vector512.FusedMultiplyAdd(w, t, Vector512.Create(-0.026055107f));
        w = Vector512.FusedMultiplyAdd(w, t, Vector512.Create(0.23809457f));
        w = Vector512.FusedMultiplyAdd(w, t, Vector512.Create(0.19071426f));
        w = Vector512.FusedMultiplyAdd(w, t, Vector512.Create(0.2003291f));
        w = Vector512.FusedMultiplyAdd(w, t, Vector512.Create(-3.6556736e-5f));
        // x² in two parts: its rounding error would be multiplied by x² in the tail.
        Vector512<float> square = size * size;
        Vector512<float> rest = Vector512.FusedMultiplyAdd(size, size, -square);
        Vector512<float> half = Vector512.Create(0.5f);
        Vector512<float> lower = Exp(-half * square) * Vector512.FusedMultiplyAdd(-half, rest, Vector512<float>.One) * (half * w);
        // Squares beyond the exponential's range leave an infinite or undefined rest: the tail is zero there.
        lower = Vector512.ConditionalSelect(Vector512.GreaterThan(size, Vector512.Create(15f)), Vector512<float>.Zero, lower);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), Vector512<float>.One - lower, lower);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Power(Vector512<int> n) => ((n + Vector512.Create(127)) << 23).AsSingle();
}
