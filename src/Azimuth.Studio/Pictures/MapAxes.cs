using System.Globalization;
using Azimuth.Geometry.Maps;

namespace Azimuth.Studio.Pictures;

/// <summary>What lies under a map's dots: the sphere's circles, or the plane's lines.</summary>
internal static class MapAxes
{
    private const double MiddleX = MapFrame.Width / 2.0, MiddleY = MapFrame.Top + MapFrame.Side / 2.0, Unit = MapFrame.Side / 2 / LambertEqualArea.Radius;

    /// <summary>The disk, circles at every 30° from the centre, and the two axes across.</summary>
    public static void Sphere(SvgWriter svg)
    {
        svg.Circle("sphere", MiddleX, MiddleY, MapFrame.Side / 2.0);
        svg.Line("grid", MapFrame.Left, MiddleY, MapFrame.Left + MapFrame.Side, MiddleY);
        svg.Line("grid", MiddleX, MapFrame.Top, MiddleX, MapFrame.Top + MapFrame.Side);
        for (int degrees = 30; degrees < 180; degrees += 30)
            svg.Circle(degrees == 90 ? "equator" : "grid", MiddleX, MiddleY, Unit * LambertEqualArea.RadiusOf(degrees * Math.PI / 180));
    }

    /// <summary>Angles and names of axes, above the dots.</summary>
    public static void SphereTexts(SvgWriter svg, TableMap map, LabelPlacement placement)
    {
        double across = Math.Sqrt(0.5);
        foreach (int degrees in new[] { 30, 60, 90, 120, 180 })
        {
            double radius = Unit * LambertEqualArea.RadiusOf(degrees * Math.PI / 180) + (degrees == 180 ? 20 : 0);
            svg.Text("degrees", MiddleX + across * radius, MiddleY + across * radius + 4, string.Create(CultureInfo.InvariantCulture, $"{degrees}°"));
            placement.Reserve(MiddleX + across * radius, MiddleY + across * radius, 30, 14);
        }

        if (map.AxisShares.Count > 1)
        {
            svg.Text("axis end", MapFrame.Left + MapFrame.Side - 6, MiddleY - 6, "axis 2 →");
            placement.Reserve(MapFrame.Left + MapFrame.Side - 32, MiddleY - 10, 56, 16);
        }

        if (map.AxisShares.Count > 2)
        {
            svg.Text("axis begin", MiddleX + 6, MapFrame.Top + 18, "axis 3 ↑");
            placement.Reserve(MiddleX + 32, MapFrame.Top + 14, 56, 16);
        }
    }

    /// <summary>A frame, lines at round numbers, zero stronger.</summary>
    public static void Plane(SvgWriter svg, MapFrame frame)
    {
        double step = RoundStep(MapFrame.Side / frame.Scale / 6);
        double low = (MapFrame.Left - frame.X(0)) / frame.Scale, down = (frame.Y(0) - frame.Bottom) / frame.Scale, extent = MapFrame.Side / frame.Scale, rise = frame.Height / frame.Scale;
        for (double at = Math.Ceiling(low / step) * step; at <= low + extent; at += step)
        {
            svg.Line(IsZero(at) ? "equator" : "grid", frame.X(at), MapFrame.Top, frame.X(at), frame.Bottom);
            svg.Text("degrees", frame.X(at), frame.Bottom + 16, Number(at));
        }

        for (double at = Math.Ceiling(down / step) * step; at <= down + rise; at += step)
        {
            svg.Line(IsZero(at) ? "equator" : "grid", MapFrame.Left, frame.Y(at), MapFrame.Left + MapFrame.Side, frame.Y(at));
            svg.Text("degrees end", MapFrame.Left - 6, frame.Y(at) + 4, Number(at));
        }

        svg.Text("axis end", MapFrame.Left + MapFrame.Side, MapFrame.Top - 8, "across: axis 1 · up: axis 2, in the rows' own units");

        bool IsZero(double value) => Math.Abs(value) < step / 2;
        string Number(double value) => (IsZero(value) ? 0 : value).ToString("G4", CultureInfo.InvariantCulture).Replace('-', '−');
    }

    /// <summary>1, 2 or 5 times a power of ten, at least <paramref name="least"/>.</summary>
    private static double RoundStep(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return least <= power ? power : least <= 2 * power ? 2 * power : least <= 5 * power ? 5 * power : 10 * power;
    }
}
