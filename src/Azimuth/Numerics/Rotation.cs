using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>Plane rotations of two vectors.</summary>
internal static class Rotation
{
    /// <summary>a ← c·a − s·b and b ← s·a + c·b, for vectors of the same length.</summary>
    internal static void Turn(Span<double> a, Span<double> b, double c, double s)
    {
        ref double x = ref MemoryMarshal.GetReference(a), y = ref MemoryMarshal.GetReference(b);
        nuint i = 0, length = (nuint)Math.Min(a.Length, b.Length);
        Vector512<double> cosine = Vector512.Create(c), sine = Vector512.Create(s);
        for (; i + 8 <= length; i += 8)
        {
            Vector512<double> u = Vector512.LoadUnsafe(ref x, i), v = Vector512.LoadUnsafe(ref y, i);
            (cosine * u - sine * v).StoreUnsafe(ref x, i);
            (sine * u + cosine * v).StoreUnsafe(ref y, i);
        }

        for (; i < length; i++)
        {
            double u = Unsafe.Add(ref x, i), v = Unsafe.Add(ref y, i);
            (Unsafe.Add(ref x, i), Unsafe.Add(ref y, i)) = (c * u - s * v, s * u + c * v);
        }
    }
}
