using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;

namespace Azimuth.Training;

/// <summary>Measures a table while it forms, in one product of its columns and two passes over its rows: cheap enough for every few seconds of a run.</summary>
/// <param name="words">Words whose neighbours are followed, as texts of rows (a word with a blank before it is tried too) or as id:N.</param>
/// <param name="top">How many neighbours of each.</param>
/// <param name="workers">The threads to use; results do not depend on their number.</param>
public sealed class TableWatch(IReadOnlyList<string> words, int top, Workers workers)
{
    private static readonly (string Name, double Share)[] Shares = [("0.05", 0.05), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.95", 0.95)];

    /// <summary>Measures the table as it is.</summary>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity; the first such row is named.</exception>
    public TableReading Of(EmbeddingTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        var lengths = RowLengths.Of(table.Rows, workers, CancellationToken.None);
        double[] norms = lengths.Norms;
        TableScan.RequireFinite(table, norms);
        double[] sorted = [.. norms.Order()];
        return new TableReading
        {
            Rows = table.Count,
            NormMean = TensorPrimitives.Sum<double>(norms) / norms.Length,
            NormQuantiles = Shares.ToDictionary(share => share.Name, share => TableMeasures.Quantile(sorted, share.Share)),
            MeanPairwiseCosine = lengths.MeanPairwiseCosine,
            IsoScore = IsoScore(table.Rows),
            Neighbors = [.. words.Select(word => (Word: word, Id: Find(table, word))).Where(w => w.Id >= 0).Select(w => Nearest(table, w.Id))],
        };
    }

    /// <summary>The row a watched word names; −1 for none.</summary>
    public static int Find(EmbeddingTable table, string word)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(word);
        return table.Find(word) ?? table.Find(" " + word) ?? table.RowNamed(word) ?? -1;
    }

    /// <summary>(participation ratio − 1)/(d − 1), the ratio as (Σ Cᵢᵢ)²/Σ Cᵢⱼ²: sums of the covariance's eigenvalues and of their squares, without the eigenvalues.</summary>
    private double? IsoScore(StoredMatrix rows)
    {
        int d = rows.Columns;
        if (rows.Rows < 2 || d < 2)
            return null;
        double[] covariance = Gram.Of(rows, workers).Covariance();
        double trace = 0;
        for (int i = 0; i < d; i++)
            trace += covariance[i * d + i];
        double squares = TensorPrimitives.SumOfSquares<double>(covariance);
        return squares > 0 ? (trace * trace / squares - 1) / (d - 1) : null;
    }

    private WatchedWord Nearest(EmbeddingTable table, int id) => new(
        table.Text(id), [.. Neighbors.Find(table, id, SimilarityMetric.Cosine, top, workers).Neighbors.Select(n => new WordCosine(n.Text, n.Value))]);
}
