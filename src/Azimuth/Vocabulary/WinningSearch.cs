using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Vocabulary;

/// <summary>
/// Decides for single rows whether some h makes them win, with proof either way. Row i wins for h when (uᵢ − uⱼ)·h + bᵢ − bⱼ &gt; 0 for all j, and by Gordan's
/// theorem such an h exists exactly when zero is no mixture of these differences (with a bias: extended by bᵢ − bⱼ, and by (0, 1)). So their nearest point to zero
/// decides: it is a winning vector, or it is zero. Only rows that beat the candidate are ever looked at: each pass over the table hands the nearest-point
/// solver the ones that beat it most.
/// </summary>
internal sealed class WinningSearch
{
    private const int Violators = 48; // taken over from each pass
    private const int Passes = 400;
    private readonly StoredMatrix _rows;
    private readonly double[]? _bias;
    private readonly double _longest, _biasSpan;

    internal WinningSearch(StoredMatrix rows, double[]? bias, double longest)
    {
        (_rows, _bias, _longest) = (rows, bias, longest > 0 ? longest : 1);
        double span = bias is null ? 0 : bias.Max() - bias.Min();
        _biasSpan = span > 0 ? span : 1;
        ResidualAllowed = 1e-11 * _longest;
    }

    /// <summary>The difference between a row and a mixture up to which the mixture counts as the row: rounding of what is added up.</summary>
    internal double ResidualAllowed { get; }

    /// <summary>What was found for one row.</summary>
    /// <param name="Id">The row.</param>
    /// <param name="Verdict">The outcome.</param>
    /// <param name="Vector">The winning vector, or the best one tried.</param>
    /// <param name="Margin">With it.</param>
    /// <param name="MarginNeeded">What rounding could have made.</param>
    /// <param name="Mixture">The best mixture of other rows.</param>
    /// <param name="Residual">Its largest difference from the row.</param>
    /// <param name="BiasSlack">Its bias less the row's own.</param>
    internal sealed record Outcome(
        int Id, ReachVerdict Verdict, double[] Vector, double Margin, double MarginNeeded, IReadOnlyList<MixtureWeight> Mixture, double Residual, double BiasSlack);

    /// <summary>Decides the rows of <paramref name="ids"/> together, so that they share the passes over the table.</summary>
    /// <param name="ids">Which rows.</param>
    /// <param name="start">A vector to begin with for each, which need not win.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="done">Told how many rows are decided.</param>
    /// <param name="cancellation">Checked between tiles.</param>
    internal Outcome[] Decide(IReadOnlyList<int> ids, Func<int, double[]> start, Workers workers, Action<int> done, CancellationToken cancellation)
    {
        Query[] queries = [.. ids.Select(id => new Query(this, id, start(id)))];
        Query[] open = queries;
        for (int pass = 0; pass < Passes && open.Length > 0; pass++)
        {
            List<(int Id, double Score)>[] best = Scan(open, workers, cancellation);
            workers.Run(open.Length, q =>
            {
                cancellation.ThrowIfCancellationRequested();
                open[q].Take(best[q]);
            });
            open = [.. open.Where(query => query.Verdict is null)];
            done(queries.Length - open.Length);
        }

        return [.. queries.Select(query => query.Outcome())];
    }

    /// <summary>For each query the rows of highest row·h + t·b, the row itself left out, highest first, equal scores by lower id; sums in double.</summary>
    private List<(int Id, double Score)>[] Scan(Query[] queries, Workers workers, CancellationToken cancellation)
    {
        int columns = _rows.Columns;
        var best = new List<(int Id, double Score)>[queries.Length];
        for (int q = 0; q < best.Length; q++)
            best[q] = new List<(int, double)>(Violators + 1);
        workers.RunRanges(checked((int)_rows.Rows), 64, (from, to) =>
        {
            var own = new List<(int Id, double Score)>[queries.Length];
            for (int q = 0; q < own.Length; q++)
                own[q] = new List<(int, double)>(Violators + 1);
            var row = new double[columns];
            RowScores.ForTiles(_rows, from, to, (first, count, tile) =>
            {
                cancellation.ThrowIfCancellationRequested();
                for (int r = 0; r < count; r++)
                {
                    TensorPrimitives.ConvertChecked(tile.Slice(r * columns, columns), row.AsSpan());
                    for (int q = 0; q < queries.Length; q++)
                    {
                        if (first + r != queries[q].Id)
                            Offer(own[q], first + r, TensorPrimitives.Dot<double>(row, queries[q].Vector) + queries[q].BiasFactor * BiasOf(first + r));
                    }
                }
            });
            lock (best)
            {
                for (int q = 0; q < own.Length; q++)
                {
                    foreach ((int id, double score) in own[q])
                        Offer(best[q], id, score);
                }
            }
        });
        return best;
    }

    private static void Offer(List<(int Id, double Score)> best, int id, double score)
    {
        if (best.Count == Violators && !Before((id, score), best[^1]))
            return;
        int at = best.Count;
        while (at > 0 && Before((id, score), best[at - 1]))
            at--;
        best.Insert(at, (id, score));
        if (best.Count > Violators)
            best.RemoveAt(Violators);
    }

    private static bool Before((int Id, double Score) a, (int Id, double Score) b) => a.Score > b.Score || (a.Score == b.Score && a.Id < b.Id);

    private double LargestBias => _bias is null ? 0 : _bias.Max(Math.Abs);

