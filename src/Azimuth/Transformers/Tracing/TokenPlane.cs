using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// The plane of two output directions, orthonormalised (Gram and Schmidt): e1 along the target's, e2 along what the rival's has beside it. Where the
/// two are parallel, or one is zero, the missing axis is zero too. Immutable.
/// </summary>
internal sealed class TokenPlane
{
    private readonly double[] _e1, _e2; // [model]

    internal TokenPlane(ReadOnlySpan<float> target, ReadOnlySpan<float> rival)
    {
        _e1 = new double[target.Length];
        _e2 = new double[target.Length];
        double length = Vectors.Norm(target), along = 0, across = 0;
        for (int i = 0; i < _e1.Length; i++)
        {
            _e1[i] = length > 0 ? target[i] / length : 0;
            along += rival[i] * _e1[i];
        }

        for (int i = 0; i < _e2.Length; i++)
        {
            _e2[i] = rival[i] - along * _e1[i];
            across += _e2[i] * _e2[i];
        }

        across = Math.Sqrt(across);
        // What is left of a parallel row is rounding, not a direction.
        bool parallel = across <= 1e-12 * Vectors.Norm(rival);
        for (int i = 0; i < _e2.Length; i++)
            _e2[i] = parallel ? 0 : _e2[i] / across;
    }

    /// <summary>A vector's coordinates in the plane, and the share of its length that lies in it (0 for a zero vector).</summary>
    internal PlanePoint Of(ReadOnlySpan<float> vector)
    {
        double x = 0, y = 0, norm = Vectors.Norm(vector);
        for (int i = 0; i < vector.Length; i++)
        {
            x += vector[i] * _e1[i];
            y += vector[i] * _e2[i];
        }

        return new PlanePoint(x, y, norm > 0 ? Math.Sqrt(x * x + y * y) / norm : 0);
    }
}
