using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>Exponentials of a row and their sum, in one pass.</summary>
internal static class Exponentials
{
    /// <summary>values[i] = exp(values[i] − <paramref name="shift"/>), to single precision; their sum in double, in an order that depends only on the length.</summary>
    public static double Of(Span<float> values, float shift)
    {
        ref float first = ref MemoryMarshal.GetReference(values);
        Vector512<float> by = Vector512.Create(shift);
        Vector512<double> low = default, high = default;
        int whole = values.Length & ~15;
        for (int i = 0; i < whole; i += 16)
        {
            Vector512<float> power = VectorMath.Exp(Vector512.LoadUnsafe(ref first, (nuint)i) - by);
            power.StoreUnsafe(ref first, (nuint)i);
            low += Widening.Doubles(power.GetLower());
            high += Widening.Doubles(power.GetUpper());
        }

        if (whole < values.Length)
        {
            // Filled up with −∞, whose exponential is zero.
            Span<float> rest = stackalloc float[16];
            rest.Fill(float.NegativeInfinity);
            values[whole..].CopyTo(rest);
            Vector512<float> power = VectorMath.Exp(Vector512.Create<float>(rest) - by);
            power.CopyTo(rest);
            rest[..(values.Length - whole)].CopyTo(values[whole..]);
            low += Widening.Doubles(power.GetLower());
            high += Widening.Doubles(power.GetUpper());
        }

        return Vector512.Sum(low + high);
    }
}
