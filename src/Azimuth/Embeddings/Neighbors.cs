using Azimuth.Geometry;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>Exact nearest rows of one table: every row is compared, scores accumulate in double.</summary>
public static class Neighbors
{
    /// <summary>
    /// The <paramref name="top"/> rows nearest to the row of token <paramref name="id"/>, without the token itself, equal values by lower id. By
    /// cosine, rows without direction are left out, and the list is empty when the token's own row is zero.
    /// </summary>
    /// <param name="table">Query and neighbours both come from it.</param>
    /// <param name="id">The token asked about.</param>
    /// <param name="metric">Which nearness.</param>
    /// <param name="top">How many, 0 or more; all other rows when there are fewer.</param>
    /// <param name="workers">The threads to use.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row, or a negative count.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">The token's own row holds NaN or an infinity; other such rows are left out, which a note says.</exception>
    public static NeighborList Find(EmbeddingTable table, int id, SimilarityMetric metric, int top, Workers workers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        return List(Scores.Of(table, id, null, workers), table, id, metric, top);
    }

    /// <summary>The same token's neighbours by all three metrics, how far they agree, and what that means.</summary>
    /// <param name="table">Query and neighbours both come from it.</param>
    /// <param name="id">The token asked about.</param>
    /// <param name="k">Length of each list, at least 1.</param>
    /// <param name="workers">The threads to use.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row, or <paramref name="k"/> below 1.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">The token's own row holds NaN or an infinity.</exception>
    public static MetricAudit Audit(EmbeddingTable table, int id, int k, Workers workers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        return Audit(Scores.Of(table, id, null, workers), table, id, k);
    }

    /// <summary>Both in one pass over the table, of its rows as they are after a repair: the token's neighbours by one metric, and by all three.</summary>
    /// <param name="table">Query and neighbours both come from it.</param>
    /// <param name="id">The token asked about.</param>
    /// <param name="metric">Which nearness the first list is by.</param>
    /// <param name="top">How many, 0 or more; all other rows when there are fewer.</param>
    /// <param name="k">Length of each list of the audit, at least 1.</param>
    /// <param name="repair">Fitted on the table; null for the rows as stored.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row, a negative <paramref name="top"/> or <paramref name="k"/> below 1.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">The token's own row holds NaN or an infinity.</exception>
    public static (NeighborList List, MetricAudit Audit) FindAndAudit(
        EmbeddingTable table, int id, SimilarityMetric metric, int top, int k, TableRepair? repair, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        Scores scores = Scores.Of(table, id, repair, workers, cancellation);
        return (List(scores, table, id, metric, top), Audit(scores, table, id, k));
    }

    private static NeighborList List(Scores scores, EmbeddingTable table, int id, SimilarityMetric metric, int top) => new()
    {
        Token = new TokenRef(id, table.Text(id)),
        Metric = metric,
        Table = table.Name,
        Norm = scores.QueryNorm,
        Neighbors = scores.Nearest(table, id, metric, top),
        Conventions = scores.Conventions(table),
    };

    private static MetricAudit Audit(Scores scores, EmbeddingTable table, int id, int k)
    {
        Neighbor[] cosine = scores.Nearest(table, id, SimilarityMetric.Cosine, k);
        Neighbor[] dot = scores.Nearest(table, id, SimilarityMetric.Dot, k);
        Neighbor[] euclidean = scores.Nearest(table, id, SimilarityMetric.Euclidean, k);
        double cosineDot = Overlap(cosine, dot), cosineEuclidean = Overlap(cosine, euclidean);
        return new MetricAudit
        {
            Token = new TokenRef(id, table.Text(id)),
            Norm = scores.QueryNorm,
            MeanNorm = scores.MeanNorm,
            Table = table.Name,
            K = k,
            Cosine = cosine,
            Dot = dot,
            Euclidean = euclidean,
            OverlapCosineDot = cosineDot,
            OverlapCosineEuclidean = cosineEuclidean,
            OverlapDotEuclidean = Overlap(dot, euclidean),
            InAll = [.. cosine.Where(n => Has(dot, n) && Has(euclidean, n)).Select(Ref)],
            OnlyCosine = Only(cosine, dot, euclidean),
            OnlyDot = Only(dot, cosine, euclidean),
            OnlyEuclidean = Only(euclidean, cosine, dot),
            Verdict = MetricVerdict.Say(scores, cosine, dot, euclidean, cosineDot, cosineEuclidean),
            Conventions = scores.Conventions(table),
        };
    }

    private static bool Has(Neighbor[] list, Neighbor neighbor) => Array.Exists(list, n => n.Id == neighbor.Id);