    private double BiasOf(int id) => _bias is null ? 0 : _bias[id];

    /// <summary>One row on its way to a proof.</summary>
    private sealed class Query
    {
        private const int Ray = -1; // the vector (0, 1) that keeps the bias's factor positive
        private readonly WinningSearch _search;
        private readonly double[] _row;
        private readonly MinimumNormPoint _nearest;
        private Outcome? _best;

        internal Query(WinningSearch search, int id, double[] start)
        {
            (_search, Id, Vector, BiasFactor) = (search, id, start, 1);
            _row = Array.ConvertAll(search._rows.Row(id), v => (double)v);
            _nearest = new MinimumNormPoint(_row.Length + (search._bias is null ? 0 : 1));
        }

        internal int Id { get; }

        /// <summary>The candidate h [columns].</summary>
        internal double[] Vector { get; private set; }

        /// <summary>What the bias is multiplied by; h divided by it is the candidate for the bias itself.</summary>
        internal double BiasFactor { get; private set; }

        internal ReachVerdict? Verdict { get; private set; }

        /// <summary>Looks at the rows that beat the candidate, or do so most nearly, and moves it.</summary>
        internal void Take(List<(int Id, double Score)> best)
        {
            double own = TensorPrimitives.Dot<double>(_row, Vector) + BiasFactor * _search.BiasOf(Id);
            double margin = best.Count == 0 ? double.PositiveInfinity : own - best[0].Score, needed = Rounding();
            if (margin > needed && BiasFactor > 0)
            {
                Finish(ReachVerdict.Reachable, margin, needed);
                return;
            }

            bool moved = _nearest.Extend([.. Differences(best)]);
            if (_nearest.IsZero || !moved)
            {
                (double residual, double slack) = Check();
                bool proven = residual <= _search.ResidualAllowed && slack >= -1e-11 * _search._biasSpan;
                Finish(proven ? ReachVerdict.Unreachable : ReachVerdict.Undecided, margin, needed);
                return;
            }

            Vector = _nearest.Point[.._row.Length];
            // In the solver's units differences are divided by the longest row, biases by their span: undone here, so that Vector and BiasFactor fit the table's numbers.
            double length = TensorPrimitives.Norm<double>(_nearest.Point);
            TensorPrimitives.Divide(Vector, length * _search._longest, Vector);
            BiasFactor = _search._bias is null ? 1 : _nearest.Point[^1] / (length * _search._biasSpan);
        }

        internal Outcome Outcome() => _best ?? Describe(ReachVerdict.Undecided, double.NaN, Rounding());

        private void Finish(ReachVerdict verdict, double margin, double needed)
        {
            Verdict = verdict;
            _best = Describe(verdict, margin, needed);
        }

        private Outcome Describe(ReachVerdict verdict, double margin, double needed)
        {
            (double residual, double slack) = Check();
            double[] vector = [.. Vector];
            if (_search._bias is not null && BiasFactor > 0)
                TensorPrimitives.Divide(vector, BiasFactor, vector);
            return new Outcome(Id, verdict, vector, margin, needed, Mixture(), residual, slack);
        }

        /// <summary>Twice the largest error of a score that is summed in double (Higham 2002, §3.1).</summary>
        private double Rounding() =>
            2 * (_row.Length + 4) * Math.ScaleB(TensorPrimitives.Norm<double>(Vector) * _search._longest + Math.Abs(BiasFactor) * _search.LargestBias, -52);

        private IEnumerable<(int Id, double[] Vector)> Differences(List<(int Id, double Score)> best)
        {
            if (_search._bias is not null)
                yield return (Ray, [.. new double[_row.Length], 1]);
            foreach ((int id, _) in best)
                yield return (id, Difference(id));
        }

        private double[] Difference(int other)
        {
            var difference = new double[_row.Length + (_search._bias is null ? 0 : 1)];
            float[] row = _search._rows.Row(other);
            for (int c = 0; c < _row.Length; c++)
                difference[c] = (_row[c] - row[c]) / _search._longest;
            if (_search._bias is not null)
                difference[^1] = (_search.BiasOf(Id) - _search.BiasOf(other)) / _search._biasSpan;
            return difference;
        }

        private MixtureWeight[] Mixture()
        {
            // What rounding alone has left of a weight is no part of a proof; Check adds up what remains.
            (int Id, double Weight)[] weights = [.. _nearest.Weights.Where(w => w.Id != Ray && w.Weight > 1e-14).OrderBy(w => w.Id)];
            double sum = weights.Sum(w => w.Weight);
            return [.. weights.Select(w => new MixtureWeight(w.Id, w.Weight / sum))];
        }

        /// <summary>The mixture added up again from the stored rows: its largest difference from this row, and its bias less this one's.</summary>
        private (double Residual, double Slack) Check()
        {
            MixtureWeight[] mixture = Mixture();
            if (mixture.Length == 0)
                return (double.PositiveInfinity, double.NegativeInfinity);
            var sum = new double[_row.Length];
            double slack = -_search.BiasOf(Id);
            foreach ((int id, double weight) in mixture)
            {
                TensorPrimitives.MultiplyAdd(Array.ConvertAll(_search._rows.Row(id), v => (double)v), weight, sum, sum);
                slack += weight * _search.BiasOf(id);
            }

            TensorPrimitives.Subtract(sum, _row, sum);
            return (Math.Abs(TensorPrimitives.MaxMagnitude<double>(sum)), slack);
        }
    }
}
