using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>
/// How far a picture of a table can be trusted: the variance it shows, whether near points in it are near rows (trustworthiness, Venna and Kaski 2001),
/// and the share of true neighbours it keeps. Ten neighbours each; the picture's own nearness is Euclidean.
/// </summary>
public sealed record MapQuality
{
    private const int K = 10;

    /// <summary>Share of the variance along the picture's axes.</summary>
    public required double VarianceShown { get; init; }

    /// <summary>
    /// 1 − 2/(mk(2n − 3k − 1)) · Σ (rank − k) over the picture's ten nearest points that are not among the row's ten nearest by Euclidean distance, of m
    /// rows asked about; rank is among all n − 1 others in full dimension. 1 when every near point is a near row. Null with 20 rows or fewer: the
    /// sum's bound, and with it the divisor, holds for k below n/2 only.
    /// </summary>
    [JsonPropertyName("trustworthiness10")]
    public required double? Trustworthiness { get; init; }

    /// <summary>Mean share of a row's ten nearest by Euclidean distance that are among the ten nearest points. Null with one row.</summary>
    [JsonPropertyName("keptEuclideanNeighbours10")]
    public required double? KeptEuclideanNeighbours { get; init; }

    /// <summary>The same of the ten nearest by cosine, over rows that have a direction.</summary>
    [JsonPropertyName("keptCosineNeighbours10")]
    public required double? KeptCosineNeighbours { get; init; }

    /// <summary>Rows asked about.</summary>
    public required int Queries { get; init; }

    /// <summary>Measures a picture.</summary>
    /// <param name="rows">[n, model], finite numbers.</param>
    /// <param name="map">Coordinates of the same rows [n, 2] or [n, 3].</param>
    /// <param name="varianceShown">Share of the variance along its axes, as <see cref="PcaProjection.VarianceShown"/> says.</param>
    /// <param name="queries">The rows asked about.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share done, 0 to 1; may be called from any thread.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">A map of another number of rows.</exception>
    public static MapQuality Of(
        StoredMatrix rows, StoredMatrix map, double varianceShown, RowSample queries, Workers workers,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(queries);
        int[][] cosine = NearestRows.Find(rows, queries.Ids, K, SimilarityMetric.Cosine, workers, null, cancellation);
        progress?.Report(0.2);
        int[][] euclidean = NearestRows.Find(rows, queries.Ids, K, SimilarityMetric.Euclidean, workers, null, cancellation);
        progress?.Report(0.4);
        return Of(rows, map, varianceShown, queries, cosine, euclidean, workers, progress, cancellation);
    }

    /// <summary>The same when the rows' neighbours are known already [query][rank]; its progress goes from 0.4 to 1.</summary>
    internal static MapQuality Of(
        StoredMatrix rows, StoredMatrix map, double varianceShown, RowSample queries, int[][] cosine, int[][] euclidean, Workers workers,
        IProgress<double>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Rows != rows.Rows)
            throw new ArgumentException($"a map of {rows.Rows} rows expected, found {map.Rows}", nameof(map));
        int[][] near = NearestRows.Find(map, queries.Ids, K, SimilarityMetric.Euclidean, workers, null, cancellation);
        progress?.Report(0.5);
        return new MapQuality
        {
            VarianceShown = varianceShown,
            Trustworthiness = TrustOf(rows, queries.Ids, near, euclidean, workers, progress, cancellation),
            KeptEuclideanNeighbours = Kept(euclidean, near),
            KeptCosineNeighbours = Kept(cosine, near),
            Queries = queries.Ids.Count,
        };
    }

    private static double? Kept(int[][] wanted, int[][] near)
    {
        double sum = 0;
        int lists = 0;
        for (int q = 0; q < wanted.Length; q++)
        {
            if (wanted[q].Length == 0)
                continue;
            sum += (double)wanted[q].Count(near[q].Contains) / wanted[q].Length;
            lists++;
        }

        return lists == 0 ? null : sum / lists;
    }

    private static double? TrustOf(
        StoredMatrix rows, IReadOnlyList<int> queries, int[][] near, int[][] euclidean, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        if (rows.Rows <= 2 * K || queries.Count == 0)
            return null;
        double divisor = K * (2.0 * rows.Rows - 3 * K - 1);
        const int together = 16; // queries that share a pass over the rows
        int done = 0;
        var excess = new long[(queries.Count + together - 1) / together]; // Σ (rank − k)
        workers.Run(excess.Length, part =>
        {
            Strangers[] some =
            [
                .. Enumerable.Range(part * together, Math.Min(together, queries.Count - part * together))
                    .Select(q => new Strangers(rows, queries[q], [.. near[q].Except(euclidean[q])])),
            ];
            RowScores.ForTiles(rows, 0, checked((int)rows.Rows), (first, count, tile) =>
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (Strangers strangers in some)
                    strangers.Meet(first, count, tile);
            });
            excess[part] = some.Sum(strangers => strangers.Excess);
            progress?.Report(0.5 + 0.5 * Interlocked.Increment(ref done) / excess.Length);
        });
        return 1 - 2 / (queries.Count * divisor) * excess.Sum();
    }

    /// <summary>Points near a query in the picture that are not near it, and how many rows come before each; equal distances by lower id.</summary>
    private sealed class Strangers
    {
        private readonly int _query;
        private readonly float[] _from;
        private readonly int[] _ids; // nearest first
        private readonly double[] _distances;
        private readonly long[] _before;

        internal Strangers(StoredMatrix rows, int query, int[] ids)
        {
            (_query, _from, _ids, _before) = (query, rows.Row(query), ids, new long[ids.Length]);
            var row = new float[rows.Columns];
            _distances = new double[ids.Length];
            for (int i = 0; i < ids.Length; i++)
            {
                rows.ReadRow(ids[i], row);
                _distances[i] = Vectors.Distance(_from, row);
            }

            Array.Sort(_distances, _ids);
        }

        internal long Excess => _before.Sum(before => Math.Max(0, before + 1 - K));

        internal void Meet(int first, int count, ReadOnlySpan<float> tile)
        {
            for (int i = 0; i < count && _ids.Length > 0; i++)
            {
                int id = first + i;
                double distance = Vectors.Distance(_from, tile.Slice(i * _from.Length, _from.Length));
                for (int at = _ids.Length - 1; at >= 0 && distance <= _distances[at]; at--)
                    _before[at] += id != _query && (distance < _distances[at] || id < _ids[at]) ? 1 : 0;
            }
        }
    }
}
