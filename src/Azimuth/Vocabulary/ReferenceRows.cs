using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;

namespace Azimuth.Vocabulary;

/// <summary>Where the rows come from whose mean stands for "never trained".</summary>
public enum ReferenceSource
{
    /// <summary>Rows of ids that no text leads to: padding, unreachable tokens, bytes that no text has.</summary>
    UnusedIds,

    /// <summary>The rows of the table's densest cluster: nothing is known of their use.</summary>
    DensestCluster,

    /// <summary>The caller named them.</summary>
    Given,

    /// <summary>There are none: cosine indicators do not exist for this table.</summary>
    None,
}

/// <summary>The rows that stand for "never trained". They are found, never listed by hand for a model.</summary>
public sealed record ReferenceRows
{
    /// <summary>How they were found.</summary>
    public required ReferenceSource Source { get; init; }

    /// <summary>Row numbers, ascending.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Ids known to be unused (padding, unreachable), whether or not they serve as reference.</summary>
    public required int KnownUnused { get; init; }

    /// <summary>One sentence: what was looked at and what was taken.</summary>
    public required string Explanation { get; init; }

    /// <summary>The mean of the reference rows [columns]; empty when there are none.</summary>
    [JsonIgnore]
    public double[] Mean { get; init; } = [];

    /// <summary>Cosine with their common direction from which on unused rows count as being of one kind.</summary>
    internal const double Coherent = 0.9;

    /// <summary>Rows that the caller knows to be unused.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public static ReferenceRows Of(EmbeddingTable table, IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(ids);
        int[] sorted = [.. ids.Distinct().Order()];
        return sorted.Length == 0
            ? Nothing(0, "No reference rows were given.")
            : With(table, ReferenceSource.Given, sorted, sorted.Length, $"{Rows(sorted.Length)} given.");
    }

    /// <summary>
    /// Finds them in a table of output rows. Unused ids come first: those of their rows that point the same way (cosine of 0.9 or more with the direction that most
    /// of them share), provided these are the greater part, so that a row which was trained under another tokenizer does not shift the mean. Otherwise the
    /// densest cluster of the table.
    /// </summary>
    /// <param name="table">The output table.</param>
    /// <param name="classes">The class of each id; null when there is no tokenizer.</param>
    /// <param name="mean">The table's mean row [columns].</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="cancellation">Checked between tiles.</param>
    internal static ReferenceRows Find(EmbeddingTable table, IReadOnlyList<TokenClass>? classes, double[] mean, Workers workers, CancellationToken cancellation)
    {
        int[] unused = classes is null ? [] : [.. Enumerable.Range(0, table.Count).Where(id => classes[id] is TokenClass.Padding or TokenClass.Unreachable)];
        int[] alike = OfOneKind(table, mean, unused, cancellation);
        string known = unused.Length == 0 ? "no id is known to be unused" : $"{Count(unused.Length, "id is", "ids are")} known to be unused";
        if (alike.Length > 0 && 2 * alike.Length > unused.Length)
        {
            string share = alike.Length == unused.Length ? $"{Rows(alike.Length)} of unused ids" : $"{alike.Length} of {unused.Length} rows of unused ids, those that point the same way";
            return With(table, ReferenceSource.UnusedIds, alike, unused.Length, $"Reference: {share}.");
        }

        string why = unused.Length == 0 ? known : known + ", but their rows do not point the same way";
        int[] cluster = DenseCluster.Find(table.Rows, mean, workers, cancellation);
        return cluster.Length > 0
            ? With(table, ReferenceSource.DensestCluster, cluster, unused.Length, $"Reference: the {cluster.Length} rows of the densest cluster (within 11.5° of one direction, centred); {why}.")
            : Nothing(unused.Length, $"No reference rows: {why}, and no {DenseCluster.LeastRows} rows lie within 11.5° of one direction (centred).");
    }

    private static ReferenceRows With(EmbeddingTable table, ReferenceSource source, int[] ids, int known, string explanation)
    {
        var mean = new double[table.ModelDim];
        foreach (int id in ids)
        {
            float[] row = TableScan.FiniteRow(table, id);
            for (int c = 0; c < mean.Length; c++)
                mean[c] += row[c];
        }

        TensorPrimitives.Divide(mean, ids.Length, mean);
        return new ReferenceRows { Source = source, Ids = ids, KnownUnused = known, Explanation = explanation, Mean = mean };
    }

    private static ReferenceRows Nothing(int known, string explanation) =>
        new() { Source = ReferenceSource.None, Ids = [], KnownUnused = known, Explanation = explanation };

    /// <summary>
    /// The rows that agree with the direction most of them share: the mean of the unit rows (centred), taken again over those that agree with it. Rows are read
    /// anew each round, since copies of many would outgrow the table.
    /// </summary>
    private static int[] OfOneKind(EmbeddingTable table, double[] mean, int[] ids, CancellationToken cancellation)
    {
        var direction = new double[table.ModelDim];
        int[] kept = Agreeing(table, mean, ids, null, 0, direction, cancellation);
        for (int round = 0; round < 8 && kept.Length > 0; round++)
        {
            if (TensorPrimitives.Norm<double>(direction) == 0)
                return [];
            var next = new double[table.ModelDim];
            int[] agree = Agreeing(table, mean, ids, direction, round == 0 ? 0.5 : Coherent, next, cancellation);
            if (round > 0 && agree.SequenceEqual(kept))
                break;
            (kept, direction) = (agree, next);
        }

        return kept;
    }

    /// <summary>The rows whose cosine with a direction is at least so much, all that have one when none is given; their unit rows are added to <paramref name="sum"/>.</summary>
    private static int[] Agreeing(
        EmbeddingTable table, double[] mean, int[] ids, double[]? direction, double least, double[] sum, CancellationToken cancellation)
    {
        double length = direction is null ? 1 : TensorPrimitives.Norm<double>(direction);
        List<int> agree = [];
        var row = new float[table.ModelDim];
        var unit = new double[table.ModelDim];
        for (int i = 0; i < ids.Length; i++)
        {
            if (i % 1024 == 0)
                cancellation.ThrowIfCancellationRequested();
            table.Rows.ReadRow(ids[i], row);
            PcaProjection.Centre(row, mean, unit);
            double norm = TensorPrimitives.Norm<double>(unit);
            // A zero row agrees with nothing, and one with the mean itself has no direction either.
            if (!row.AsSpan().ContainsAnyExcept(0f) || norm == 0 || !double.IsFinite(norm))
                continue;
            TensorPrimitives.Divide(unit, norm, unit);
            if (direction is not null && TensorPrimitives.Dot<double>(unit, direction) / length < least)
                continue;
            agree.Add(ids[i]);
            TensorPrimitives.Add(sum, unit, sum);
        }

        return [.. agree];
    }

    private static string Rows(int count) => Count(count, "row", "rows");

    private static string Count(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";
}
