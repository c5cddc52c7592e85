using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>How far the pairs of one relation share one offset.</summary>
/// <param name="Pairs">Pairs looked at.</param>
/// <param name="ZeroOffsets">Pairs whose two rows are the same: they have no direction and are left out of both means.</param>
/// <param name="MeanOffsetCosine">Mean cosine over all pairs of offsets, exact; NaN with fewer than two.</param>
/// <param name="MeanCosineToMeanOffset">Mean cosine of each offset with the mean offset; NaN with none.</param>
public sealed record RelationConsistency(int Pairs, int ZeroOffsets, double MeanOffsetCosine, double MeanCosineToMeanOffset);

/// <summary>A pair of a relation and how well the other pairs find its second word.</summary>
/// <param name="First">The word asked about.</param>
/// <param name="Second">The word that should come out.</param>
/// <param name="Rank">Its rank among all rows but the first word's; null when a row has no direction.</param>
public sealed record HeldOutPair(TokenRef First, TokenRef Second, int? Rank);

/// <summary>Every pair of a relation answered from the others.</summary>
/// <param name="Correct">Pairs whose second word came first.</param>
/// <param name="Of">Pairs that could be asked.</param>
/// <param name="MeanReciprocalRank">Mean of 1/rank over them; NaN with none.</param>
/// <param name="Pairs">Each pair, in order.</param>
public sealed record HeldOutResult(int Correct, int Of, double MeanReciprocalRank, IReadOnlyList<HeldOutPair> Pairs);

/// <summary>Whether a list of pairs behaves as one direction: consistency of the offsets, and held-out pairs answered from the rest.</summary>
public static class RelationTest
{
    /// <summary>
    /// Offsets o = row(second) − row(first) as stored: their mean cosine over all pairs of offsets, by (|Σû|² − n)/(n(n − 1)) exactly, and their mean cosine
    /// with the mean offset.
    /// </summary>
    /// <param name="table">The rows.</param>
    /// <param name="pairs">Row numbers.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity.</exception>
    public static RelationConsistency Consistency(EmbeddingTable table, IReadOnlyList<(int First, int Second)> pairs)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(pairs);
        double[] mean = new double[table.ModelDim], unitSum = new double[table.ModelDim];
        List<double[]> units = [];
        foreach (var (first, second) in pairs)
        {
            float[] from = TableScan.FiniteRow(table, first), to = TableScan.FiniteRow(table, second);
            double[] offset = [.. to.Zip(from, (t, f) => (double)t - f)];
            double length = TensorPrimitives.Norm<double>(offset);
            if (length == 0)
                continue;
            TensorPrimitives.Add(mean, offset, mean);
            TensorPrimitives.Divide(offset, length, offset);
            TensorPrimitives.Add(unitSum, offset, unitSum);
            units.Add(offset);
        }

