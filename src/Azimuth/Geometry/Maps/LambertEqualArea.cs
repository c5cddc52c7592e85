namespace Azimuth.Geometry.Maps;

/// <summary>
/// Lambert's azimuthal equal-area projection of the unit sphere onto a disk of radius 2 (Lambert 1772; Snyder 1987, "Map projections: a working manual", p. 185): equal
/// areas of the sphere take equal areas of the disk, so that the density of points can be read off. The centre is kept as it is, the point opposite to it becomes the rim.
/// </summary>
public static class LambertEqualArea
{
    /// <summary>Radius of the disk, where the point opposite to the centre is.</summary>
    public const double Radius = 2;

    /// <summary>
    /// The place of a point of the sphere with the centre at (0, 0, 1): √(2 / (1 + z)) · (x, y). The point opposite to the centre, which is the whole rim, becomes (2, 0);
    /// NaN gives NaN.
    /// </summary>
    /// <param name="x">To the right.</param>
    /// <param name="y">Up.</param>
    /// <param name="z">Towards the reader; x² + y² + z² = 1.</param>
    public static (double X, double Y) Project(double x, double y, double z)
    {
        double across = Math.Sqrt(x * x + y * y);
        if (across == 0)
            return z < 0 ? (Radius, 0) : (0 * x, 0 * y);
        // From the angle by its half, which is accurate on the far side too, where 1 + z loses its digits.
        double factor = RadiusOf(Math.Atan2(across, z)) / across;
        return (x * factor, y * factor);
    }

    /// <summary>How far from the middle of the disk points at an angle from the centre are: 2 sin(angle / 2).</summary>
    /// <param name="angle">0 to π.</param>
    public static double RadiusOf(double angle) => Radius * Math.Sin(angle / 2);
}
