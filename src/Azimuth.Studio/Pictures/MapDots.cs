using System.Globalization;
using System.Text;
using Azimuth.Geometry.Maps;

namespace Azimuth.Studio.Pictures;

/// <summary>
/// All tokens as dots: the picture is cut into small cells, a cell with tokens gets one dot where its first token is, and the more tokens the darker. Four paths, whatever
/// the number of tokens.
/// </summary>
internal sealed class MapDots
{
    /// <summary>From how many tokens in a cell each grey stands.</summary>
    public static readonly int[] Classes = [1, 2, 4, 8];

    private const int Fine = 2; // places of dots, in parts of a picture unit

    private readonly int[] _counts; // [row, column] of cells
    private readonly (int X, int Y)[] _places; // of each cell's first token

    public MapDots(TableMap map, MapFrame frame)
    {
        Cell = map.Rows switch
        {
            <= 10_000 => 1,
            <= 100_000 => 2,
            _ => 3,
        };
        int across = MapFrame.Width / Cell + 1;
        _counts = new int[across * ((frame.Bottom + MapFrame.Top) / Cell + 1)];
        _places = new (int, int)[_counts.Length];
        for (int id = 0; id < map.Rows; id++)
        {
            if (!map.HasPoint(id))
                continue;
            double x = frame.X(map.Points[2 * id]), y = frame.Y(map.Points[2 * id + 1]);
            int cell = (int)(y / Cell) * across + (int)(x / Cell);
            if (_counts[cell]++ == 0)
                _places[cell] = ((int)Math.Round(x * Fine), (int)Math.Round(y * Fine));
        }
    }

    /// <summary>Side of a cell in picture units.</summary>
    public int Cell { get; }

    /// <summary>Diameter of a dot in picture units.</summary>
    public double Diameter => Cell == 1 ? 3.2 : 1.35 * Cell;

    /// <summary>The darkest class that any cell reaches.</summary>
    public int Darkest => Array.FindLastIndex(Classes, least => _counts.Max() >= least);

    /// <summary>What the numbers of <see cref="Path"/> are to be multiplied with.</summary>
    public static double Unit => 1.0 / Fine;

    /// <summary>One class's dots as the data of a path: lines of no length, drawn round by their ends.</summary>
    public string Path(int index)
    {
        int least = Classes[index], below = index + 1 < Classes.Length ? Classes[index + 1] : int.MaxValue;
        StringBuilder path = new();
        (int X, int Y) last = (0, 0);
        for (int cell = 0; cell < _counts.Length; cell++)
        {
            if (_counts[cell] < least || _counts[cell] >= below)
                continue;
            var (x, y) = _places[cell];
            path.Append(CultureInfo.InvariantCulture, $"m{x - last.X} {y - last.Y}h0");
            last = (x, y);
        }

        return path.ToString();
    }

    /// <summary>"1", "2–3", "8 or more".</summary>
    public static string Describe(int index) => index + 1 == Classes.Length
        ? string.Create(CultureInfo.InvariantCulture, $"{Classes[index]} or more")
        : Classes[index + 1] - Classes[index] == 1
            ? Classes[index].ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{Classes[index]}–{Classes[index + 1] - 1}");
}
