using Azimuth.Geometry.Maps;

namespace Azimuth.Studio.Pictures;

/// <summary>From a map's own coordinates to places on the picture.</summary>
internal sealed class MapFrame
{
    public const int Width = 960, Top = 100, Side = 860, Left = (Width - Side) / 2;

    private const int LeastHeight = 360;

    private readonly double _middleX, _middleY;

    public MapFrame(TableMap map)
    {
        if (map.Projection == MapProjection.Sphere)
        {
            (Scale, Height) = (Side / 2 / LambertEqualArea.Radius, Side);
            return;
        }

        var (lowX, highX) = Range(map.Points, 0);
        var (lowY, highY) = Range(map.Points, 1);
        (_middleX, _middleY) = ((lowX + highX) / 2, (lowY + highY) / 2);
        double extent = Math.Max(highX - lowX, highY - lowY);
        Scale = extent > 0 ? 0.94 * Side / extent : 1;
        Height = Math.Clamp((int)Math.Ceiling((highY - lowY) * Scale + 0.06 * Side), LeastHeight, Side);
    }

    /// <summary>Picture units for one unit of the map, the same across and along.</summary>
    public double Scale { get; }

    /// <summary>The drawing's height; a sphere's is its width.</summary>
    public int Height { get; }

    public int Bottom => Top + Height;

    public double X(double x) => Width / 2.0 + (x - _middleX) * Scale;

    public double Y(double y) => Top + Height / 2.0 - (y - _middleY) * Scale;

    private static (double Low, double High) Range(float[] points, int axis)
    {
        double low = double.MaxValue, high = double.MinValue;
        for (int i = axis; i < points.Length; i += 2)
            (low, high) = (Math.Min(low, points[i]), Math.Max(high, points[i]));
        return (low, high);
    }
}