    private static TokenRef Ref(Neighbor neighbor) => new(neighbor.Id, neighbor.Text);

    private static TokenRef[] Only(Neighbor[] list, Neighbor[] other, Neighbor[] third) =>
        [.. list.Where(n => !Has(other, n) && !Has(third, n)).Select(Ref)];

    /// <summary>|a ∩ b| over the longer list, 1 for two empty lists.</summary>
    private static double Overlap(Neighbor[] a, Neighbor[] b)
    {
        int longer = Math.Max(a.Length, b.Length);
        return longer == 0 ? 1 : (double)a.Count(n => Has(b, n)) / longer;
    }

    /// <summary>One query against every row.</summary>
    /// <param name="Dot">a·b by id.</param>
    /// <param name="Distance">|a − b| by id, differences first: the expanded square loses the distance of nearly equal rows.</param>
    /// <param name="Norm">Length of every row.</param>
    /// <param name="Query">The query's row.</param>
    /// <param name="Repair">What was done to the rows; null for nothing.</param>
    internal sealed record Scores(double[] Dot, double[] Distance, double[] Norm, float[] Query, TableRepair? Repair)
    {
        internal double QueryNorm { get; } = Vectors.Norm(Query);

        internal double MeanNorm => Norm.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

        internal static Scores Of(EmbeddingTable table, int id, TableRepair? repair, Workers workers, CancellationToken cancellation = default)
        {
            ArgumentNullException.ThrowIfNull(table);
            ArgumentNullException.ThrowIfNull(workers);
            float[] query = TableScan.FiniteRow(table, id);
            repair?.Apply(query, 1, query);
            int columns = table.ModelDim;
            double[] dot = new double[table.Count], distance = new double[table.Count], norm = new double[table.Count];
            TableScan.Run(table.Rows, workers, (first, count, stored) =>
            {
                ReadOnlySpan<float> rows = stored;
                if (repair is not null)
                {
                    var repaired = new float[stored.Length];
                    repair.Apply(stored, count, repaired);
                    rows = repaired;
                }

                for (int i = 0; i < count; i++)
                {
                    var row = rows.Slice(i * columns, columns);
                    dot[first + i] = Vectors.DotDouble(query, row);
                    norm[first + i] = Vectors.Norm(row);
                    distance[first + i] = Vectors.Distance(query, row);
                }
            }, cancellation);
            return new Scores(dot, distance, norm, query, repair);
        }

        internal Neighbor[] Nearest(EmbeddingTable table, int id, SimilarityMetric metric, int top)
        {
            var ordered = new double[Dot.Length]; // higher is nearer, NaN is left out
            for (int j = 0; j < ordered.Length; j++)
                ordered[j] = !double.IsFinite(Norm[j]) ? double.NaN : metric == SimilarityMetric.Euclidean ? -Distance[j] : metric == SimilarityMetric.Dot ? Dot[j] : Cosine(j);
            return [.. Ranking.Highest(ordered, top, except: id).Select(j => new Neighbor(
                j, table.Text(j), metric == SimilarityMetric.Euclidean ? Distance[j] : ordered[j], Vectors.AngleDegrees(Query, Repair?.Row(table.Rows, j) ?? table.Vector(j))))];
        }

        internal Conventions Conventions(EmbeddingTable table)
        {
            var notes = new List<string>();
            if (Repair is { Kind: not RepairKind.Raw })
                notes.Add(Repair.Description);
            notes.Add("the token itself is left out; equal values by lower id");
            int zeros = Norm.Count(n => n == 0), bad = Norm.Count(n => !double.IsFinite(n));
            if (QueryNorm == 0)
                notes.Add("the token's row is zero and has no direction: no cosine neighbours");
            else if (zeros > 0)
                notes.Add(zeros == 1 ? "1 zero row has no direction and no cosine" : $"{zeros} zero rows have no direction and no cosine");
            if (bad > 0)
                notes.Add(bad == 1 ? "1 row holds NaN or infinities and is left out" : $"{bad} rows hold NaN or infinities and are left out");
            return Embeddings.Conventions.OfTable(table, [.. notes]) with { Centred = Repair is null ? null : Repair.Kind != RepairKind.Raw };
        }

        /// <summary>NaN when either has no direction; rounding never leads outside −1 … 1.</summary>
        private double Cosine(int j) => Norm[j] == 0 || QueryNorm == 0 ? double.NaN : Math.Clamp(Dot[j] / (Norm[j] * QueryNorm), -1, 1);
    }
}
