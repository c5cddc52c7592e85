using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>
/// The nearest rows of many rows of one table at once, exactly: what overlap, hubness and the honesty of a map are counted from. Products in single
/// precision find the rows that can be among the nearest (<see cref="NearestCandidates"/>); those are scored again in double.
/// </summary>
public static class NearestRows
{
    private const int FewQueries = 6; // below, comparing every row in double is as fast
    private const int QueriesAtOnce = 16; // queries that share a pass in double: each has a score for every row

    /// <summary>
    /// For each query row, the ids of its <paramref name="count"/> nearest other rows, nearest first, equal values by lower id; scores are compared in
    /// double. By cosine, rows of length zero are nobody's neighbours and have none: such a list is empty. So it is, by every metric, with rows that
    /// hold NaN or infinities.
    /// </summary>
    /// <param name="rows">Queries and neighbours both come from it.</param>
    /// <param name="queries">Row numbers.</param>
    /// <param name="count">Length of each list, at least 1; all other rows when there are fewer.</param>
    /// <param name="metric">Which nearness.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share of the work done, 0 to 1; may be called from any thread.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
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
        foreach (int id in queries)
        {
            if ((uint)id >= (ulong)rows.Rows)
                throw new ArgumentOutOfRangeException(nameof(queries), id, $"the matrix has {rows.Rows} rows");
        }

        double[] norms = TableScan.Norms(rows, workers, cancellation);
        count = Math.Max(1, Math.Min(count, norms.Length));
        if (queries.Count < FewQueries)
            return Exhaustive(rows, norms, queries, count, metric, workers, share => progress?.Report(share), cancellation);

        var lists = new int[queries.Count][];
        var search = new NearestCandidates(rows, norms, metric, count);
        int together = search.QueriesTogether;
        for (int first = 0; first < lists.Length; first += together)
        {
            int[] ids = [.. queries.Skip(first).Take(together)];
            (int done, int total) = (first, lists.Length);
            int[]?[] candidates = search.Find(ids, workers, share => progress?.Report((done + share * ids.Length) / total), cancellation);
            workers.RunRanges(ids.Length, 8, (from, to) =>
            {
                for (int q = from; q < to; q++)
                    lists[done + q] = candidates[q] is int[] some ? Best(rows, norms, ids[q], some, count, metric) : null!;
            });
            int[] flooded = [.. Enumerable.Range(0, ids.Length).Where(q => candidates[q] is null)];
            int[][] exact = Exhaustive(
                rows, norms, [.. flooded.Select(q => ids[q])], count, metric, workers,
                share => progress?.Report((done + ids.Length - (1 - share) * flooded.Length) / total), cancellation);
            for (int i = 0; i < flooded.Length; i++)
                lists[first + flooded[i]] = exact[i];
        }

        progress?.Report(1);
        return lists;
    }

    /// <summary>Queries against every row in double: what the fast way must agree with, and what it falls back on when too many rows tie.</summary>
    internal static int[][] Exhaustive(
        StoredMatrix rows, double[] norms, IReadOnlyList<int> queries, int count, SimilarityMetric metric, Workers workers,
        Action<double>? progress, CancellationToken cancellation)
    {
        var lists = new int[queries.Count][];
        Array.Fill(lists, []);
        int[] open = [.. Enumerable.Range(0, lists.Length).Where(q => CanBeCompared(norms[queries[q]], metric))];
        foreach (int[] some in open.Chunk(QueriesAtOnce))
        {
            float[][] vectors = Array.ConvertAll(some, q => rows.Row(queries[q]));
            double[][] scores = Array.ConvertAll(some, _ => new double[norms.Length]);
            TableScan.Run(rows, workers, (first, tileRows, tile) =>
            {
                for (int i = 0; i < tileRows; i++)
                {
                    ReadOnlySpan<float> row = tile.Slice(i * rows.Columns, rows.Columns);
                    for (int q = 0; q < some.Length; q++)
                        scores[q][first + i] = Score(vectors[q], row, norms[first + i], metric);
                }
            }, cancellation);
            workers.Run(some.Length, q => lists[some[q]] = Ranking.Highest(scores[q], count, except: queries[some[q]]));
            progress?.Invoke((Array.IndexOf(open, some[^1]) + 1.0) / open.Length);
        }

        return lists;
    }

    /// <summary>False for rows that are nobody's neighbours and have none.</summary>
    internal static bool CanBeCompared(double norm, SimilarityMetric metric) =>
        double.IsFinite(norm) && (norm > 0 || metric != SimilarityMetric.Cosine);

    /// <summary>Higher is nearer; NaN for a row that takes no part. By cosine it is |query| times the cosine, which orders the same.</summary>
    private static double Score(ReadOnlySpan<float> query, ReadOnlySpan<float> row, double norm, SimilarityMetric metric) =>
        !CanBeCompared(norm, metric) ? double.NaN : metric switch
        {
            SimilarityMetric.Euclidean => -Vectors.Distance(query, row),
            SimilarityMetric.Dot => Vectors.DotDouble(query, row),
            _ => Vectors.DotDouble(query, row) / norm,
        };

    /// <summary>The best of some rows, the query itself not among them.</summary>
    private static int[] Best(StoredMatrix rows, double[] norms, int id, int[] candidates, int count, SimilarityMetric metric)
    {
        float[] query = rows.Row(id), row = new float[rows.Columns];
        var scored = new (double Score, int Id)[candidates.Length];
        for (int i = 0; i < scored.Length; i++)
        {
            rows.ReadRow(candidates[i], row);
            scored[i] = (Score(query, row, norms[candidates[i]], metric), candidates[i]);
        }

        Array.Sort(scored, static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Id.CompareTo(b.Id));
        return [.. scored.Take(count).Select(s => s.Id)];
    }
}
