using System.Globalization;
using System.Text;

namespace Azimuth.Studio.Pictures;

/// <summary>Where a label stands: its text's left end and middle, and the point it belongs to.</summary>
internal sealed record PlacedLabel(double X, double Y, bool Leader);

/// <summary>Finds room for labels beside their points, one after the other: what is placed first stays where it is.</summary>
internal sealed class LabelPlacement(double left, double top, double right, double bottom)
{
    private const double PointSize = 7;
    private static readonly double[] Distances = [9, 18, 30, 46];
    private static readonly (double X, double Y)[] Sides = [(1, 0), (-1, 0), (0.75, -0.8), (0.75, 0.8), (-0.75, -0.8), (-0.75, 0.8), (0, -1), (0, 1)];
    private readonly List<Box> _taken = [];

    /// <summary>Keeps labels off a point.</summary>
    public void Avoid(double x, double y) => _taken.Add(new Box(x - PointSize, y - PointSize, x + PointSize, y + PointSize));

    /// <summary>Keeps labels off a text around a middle.</summary>
    public void Reserve(double x, double y, double width, double height) => _taken.Add(new Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2));

    /// <summary>True when a point would not lie on a label or on another point.</summary>
    public bool IsFree(double x, double y) => _taken.TrueForAll(other => other.Overlap(new Box(x - 4, y - 4, x + 4, y + 4)) == 0);

    /// <summary>Places a label; null when there is no room and it is not <paramref name="needed"/>.</summary>
    public PlacedLabel? Place(string text, double x, double y, double size, bool needed)
    {
        double width = WidthOf(text, size);
        (double Cost, Box Box, double Distance) best = (double.MaxValue, default, 0);
        foreach (double distance in Distances)
        {
            foreach (var (sideX, sideY) in Sides)
            {
                double middleX = x + sideX * (distance + width / 2) * (sideX == 0 ? 0 : 1), middleY = y + sideY * (distance + size / 2);
                var box = new Box(middleX - width / 2, middleY - size / 2, middleX + width / 2, middleY + size / 2);
                double cost = Outside(box) * 1000 + _taken.Sum(other => other.Overlap(box));
                if (cost < best.Cost)
                    best = (cost, box, distance);
                if (cost == 0)
                    break;
            }

            if (best.Cost == 0 || (!needed && distance > Distances[0]))
                break;
        }

        if (best.Cost > 0 && !needed)
            return null;
        _taken.Add(best.Box);
        return new PlacedLabel(best.Box.Left, (best.Box.Top + best.Box.Bottom) / 2, best.Distance > Distances[1]);
    }

    /// <summary>Width of a monospaced text: wide scripts take a full square.</summary>
    public static double WidthOf(string text, double size)
    {
        double width = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            width += Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? 0
                : rune.Value >= 0x1100 && rune.Value is not (>= 0x2000 and < 0x2E80) ? size : 0.61 * size;
        }

        return width;
    }

    private double Outside(Box box) =>
        Math.Max(0, left - box.Left) + Math.Max(0, box.Right - right) + Math.Max(0, top - box.Top) + Math.Max(0, box.Bottom - bottom);

    private readonly record struct Box(double Left, double Top, double Right, double Bottom)
    {
        public double Overlap(Box other) =>
            Math.Max(0, Math.Min(Right, other.Right) - Math.Max(Left, other.Left)) * Math.Max(0, Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top));
    }
}
