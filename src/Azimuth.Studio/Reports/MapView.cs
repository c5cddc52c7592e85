using Azimuth.Embeddings;
using Azimuth.Geometry.Maps;
using Azimuth.Numerics;

namespace Azimuth.Studio.Reports;

/// <summary>A square of the map that holds points.</summary>
/// <param name="Column">From the left, 0 to <see cref="MapView.Squares"/> − 1.</param>
/// <param name="Row">From below.</param>
/// <param name="Count">Points in it.</param>
/// <param name="Tokens">The points of lowest id, at most three.</param>
public sealed record MapSquare(int Column, int Row, int Count, IReadOnlyList<TokenRef> Tokens);

/// <summary>A token named on the map.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="X">To the right, within a disk of radius 2.</param>
/// <param name="Y">Up.</param>
/// <param name="Shown">Share of the row's length along the map's axes, 0 to 1; drawn hollow below half.</param>
/// <param name="InPrompt">False for landmarks, which help to find one's way.</param>
public sealed record MapMark(int Id, string Text, float X, float Y, float Shown, bool InPrompt);

/// <summary>The input table as directions on a disk: too many points to send, so they are counted in squares; some are named.</summary>
/// <param name="Map">What the map hides: variance, neighbours, points far from its axes.</param>
/// <param name="Squares">The disk's diameter in squares.</param>
/// <param name="Counts">The squares that hold points.</param>
/// <param name="Marks">The prompt's tokens, then landmarks.</param>
public sealed record MapView(TableMap Map, int Squares, IReadOnlyList<MapSquare> Counts, IReadOnlyList<MapMark> Marks)
{
    private const int Diameter = 72, Named = 3, LandmarkCount = 24;

    /// <summary>Maps a table's centred directions.</summary>
    /// <param name="table">The table, at least one row.</param>
    /// <param name="prompt">Tokens to name.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    public static MapView Of(EmbeddingTable table, IReadOnlyList<int> prompt, Workers workers, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(prompt);
        TableMap map = TableMapper.Sphere(table, centred: true, workers, null, cancellation);
        var ids = new Dictionary<(int Column, int Row), List<int>>();
        var counts = new Dictionary<(int Column, int Row), int>();
        for (int id = 0; id < map.Rows; id++)
        {
            if (!map.HasPoint(id))
                continue;
            var square = (Square(map.Points[2 * id]), Square(map.Points[2 * id + 1]));
            int count = counts[square] = counts.GetValueOrDefault(square) + 1;
            if (count == 1)
                ids[square] = [];
            if (count <= Named)
                ids[square].Add(id);
        }

        MapSquare[] squares =
        [
            .. counts.OrderBy(c => c.Key.Row).ThenBy(c => c.Key.Column)
                .Select(c => new MapSquare(c.Key.Column, c.Key.Row, c.Value, [.. ids[c.Key].Select(id => new TokenRef(id, table.Text(id)))])),
        ];
        int[] asked = [.. prompt.Distinct().Where(map.HasPoint)];
        MapMark[] marks = [.. asked.Select(id => Mark(id, true)), .. Landmarks.Choose(map, table, LandmarkCount).Except(asked).Select(id => Mark(id, false))];
        return new MapView(map, Diameter, squares, marks);

        MapMark Mark(int id, bool inPrompt) => new(id, table.Text(id), map.Points[2 * id], map.Points[2 * id + 1], map.Shown[id], inPrompt);
    }

    private static int Square(float coordinate) =>
        Math.Clamp((int)((coordinate / LambertEqualArea.Radius + 1) / 2 * Diameter), 0, Diameter - 1);
}
