using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>A function of one value with its derivative, applied to sixteen.</summary>
internal interface IDifferentiable
{
    static abstract (Vector512<float> Value, Vector512<float> Slope) Of(Vector512<float> x);
}

/// <summary>The backward pass of the non-linearities: values x become f(x), what the next product's gradient needs, and gradients of f(x) become gradients of x.</summary>
internal static class ActivationGradients
{
    /// <summary>values[i] = f(values[i]); gradients[i] = gradients[i] · f′(values[i]). Equal lengths.</summary>
    public static void Apply<T>(Span<float> values, Span<float> gradients) where T : struct, IDifferentiable
    {
        if (values.Length != gradients.Length)
            throw new ArgumentException($"{values.Length} values need as many gradients, found {gradients.Length}", nameof(gradients));
        ref float x = ref MemoryMarshal.GetReference(values), g = ref MemoryMarshal.GetReference(gradients);
        int whole = values.Length & ~15;
        for (int i = 0; i < whole; i += 16)
        {
            (Vector512<float> value, Vector512<float> slope) = T.Of(Vector512.LoadUnsafe(ref x, (nuint)i));
            value.StoreUnsafe(ref x, (nuint)i);
            (Vector512.LoadUnsafe(ref g, (nuint)i) * slope).StoreUnsafe(ref g, (nuint)i);
        }

        if (whole == values.Length)
            return;
        Span<float> rest = stackalloc float[16], slopes = stackalloc float[16];
        rest.Clear();
        values[whole..].CopyTo(rest);
        (Vector512<float> last, Vector512<float> lastSlope) = T.Of(Vector512.Create<float>(rest));
        last.CopyTo(rest);
        lastSlope.CopyTo(slopes);
        rest[..(values.Length - whole)].CopyTo(values[whole..]);
        for (int i = whole; i < values.Length; i++)
            gradients[i] *= slopes[i - whole];
    }

    /// <summary>x·Φ(x); slope Φ(x) + x·φ(x).</summary>
    public readonly struct Gelu : IDifferentiable
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (Vector512<float> Value, Vector512<float> Slope) Of(Vector512<float> x)
        {
            Vector512<float> phi = VectorMath.NormalDistribution(x);
            Vector512<float> density = VectorMath.Exp(x * x * Vector512.Create(-0.5f)) * Vector512.Create(0.398942280f);
            return (x * phi, Vector512.FusedMultiplyAdd(x, density, phi));
        }
    }

    /// <summary>x·σ(u) with u = 2√(2/π)(x + 0.044715 x³); slope σ + x·σ(1 − σ)·u′.</summary>
    public readonly struct GeluTanh : IDifferentiable
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (Vector512<float> Value, Vector512<float> Slope) Of(Vector512<float> x)
        {
            Vector512<float> square = x * x;
            Vector512<float> inner = Vector512.FusedMultiplyAdd(square, Vector512.Create(1.59576912f * 0.044715f), Vector512.Create(1.59576912f));
            Vector512<float> steep = Vector512.FusedMultiplyAdd(square, Vector512.Create(1.59576912f * 3 * 0.044715f), Vector512.Create(1.59576912f));
            return Sigmoidal(x, VectorMath.Sigmoid(x * inner), steep);
        }
    }

    /// <summary>x·σ(1.702 x).</summary>
    public readonly struct GeluQuick : IDifferentiable
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (Vector512<float> Value, Vector512<float> Slope) Of(Vector512<float> x) =>
            Sigmoidal(x, VectorMath.Sigmoid(Vector512.Create(1.702f) * x), Vector512.Create(1.702f));
    }

    /// <summary>x·σ(x).</summary>
    public readonly struct Silu : IDifferentiable
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (Vector512<float> Value, Vector512<float> Slope) Of(Vector512<float> x) => Sigmoidal(x, VectorMath.Sigmoid(x), Vector512<float>.One);
    }

    /// <summary>max(x, 0); slope 0 at 0.</summary>
    public readonly struct Relu : IDifferentiable
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (Vector512<float> Value, Vector512<float> Slope) Of(Vector512<float> x)
        {
            Vector512<float> isPositive = Vector512.GreaterThan(x, Vector512<float>.Zero);
            return (Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x, Vector512<float>.Zero), Vector512<float>.Zero, x), isPositive & Vector512<float>.One);
        }
    }

    /// <summary>x·s with s = σ(u): slope s + x·s·(1 − s)·u′.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Value, Vector512<float> Slope) Sigmoidal(Vector512<float> x, Vector512<float> s, Vector512<float> steep)
    {
        Vector512<float> value = x * s;
        return (value, Vector512.FusedMultiplyAdd(value * (Vector512<float>.One - s), steep, s));
    }
}
