using Azimuth.Geometry.Maps;

namespace Azimuth.Cli.Output;

/// <summary>A map's density in characters, so that a terminal gives a glimpse of it.</summary>
internal static class MapGlimpse
{
    private const int Columns = 64, Rows = 26; // a character is about twice as high as wide, but not quite
    private const string Shades = " ·░▒▓█";

    /// <summary>One line of text a row; darker where more tokens are, in equal steps of the logarithm.</summary>
    public static IReadOnlyList<string> Lines(TableMap map)
    {
        float[] xs = Finite(map.Points, 0), ys = Finite(map.Points, 1);
        if (xs.Length == 0)
            return [];
        bool sphere = map.Projection == MapProjection.Sphere;
        double left = sphere ? -LambertEqualArea.Radius : xs.Min(), right = sphere ? LambertEqualArea.Radius : xs.Max();
        double low = sphere ? -LambertEqualArea.Radius : ys.Min(), high = sphere ? LambertEqualArea.Radius : ys.Max();
        var counts = new int[Rows, Columns];
        for (int i = 0; i < xs.Length; i++)
            counts[Cell(high - ys[i], high - low, Rows), Cell(xs[i] - left, right - left, Columns)]++;
        double most = Math.Log(1 + counts.Cast<int>().Max());
        string[] lines = [.. Enumerable.Range(0, Rows).Select(row => new string([.. Enumerable.Range(0, Columns).Select(column => Shade(counts[row, column]))]).TrimEnd())];
        int first = Array.FindIndex(lines, line => line.Length > 0), last = Array.FindLastIndex(lines, line => line.Length > 0);
        return lines[first..(last + 1)];

        char Shade(int count) => count == 0 ? Shades[0] : Shades[Math.Clamp((int)Math.Ceiling(Math.Log(1 + count) / most * (Shades.Length - 1)), 1, Shades.Length - 1)];
    }

    private static int Cell(double at, double extent, int cells) => extent > 0 ? Math.Clamp((int)(at / extent * cells), 0, cells - 1) : cells / 2;

    private static float[] Finite(float[] points, int axis) => [.. points.Where((value, i) => i % 2 == axis && !float.IsNaN(value))];
}
