using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Vocabulary;

/// <summary>
/// Output rows that can never win the argmax (Demeter, Kimmel and Downey 2020, "Stolen probability"; Grivas, Bogoychev and Lopez 2022, "Low-rank softmax can have
/// unargmaxable classes"), with a checked proof for every row either way: a vector h for which it wins strictly, or a mixture of other rows that equals it.
/// Every h is considered; a model's final norm may produce only some of them, so a reachable token may still never come first.
/// </summary>
public static class UnreachableOutputs
{
    /// <summary>Rows searched for at once: they share the passes over the table.</summary>
    private const int SearchedAtOnce = 64;

    /// <summary>Decides every row of a table.</summary>
    /// <param name="table">The output table [vocab, model], or any table of vectors, at least one row.</param>
    /// <param name="bias">What is added to each logit [vocab]; null for nothing.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share of the work done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">An empty table, or a bias of another length or with numbers that are not finite.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity; the first such row is named.</exception>
    public static UnreachableReport Find(
        EmbeddingTable table, IReadOnlyList<float>? bias, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(workers);
        if (table.Count == 0 || table.ModelDim == 0)
            throw new ArgumentException($"the {table.Name} is empty: [{table.Count}, {table.ModelDim}]", nameof(table));
        double[]? biases = bias is null ? null : [.. bias.Select(b => (double)b)];
        if (biases is not null && biases.Length != table.Count)
            throw new ArgumentException($"{table.Count} rows need as many biases, found {biases.Length}", nameof(bias));
        if (biases is not null && !Array.TrueForAll(biases, double.IsFinite))
            throw new ArgumentException($"the bias of row {Array.FindIndex(biases, b => !double.IsFinite(b))} is not a finite number", nameof(bias));
        double[] norms = TableScan.Norms(table.Rows, workers, cancellation);
        TableScan.RequireFinite(table, norms);
        return new Run(table, biases, TensorPrimitives.Max<double>(norms), workers, progress, cancellation).Decide();
    }

    /// <summary>One call of <see cref="Find"/>.</summary>
    private sealed class Run(
        EmbeddingTable table, double[]? bias, double longest, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        private readonly ReachVerdict?[] _verdicts = new ReachVerdict?[table.Count];
        private readonly List<UnreachableToken> _unreachable = [];
        private readonly List<UndecidedToken> _undecided = [];
        private readonly Dictionary<int, double[]> _found = [];
        private readonly double[] _scales = new double[table.Count]; // of the row's own direction, so large that a bias does not matter

        public UnreachableReport Decide()
        {
            ExcludeEqualRows();
            var directions = new WhitenedDirections(table.Rows, workers, cancellation);
            TryOwnDirections(directions);
            int own = _verdicts.Count(v => v == ReachVerdict.Reachable);
            var search = new WinningSearch(table.Rows, bias, longest);
            Search(search, directions);
            return new UnreachableReport
            {
                Table = table.Name,
                Rows = table.Count,
                Columns = table.ModelDim,
                HasBias = bias is not null,
                Reachable = _verdicts.Count(v => v == ReachVerdict.Reachable),
                ReachableByOwnDirection = own,
                Unreachable = [.. _unreachable.OrderBy(token => token.Id)],
                Undecided = [.. _undecided.OrderBy(token => token.Id)],
                ResidualAllowed = search.ResidualAllowed,
                Verdicts = [.. _verdicts.Select(v => v!.Value)],
                Winning = id => _found.TryGetValue(id, out double[]? vector) ? vector : Array.ConvertAll(directions.Of(id), v => v * _scales[id]),
                Conventions = Conventions.OfTable(table, Notes()) with { Angles = null },
            };
        }

        /// <summary>Of equal rows only one can win, and only with a bias above the others'.</summary>
        private void ExcludeEqualRows()
        {
            foreach (int[] group in EqualRows.Find(table.Rows, workers, cancellation))
            {
                double highest = bias is null ? 0 : group.Max(id => bias[id]);
                int[] top = bias is null ? group : [.. group.Where(id => bias[id] == highest)];
                foreach (int id in group.Where(id => top.Length > 1 || id != top[0]))
                {
                    int other = top.First(t => t != id);
                    _verdicts[id] = ReachVerdict.Unreachable;
                    _unreachable.Add(Token(id, [new MixtureWeight(other, 1)], 0, bias is null ? null : bias[other] - bias[id], isDuplicate: true));
                }
            }
        }

        private void TryOwnDirections(WhitenedDirections directions)
        {
            double[] margins = directions.Margins(longest, share => progress?.Report(0.7 * share), cancellation);
            double highest = bias is null ? 0 : bias.Max();
            for (int id = 0; id < margins.Length; id++)
            {
                if (_verdicts[id] is not null || double.IsNaN(margins[id]))
                    continue;
                _scales[id] = bias is null ? 1 : Math.Max(1, 4 * (highest - bias[id]) / margins[id]);
                _verdicts[id] = ReachVerdict.Reachable;
            }
        }

        private void Search(WinningSearch search, WhitenedDirections directions)
        {
            int[] open = [.. Enumerable.Range(0, table.Count).Where(id => _verdicts[id] is null)];
            for (int first = 0; first < open.Length; first += SearchedAtOnce)
            {
                int[] ids = open[first..Math.Min(open.Length, first + SearchedAtOnce)];
                int before = first;
                WinningSearch.Outcome[] outcomes = search.Decide(ids, id => Array.ConvertAll(directions.Of(id), v => (double)v), workers,
                    done => progress?.Report(0.7 + 0.3 * (before + done) / open.Length), cancellation);
                foreach (WinningSearch.Outcome outcome in outcomes)
                    Keep(outcome, search.ResidualAllowed);
            }

            progress?.Report(1);
        }

        private void Keep(WinningSearch.Outcome outcome, double allowed)
        {
            _verdicts[outcome.Id] = outcome.Verdict;
            if (outcome.Verdict == ReachVerdict.Reachable)
                _found.Add(outcome.Id, outcome.Vector);
            else if (outcome.Verdict == ReachVerdict.Unreachable)
                _unreachable.Add(Token(outcome.Id, outcome.Mixture, outcome.Residual, bias is null ? null : outcome.BiasSlack, isDuplicate: false));
            else
                _undecided.Add(new UndecidedToken(outcome.Id, table.Text(outcome.Id), outcome.Margin, outcome.MarginNeeded, outcome.Residual, allowed));
        }

        private UnreachableToken Token(int id, IReadOnlyList<MixtureWeight> certificate, double residual, double? slack, bool isDuplicate) => new()
        {
            Id = id,
            Text = table.Text(id),
            Certificate = certificate,
            Residual = residual,
            BiasSlack = slack,
            IsDuplicate = isDuplicate,
        };

        private string[] Notes() =>
        [
            "strict argmax: a tie is no win", "any vector before the unembedding is considered, though the final norm may allow fewer",
            FormattableString.Invariant($"a mixture counts as the row when no number differs by more than {1e-11 * longest:0.0e0}; a win when its margin is above what rounding in double could make"),
        ];
    }
}