        double n = units.Count, meanLength = TensorPrimitives.Norm<double>(mean);
        return new RelationConsistency(
            pairs.Count,
            pairs.Count - units.Count,
            n < 2 ? double.NaN : (TensorPrimitives.SumOfSquares<double>(unitSum) - n) / (n * (n - 1)),
            n == 0 || meanLength == 0 ? double.NaN : units.Average(unit => TensorPrimitives.Dot<double>(unit, mean) / meanLength));
    }

    /// <summary>
    /// Asks for the second word of each pair with the mean offset (unit rows) of the other pairs; only the pair's own first word is excluded. One pass
    /// over the table for all pairs, in double.
    /// </summary>
    /// <param name="table">The rows.</param>
    /// <param name="pairs">Row numbers, at least two pairs.</param>
    /// <param name="method"><see cref="AnalogyMethod.Add"/> or <see cref="AnalogyMethod.Pair"/>.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">Fewer than two pairs, or 3CosMul, which has no mean offset.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row of a pair holds NaN or an infinity.</exception>
    public static HeldOutResult HeldOut(
        EmbeddingTable table, IReadOnlyList<(int First, int Second)> pairs, AnalogyMethod method, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(workers);
        if (pairs.Count < 2)
            throw new ArgumentException("at least two pairs expected: each is answered from the others", nameof(pairs));
        if (method == AnalogyMethod.Mul)
            throw new ArgumentException("3CosMul has no mean offset; use add or pair", nameof(method));
        AnalogyScorer?[] scorers = Scorers(table, pairs, method);
        double[] wanted = [.. pairs.Select((pair, p) => WantedScore(table, scorers[p], pair.Second))];
        int[] ranks = Ranks(table, pairs, scorers, wanted, workers, cancellation);
        HeldOutPair[] outcomes = [.. pairs.Select((pair, p) => new HeldOutPair(
            Ref(table, pair.First), Ref(table, pair.Second), double.IsNaN(wanted[p]) || pair.First == pair.Second ? null : ranks[p]))];
        int[] known = [.. outcomes.Where(outcome => outcome.Rank is not null).Select(outcome => outcome.Rank!.Value)];
        return new HeldOutResult(known.Count(rank => rank == 1), known.Length, known.Length == 0 ? double.NaN : known.Average(rank => 1.0 / rank), outcomes);
    }

    private static AnalogyScorer?[] Scorers(EmbeddingTable table, IReadOnlyList<(int First, int Second)> pairs, AnalogyMethod method)
    {
        double[]?[] first = [.. pairs.Select(pair => Unit(pair.First))], second = [.. pairs.Select(pair => Unit(pair.Second))];
        var scorers = new AnalogyScorer?[pairs.Count];
        for (int p = 0; p < pairs.Count; p++)
        {
            var mean = new double[table.ModelDim];
            int used = 0;
            for (int o = 0; o < pairs.Count; o++)
            {
                if (pairs[o] == pairs[p] || first[o] is not double[] from || second[o] is not double[] to)
                    continue;
                TensorPrimitives.Add(mean, to, mean);
                TensorPrimitives.Subtract(mean, from, mean);
                used++;
            }

            if (used == 0 || first[p] is not double[] query)
                continue;
            TensorPrimitives.Divide(mean, (double)used, mean);
            scorers[p] = AnalogyScorer.OfOffset(mean, query, method);
        }

        return scorers;

        double[]? Unit(int id)
        {
            _ = TableScan.FiniteRow(table, id);
            return AnalogyScorer.UnitRow(table, id);
        }
    }

    private static double WantedScore(EmbeddingTable table, AnalogyScorer? scorer, int id)
    {
        float[] row = table.Vector(id);
        return scorer is null ? double.NaN : scorer.Score(row, Vectors.Norm(row), new double[row.Length]);
    }

    private static int[] Ranks(
        EmbeddingTable table, IReadOnlyList<(int First, int Second)> pairs, AnalogyScorer?[] scorers, double[] wanted, Workers workers, CancellationToken cancellation)
    {
        var ranks = new int[pairs.Count];
        Array.Fill(ranks, 1);
        int columns = table.ModelDim;
        TableScan.Run(table.Rows, workers, (first, count, rows) =>
        {
            var before = new int[ranks.Length];
            var scratch = new double[columns];
            for (int i = 0; i < count; i++)
            {
                var row = rows.Slice(i * columns, columns);
                double norm = Vectors.Norm(row);
                for (int p = 0; p < before.Length; p++)
                {
                    if (scorers[p] is not { } scorer || first + i == pairs[p].First || first + i == pairs[p].Second)
                        continue;
                    double score = scorer.Score(row, norm, scratch);
                    before[p] += score > wanted[p] || (score == wanted[p] && first + i < pairs[p].Second) ? 1 : 0;
                }
            }

            for (int p = 0; p < before.Length; p++)
                Interlocked.Add(ref ranks[p], before[p]);
        }, cancellation);
        return ranks;
    }

    private static TokenRef Ref(EmbeddingTable table, int id) => new(id, table.Text(id));
}
