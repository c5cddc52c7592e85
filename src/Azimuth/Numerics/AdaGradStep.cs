using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Azimuth.Numerics;

/// <summary>
/// One update of GloVe (Pennington, Socher and Manning 2014) on rows [w, G, b, G of b]: diff = w·w̃ + b + b̃ − ln x, cost ½ f diff²; gradients f·diff·w̃ and f·diff·w, each clipped
/// and times the rate, divided by √G with G before the square is added. Both rows use each other's old values. The biases' steps are not multiplied by the rate, as in the original
/// program's current version.
/// </summary>
internal static unsafe class AdaGradStep
{
    private const float Clip = 100;

    /// <summary>Floats of a row for vectors of this many numbers.</summary>
    public static int RowFloats(int dimensions) => 2 * Padded(dimensions) + 16;

    /// <summary>Numbers rounded up to whole vectors: where G begins.</summary>
    public static int Padded(int dimensions) => (dimensions + 15) / 16 * 16;

    /// <summary>Updates both rows.</summary>
    /// <returns>½ f diff² before the update.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Update(float* word, float* context, int padded, float log, float weight, float rate)
    {
        Vector512<float> sum = Vector512<float>.Zero;
        for (int i = 0; i < padded; i += 16)
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(word + i), Vector512.Load(context + i), sum);
        float* bias = word + 2 * padded, other = context + 2 * padded;
        float diff = Vector512.Sum(sum) + bias[0] + other[0] - log, part = weight * diff;
        Vector512<float> scale = Vector512.Create(part), eta = Vector512.Create(rate), most = Vector512.Create(Clip), least = Vector512.Create(-Clip);
        float* squares = word + padded, otherSquares = context + padded;
        for (int i = 0; i < padded; i += 16)
        {
            Vector512<float> w = Vector512.Load(word + i), c = Vector512.Load(context + i);
            Vector512<float> step = eta * Vector512.Min(Vector512.Max(scale * c, least), most), back = eta * Vector512.Min(Vector512.Max(scale * w, least), most);
            Vector512<float> g = Vector512.Load(squares + i), h = Vector512.Load(otherSquares + i);
            (w - step * InverseRoot(g)).Store(word + i);
            (c - back * InverseRoot(h)).Store(context + i);
            Vector512.FusedMultiplyAdd(step, step, g).Store(squares + i);
            Vector512.FusedMultiplyAdd(back, back, h).Store(otherSquares + i);
        }

        bias[0] -= part / MathF.Sqrt(bias[1]);
        bias[1] += part * part;
        other[0] -= part / MathF.Sqrt(other[1]);
        other[1] += part * part;
        return 0.5f * part * diff;
    }

    /// <summary>1/√x to a unit in the last place or two: an estimate of 14 bits and one step of Newton's, or the division.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> InverseRoot(Vector512<float> x)
    {
        if (!Avx512F.IsSupported)
            return Vector512<float>.One / Vector512.Sqrt(x);
        Vector512<float> y = Avx512F.ReciprocalSqrt14(x);
        return y * Vector512.FusedMultiplyAdd(Vector512.Create(-0.5f) * x * y, y, Vector512.Create(1.5f));
    }
}
