using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// Element-wise functions of neural networks, in place. A value's result does not depend on where it stands in the span. NaN stays NaN;
/// +∞ and −∞ give the limits of each function. Empty spans are fine.
/// </summary>
public static class Activations
{
    /// <summary>x·Φ(x) with the normal distribution function Φ: GELU in its exact form (Hendrycks and Gimpel 2016).</summary>
    public static void Gelu(Span<float> values) => VectorMath.Apply<GeluFunction>(values);

    /// <summary>x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))): GELU as GPT-2 computes it ("gelu_new").</summary>
    public static void GeluTanh(Span<float> values) => VectorMath.Apply<GeluTanhFunction>(values);

    /// <summary>x·σ(1.702·x): the quick approximation of GELU.</summary>
    public static void GeluQuick(Span<float> values) => VectorMath.Apply<GeluQuickFunction>(values);

    /// <summary>x·σ(x): SiLU, also called swish.</summary>
    public static void Silu(Span<float> values) => VectorMath.Apply<SiluFunction>(values);

    /// <summary>The positive part.</summary>
    public static void Relu(Span<float> values) => VectorMath.Apply<ReluFunction>(values);

    /// <summary>σ(x) = 1 / (1 + e⁻ˣ).</summary>
    public static void Sigmoid(Span<float> values) => VectorMath.Apply<SigmoidFunction>(values);

    /// <summary>Hyperbolic tangent.</summary>
    public static void Tanh(Span<float> values) => VectorMath.Apply<TanhFunction>(values);

    private readonly struct GeluFunction : IElementFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> x) => AtMinusInfinity(x, x * VectorMath.NormalDistribution(x));
    }

    private readonly struct GeluTanhFunction : IElementFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> x)
        {
            // (1 + tanh u)/2 = σ(2u), which does not cancel for negative u; 2√(2/π) = 1.5957691.
            Vector512<float> inner = Vector512.FusedMultiplyAdd(x * x, Vector512.Create(1.59576912f * 0.044715f), Vector512.Create(1.59576912f));
            return AtMinusInfinity(x, x * VectorMath.Sigmoid(x * inner));
        }
    }

    private readonly struct GeluQuickFunction : IElementFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> x) => AtMinusInfinity(x, x * VectorMath.Sigmoid(Vector512.Create(1.702f) * x));
    }

    private readonly struct SiluFunction : IElementFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> x) => AtMinusInfinity(x, x * VectorMath.Sigmoid(x));
    }

    private readonly struct ReluFunction : IElementFunction
    {
        // "Not above zero" would turn NaN into zero.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> x) =>
            Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x, Vector512<float>.Zero), Vector512<float>.Zero, x);
    }

    private readonly struct SigmoidFunction : IElementFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> x) => VectorMath.Sigmoid(x);
    }

    private readonly struct TanhFunction : IElementFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Of(Vector512<float> x) => VectorMath.Tanh(x);
    }

    /// <summary>0 where x is −∞: there ∞ · 0 stands for a limit that is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> AtMinusInfinity(Vector512<float> x, Vector512<float> result) =>
        Vector512.ConditionalSelect(Vector512.Equals(x, Vector512.Create(float.NegativeInfinity)), Vector512<float>.Zero, result);
}
