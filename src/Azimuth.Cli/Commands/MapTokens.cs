using Azimuth.Embeddings;
using Azimuth.Geometry.Maps;
using Azimuth.Numerics;
using Azimuth.Studio.Pictures;

namespace Azimuth.Cli.Commands;

/// <summary>A token asked about, and its place on a map.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text.</param>
/// <param name="X">To the right; null without a point.</param>
/// <param name="Y">Up.</param>
/// <param name="Shown">Share of its length along the axes.</param>
/// <param name="Nearest">Its true nearest rows in full dimension, by the cosine whose neighbours the map's honesty is counted from: centred where the map is.</param>
internal sealed record MapToken(int Id, string Text, double? X, double? Y, double? Shown, IReadOnlyList<TokenRef> Nearest);

/// <summary>The tokens that stand out on a map.</summary>
internal sealed record MapTokens(IReadOnlyList<MapToken> Asked, int Neighbors, int[] Landmarks)
{
    private const int ListedNeighbors = 5;

    public static MapTokens Of(TableMap map, EmbeddingTable table, int[] asked, int neighbors, int landmarks, Workers workers, CancellationToken cancel)
    {
        int length = Math.Max(neighbors, ListedNeighbors);
        int[][] nearest = asked.Length == 0 ? [] : TableMapper.Nearest(map, table, asked, length, workers, cancel);
        MapToken[] tokens = [.. asked.Select((id, i) => new MapToken(
            id, table.Text(id), At(2 * id), At(2 * id + 1), map.HasPoint(id) ? map.Shown[id] : null, [.. nearest[i].Select(near => new TokenRef(near, table.Text(near)))]))];
        return new MapTokens(tokens, neighbors, [.. Geometry.Maps.Landmarks.Choose(map, table, landmarks).Except(asked)]);

        double? At(int index) => float.IsNaN(map.Points[index]) ? null : map.Points[index];
    }

    public MapPicture Picture(string model, EmbeddingTable table)
    {
        var labels = new Dictionary<int, MapLabel>();
        var lines = new List<(int, int)>();
        foreach (MapToken token in Asked.Where(token => token.X is not null))
            labels[token.Id] = new MapLabel(token.Id, token.Text, MapLabelKind.Asked);
        foreach (MapToken token in Asked.Where(token => token.X is not null))
        {
            foreach (TokenRef near in token.Nearest.Take(Neighbors))
            {
                labels.TryAdd(near.Id, new MapLabel(near.Id, near.Text, MapLabelKind.Neighbour));
                lines.Add((token.Id, near.Id));
            }
        }

        foreach (int id in Landmarks)
            labels.TryAdd(id, new MapLabel(id, table.Text(id), MapLabelKind.Landmark));
        return new MapPicture { Model = model, Labels = [.. labels.Values], Lines = lines };
    }
}
