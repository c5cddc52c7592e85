using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Vocabulary;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>What the columns of an export say of each row, measured once on the whole table. Arrays are by id and only there for columns asked for.</summary>
internal sealed class RowFacts
{
    private RowFacts(IReadOnlyList<string> names, IReadOnlyList<TableColumn> columns) => (Names, Columns) = (names, columns);

    /// <summary>The columns asked for.</summary>
    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>Their names in a file: some have several.</summary>
    public IReadOnlyList<string> Names { get; }

    public double[]? Norms { get; private set; }

    public int[]? Ranks { get; private set; }

    /// <summary>The nearest other row; −1 for rows without direction.</summary>
    public int[]? Neighbors { get; private set; }

    public double[]? NeighborCosines { get; private set; }

    /// <summary>[rows, dimensions]</summary>
    public float[]? Coordinates { get; private set; }

    public double? VarianceShown { get; private set; }

    public static RowFacts Measure(EmbeddingTable table, TableExportOptions options, IReadOnlyList<int> ids, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        IReadOnlyList<TableColumn> columns = options.Columns!;
        RowFacts facts = new([.. columns.SelectMany(c => NamesOf(c, options))], columns);
        if (columns.Contains(TableColumn.Norm) || columns.Contains(TableColumn.Neighbor))
            facts.Norms = TableScan.Norms(table.Rows, workers, cancellation);
        if (columns.Contains(TableColumn.Rank))
            facts.Ranks = RanksOf(table.Count, options.Counts);
        if (columns.Contains(TableColumn.Coordinates))
        {
            PcaProjection map = PcaProjection.Fit(table.Rows, options.Dimensions, workers, cancellation);
            facts.Coordinates = map.Project(table.Rows, workers, cancellation);
            facts.VarianceShown = map.VarianceShown;
        }

        if (columns.Contains(TableColumn.Neighbor))
            facts.FindNeighbors(table, ids, workers, progress, cancellation);
        return facts;
    }

    private static IEnumerable<string> NamesOf(TableColumn column, TableExportOptions options) => column switch
    {
        TableColumn.Rank => options.Counts is null ? ["rank"] : ["rank", "count"],
        TableColumn.Neighbor => ["neighborId", "neighborToken", "neighborCosine"],
        TableColumn.Coordinates => options.Dimensions == 3 ? ["x", "y", "z"] : ["x", "y"],
        _ => [column.ToString().ToLowerInvariant()],
    };

    /// <summary>Rank by falling count, equal counts by lower id; rows without a count come last.</summary>
    private static int[] RanksOf(int rows, IReadOnlyList<long?>? counts)
    {
        int[] order = [.. Enumerable.Range(0, rows)], ranks = new int[rows];
        if (counts is not null)
            Array.Sort(order, (a, b) => (counts[b] ?? -1).CompareTo(counts[a] ?? -1) is not 0 and var c ? c : a.CompareTo(b));
        for (int i = 0; i < rows; i++)
            ranks[order[i]] = i + 1;
        return ranks;
    }

    private void FindNeighbors(EmbeddingTable table, IReadOnlyList<int> ids, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        Neighbors = new int[table.Count];
        NeighborCosines = new double[table.Count];
        Array.Fill(Neighbors, -1);
        int[][] lists = NearestRows.Find(table.Rows, ids, 1, SimilarityMetric.Cosine, workers, progress, cancellation);
        for (int i = 0; i < lists.Length; i++)
        {
            if (lists[i] is not [var nearest])
                continue;
            int id = ids[i];
            Neighbors[id] = nearest;
            NeighborCosines[id] = Math.Clamp(Vectors.DotDouble(table.Vector(id), table.Vector(nearest)) / (Norms![id] * Norms[nearest]), -1, 1);
        }
    }
}
