using System.Globalization;
using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Geometry;

/// <summary>Share of the model's highest logits that the nearest rows by each metric hold, 0 to 1.</summary>
/// <param name="Cosine">By cosine; null where there are no neighbours by cosine.</param>
/// <param name="Dot">By dot product.</param>
/// <param name="Euclidean">By Euclidean distance.</param>
public sealed record LogitAgreement(double? Cosine, double Dot, double Euclidean)
{
    /// <summary>The metric that agrees best, in words; several where they tie.</summary>
    [JsonIgnore]
    public string Best
    {
        get
        {
            (string Name, double Share)[] all = [("cosine", Cosine ?? -1), ("dot product", Dot), ("Euclidean distance", Euclidean)];
            double best = all.Max(m => m.Share);
            return string.Join(" and ", all.Where(m => m.Share == best).Select(m => m.Name));
        }
    }
}

/// <summary>
/// Which metric is the model's own? A token's row goes straight to the output (scaled, final norm, output projection; no block, no position), and the
/// output table answers with logits. Their highest, the token itself left out, are compared with neighbours by cosine, dot product and Euclidean distance.
/// </summary>
public sealed record LogitAudit
{
    /// <summary>Length of every list.</summary>
    public required int K { get; init; }

    /// <summary>The tokens of highest logit, equal ones by lower id; the angle is that of the output row to the vector it is multiplied with.</summary>
    public required IReadOnlyList<Neighbor> Logits { get; init; }

    /// <summary>Neighbours of the vector that the output rows are multiplied with, among the output rows: the question of the metric alone.</summary>
    public required LogitAgreement ReadOut { get; init; }

    /// <summary>Neighbours of the token's row in its own table, as listed for the token: what a reader of those lists is told about the model.</summary>
    public required LogitAgreement Rows { get; init; }

    /// <summary>What this means, in a sentence or two.</summary>
    public required string Verdict { get; init; }

    /// <summary>Compares one token's neighbour lists with the model's logits.</summary>
    /// <param name="model">The model the token belongs to.</param>
    /// <param name="lists">The token's neighbours by the three metrics.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <returns>Null for a row beyond the model's vocabulary, and for a model without a direct path (<see cref="DirectPath.Obstacle"/>).</returns>
    public static LogitAudit? OfToken(LanguageModel model, MetricAudit lists, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(lists);
        ArgumentNullException.ThrowIfNull(workers);
        int id = lists.Token.Id;
        if (id >= model.Config.VocabSize || DirectPath.Obstacle(model.Config) is not null)
            return null;
        EmbeddingTable output = model.Unembedding;
        LogitLists found = LogitLists.Of(model, [id], lists.K, workers, null, cancellation)[0];
        LogitAgreement readOut = found.Agreement(found.Cosine, found.Dot, found.Euclidean);
        LogitAgreement rows = found.Agreement(Ids(lists.Cosine), Ids(lists.Dot), Ids(lists.Euclidean));
        return new LogitAudit
        {
            K = lists.K,
            Logits = [.. found.Logits.Select((j, i) => new Neighbor(j, output.Text(j), found.Values[i], Vectors.AngleDegrees(found.Vector, output.Vector(j))))],
            ReadOut = readOut,
            Rows = rows,
            Verdict = string.Create(
                CultureInfo.InvariantCulture,
                $"Of the model's own {found.Logits.Length} highest logits for this row, the lists hold {rows.Cosine ?? 0:P0} (cosine), {rows.Dot:P0} (dot) and {rows.Euclidean:P0} (Euclidean); best: {rows.Best}. The output rows nearest to the row after the final norm hold {readOut.Cosine ?? 0:P0}, {readOut.Dot:P0} and {readOut.Euclidean:P0}."),
        };
    }

    private static int[] Ids(IReadOnlyList<Neighbor> list) => [.. list.Select(n => n.Id)];
}

/// <summary>The same averaged over tokens.</summary>
public sealed record TableLogitAudit
{
    private const int ListLength = 10;

    /// <summary>Length of every list.</summary>
    public int K => ListLength;

    /// <summary>Tokens asked about: those of the sample that the model's vocabulary holds.</summary>
    public required int Queries { get; init; }

    /// <summary>What their draw was started with; null when all were asked about.</summary>
    public required ulong? Seed { get; init; }

    /// <summary>Mean agreement of the read-out vector's neighbours among the output rows; see <see cref="LogitAudit.ReadOut"/>.</summary>
    public required LogitAgreement ReadOut { get; init; }

    /// <summary>Mean agreement of the row's neighbours in its own table; see <see cref="LogitAudit.Rows"/>. Tokens without neighbours by cosine are left out of that mean.</summary>
    public required LogitAgreement Rows { get; init; }

    /// <summary>Compares many tokens' neighbours with the model's logits.</summary>
    /// <param name="model">The model.</param>
    /// <param name="table">Its input or output table, where <see cref="Rows"/> are looked for.</param>
    /// <param name="sample">The tokens asked about.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share done, 0 to 1; may be called from any thread.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <returns>Null when no token of the sample is in the model's vocabulary, and for a model without a direct path (<see cref="DirectPath.Obstacle"/>).</returns>
    public static TableLogitAudit? Of(
        LanguageModel model, EmbeddingTable table, RowSample sample, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(sample);
        int[] ids = [.. sample.Ids.Where(id => id < Math.Min(model.Config.VocabSize, table.Count))];
        if (ids.Length == 0 || DirectPath.Obstacle(model.Config) is not null)
            return null;
        int[][] Lists(SimilarityMetric metric) => NearestRows.Find(table.Rows, ids, ListLength, metric, workers, null, cancellation);
        int[][] cosine = Lists(SimilarityMetric.Cosine), dot = Lists(SimilarityMetric.Dot), euclidean = Lists(SimilarityMetric.Euclidean);
        var readOut = new LogitAgreement[ids.Length];
        var rows = new LogitAgreement[ids.Length];
        LogitLists[] found = LogitLists.Of(model, ids, ListLength, workers, progress, cancellation);
        for (int q = 0; q < ids.Length; q++)
        {
            readOut[q] = found[q].Agreement(found[q].Cosine, found[q].Dot, found[q].Euclidean);
            rows[q] = found[q].Agreement(cosine[q], dot[q], euclidean[q]);
        }

        return new TableLogitAudit { Queries = ids.Length, Seed = sample.Seed, ReadOut = Mean(readOut), Rows = Mean(rows) };
    }

    private static LogitAgreement Mean(LogitAgreement[] all)
    {
        double[] cosines = [.. all.Where(a => a.Cosine is not null).Select(a => a.Cosine!.Value)];
        return new LogitAgreement(cosines.Length == 0 ? null : cosines.Average(), all.Average(a => a.Dot), all.Average(a => a.Euclidean));
    }
}
