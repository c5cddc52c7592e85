using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>The nearest rows of many rows of one table at once, exactly: what overlap, hubness and the honesty of a map are counted from.</summary>
public static class NearestRows
{
    /// <summary>
    /// For each query row, the ids of its <paramref name="count"/> nearest other rows, nearest first, equal values by lower id; scores are compared in
    /// double. By cosine, rows of length zero are nobody's neighbours and have none: such a list is empty.
    /// </summary>
    /// <param name="rows">Queries and neighbours both come from it.</param>
    /// <param name="queries">Row numbers.</param>
    /// <param name="count">Length of each list, at least 1; all other rows when there are fewer.</param>
    /// <param name="metric">Which nearness.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="progress">Told the share of the queries done, 0 to 1.</param>
    /// <param name="cancellation">Checked between queries.</param>
    /// <returns>[query][rank]</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such row, or a count below 1.</exception>
    public static int[][] Find(
        StoredMatrix rows, IReadOnlyList<int> queries, int count, SimilarityMetric metric, Workers workers,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        double[] norms = TableScan.Norms(rows, workers, cancellation);
        var lists = new int[queries.Count][];
        for (int q = 0; q < lists.Length; q++)
        {
            cancellation.ThrowIfCancellationRequested();
            lists[q] = Nearest(rows, norms, queries[q], count, metric, workers);
            progress?.Report((q + 1.0) / lists.Length);
        }

        return lists;
    }

    private static int[] Nearest(StoredMatrix rows, double[] norms, int id, int count, SimilarityMetric metric, Workers workers)
    {
        if (metric == SimilarityMetric.Cosine && norms[id] == 0)
            return [];
        float[] query = rows.Row(id);
        var scores = new double[norms.Length];
        TableScan.Run(rows, workers, (first, tileRows, tile) =>
        {
            for (int i = 0; i < tileRows; i++)
            {
                var row = tile.Slice(i * rows.Columns, rows.Columns);
                int at = first + i;
                scores[at] = metric switch
                {
                    SimilarityMetric.Euclidean => -Vectors.Distance(query, row),
                    SimilarityMetric.Dot => Vectors.DotDouble(query, row),
                    _ => norms[at] == 0 ? double.NaN : Vectors.DotDouble(query, row) / norms[at],
                };
            }
        });
        return Ranking.Highest(scores, count, except: id);
    }
}
