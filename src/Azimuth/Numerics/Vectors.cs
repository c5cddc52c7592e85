using System.Numerics.Tensors;

namespace Azimuth.Numerics;

/// <summary>Products, lengths and angles of float vectors. Statistics accumulate in double.</summary>
public static class Vectors
{
    /// <summary>Σ a·b in float, in an order that depends only on the length.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => TensorPrimitives.Dot(a, b);

    /// <summary>Σ a·b accumulated in double.</summary>
    public static double DotDouble(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }

    /// <summary>Euclidean length |a|, accumulated in double.</summary>
    public static double Norm(ReadOnlySpan<float> a) => Math.Sqrt(DotDouble(a, a));

    /// <summary>a·b / (|a||b|); null when either is a zero vector, which has no direction.</summary>
    public static double? Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double lengths = Norm(a) * Norm(b);
        return lengths == 0 ? null : DotDouble(a, b) / lengths;
    }

    /// <summary>
    /// The angle between two directions in degrees, 0 to 180, accurate near both ends: 2·atan2(|u − v|, |u + v|) of the unit vectors
    /// (Kahan 2006, "How futile are mindless assessments of roundoff", §12). Null when either is a zero vector.
    /// </summary>
    public static double? AngleDegrees(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double na = Norm(a), nb = Norm(b);
        if (na == 0 || nb == 0)
            return null;
        double difference = 0, sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double u = a[i] / na, v = b[i] / nb;
            difference += (u - v) * (u - v);
            sum += (u + v) * (u + v);
        }

        return 2 * Math.Atan2(Math.Sqrt(difference), Math.Sqrt(sum)) * (180 / Math.PI);
    }
}
