using System.Text.Json.Serialization;
using Azimuth.Embeddings;

namespace Azimuth.Geometry;

/// <summary>A row that is a neighbour of many others.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Count">Rows asked about that have it among their ten nearest.</param>
public sealed record Hub(int Id, string Text, int Count);

/// <summary>
/// Hubness (Radovanović, Nanopoulos and Ivanović 2010): N(i) counts the rows that have row i among their ten nearest by cosine. In many dimensions a
/// few rows come near everything, and others near nothing.
/// </summary>
public sealed record Hubness
{
    /// <summary>E[(N − mean)³]/sd³ over all rows (population): 0 for a symmetric distribution, above 1 for marked hubs. NaN when all counts are equal.</summary>
    public required double Skewness { get; init; }

    /// <summary>The largest count.</summary>
    public required int MaxCount { get; init; }

    /// <summary>The row that has it, the lowest id of equal ones.</summary>
    public required int HubId { get; init; }

    /// <summary>Rows in nobody's list, zero rows too; of a sample, in no list asked for.</summary>
    public required int NeverANeighbour { get; init; }

    /// <summary>The ten rows of largest count, equal counts by lower id.</summary>
    public required IReadOnlyList<Hub> TopHubs { get; init; }

    /// <summary>Every row's count, by id.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Counts { get; init; } = [];

    /// <summary>Counts from lists of nearest rows [query][rank].</summary>
    /// <exception cref="ArgumentException">An empty table.</exception>
    public static Hubness Of(EmbeddingTable table, IReadOnlyList<int[]> lists)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(lists);
        if (table.Count == 0)
            throw new ArgumentException($"the {table.Name} is empty", nameof(table));
        var counts = new int[table.Count];
        foreach (int[] list in lists)
        {
            foreach (int id in list)
                counts[id]++;
        }

        double mean = 0, squares = 0, cubes = 0;
        foreach (int count in counts)
            mean += count;
        mean /= counts.Length;
        foreach (int count in counts)
        {
            double apart = count - mean;
            squares += apart * apart / counts.Length;
            cubes += apart * apart * apart / counts.Length;
        }

        int[] top = Ranking.Highest(Array.ConvertAll(counts, c => (double)c), 10);
        return new Hubness
        {
            Skewness = squares > 0 ? cubes / Math.Pow(squares, 1.5) : double.NaN,
            MaxCount = counts[top[0]],
            HubId = top[0],
            NeverANeighbour = counts.Count(c => c == 0),
            TopHubs = [.. top.Select(id => new Hub(id, table.Text(id), counts[id]))],
            Counts = counts,
        };
    }
}
