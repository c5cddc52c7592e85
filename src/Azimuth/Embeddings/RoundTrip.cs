using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>
/// Embed and unembed (DESIGN §8): a token's row is scored against all rows of its table, or of the model's other table, by transpose, cosine and left
/// inverse. Preparing it solves one eigenproblem of the table's width; after that any token is one pass over the table. Immutable, safe for many threads.
/// </summary>
public sealed class RoundTrip
{
    private static readonly string[] Notes =
    [
        "equal scores by lower id",
        "cosines within 2^-24 of 1 count as 1: single precision cannot tell those directions apart",
        "peak to noise = (own - mean of the others) / their population standard deviation",
    ];

    private readonly EmbeddingTable _table; // whose rows answer
    private readonly Workers _workers;
    private readonly double[] _norms; // by id
    private readonly LeftInverse _inverse;
    private readonly RoundTrip? _input; // of the table the rows come from, when that is another one

    private RoundTrip(EmbeddingTable table, Workers workers, double[] norms, RoundTrip? input)
    {
        (_table, _workers, _norms, _input) = (table, workers, norms, input);
        _inverse = LeftInverse.Of(table, workers);
    }

    /// <summary>Number of directions the table has: its width, or less when columns depend on each other.</summary>
    public int Rank => _inverse.Rank;

    /// <summary>Prepares the left inverse of a table.</summary>
    /// <param name="table">[vocab, model], at least one row.</param>
    /// <param name="workers">The threads to use, now and later; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">An empty table.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity; the first such row is named.</exception>
    public static RoundTrip Prepare(EmbeddingTable table, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(workers);
        if (table.Count == 0 || table.ModelDim == 0)
            throw new ArgumentException($"the {table.Name} is empty: [{table.Count}, {table.ModelDim}]", nameof(table));
        double[] norms = TableScan.Norms(table.Rows, workers, cancellation);
        TableScan.RequireFinite(table, norms);
        return new RoundTrip(table, workers, norms, null);
    }

    /// <summary>Prepares the way from the rows of one table to those of another: the direct path of an untied model, from its input row to the logits.</summary>
    /// <param name="input">[vocab, model]: the rows that go in.</param>
    /// <param name="output">[vocab, model]: the rows that answer, the same token's under the same id.</param>
    /// <param name="workers">The threads to use, now and later; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">An empty table, or tables of another shape.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity; the first such row is named.</exception>
    public static RoundTrip Prepare(EmbeddingTable input, EmbeddingTable output, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        if (ReferenceEquals(input, output))
            return Prepare(output, workers, cancellation);
        if (input.ModelDim != output.ModelDim || input.Count != output.Count)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"tables of one shape expected, found [{input.Count}, {input.ModelDim}] and [{output.Count}, {output.ModelDim}]"), nameof(output));
        }

        RoundTrip own = Prepare(input, workers, cancellation), answer = Prepare(output, workers, cancellation);
        return new RoundTrip(output, workers, answer._norms, own);
    }

    /// <summary>One token's way through the table and back.</summary>
    /// <param name="id">The token.</param>
    /// <param name="top">How many of the other tokens' highest scores to list, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row, or a negative count.</exception>
    public TokenRoundTrip OfToken(int id, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        TokenRoundTrip? own = _input?.OfToken(id, top);
        float[] row = TableScan.FiniteRow(Source._table, id);
        double norm = Source._norms[id];
        double[] coefficients = _inverse.Coefficients(row);
        double[] transpose = new double[_table.Count], cosine = new double[_table.Count], left = new double[_table.Count];
        int columns = _table.ModelDim;
        TableScan.Run(_table.Rows, _workers, (first, count, rows) =>
        {
            for (int i = 0; i < count; i++)
            {
                int j = first + i;
                var other = rows.Slice(i * columns, columns);
                transpose[j] = Vectors.DotDouble(row, other);
                left[j] = LeftInverse.Score(coefficients, other);
                double similar = transpose[j] / (_norms[j] * norm); // NaN for a zero row
                cosine[j] = ParallelRows.Same(similar) ? 1 : similar;
            }
        });
        return new TokenRoundTrip
        {
            Token = new TokenRef(id, _table.Text(id)),
            Table = Name,
            Leverage = own?.Leverage ?? left[id],
            Transpose = Way(transpose, id, top),
            Cosine = double.IsNaN(cosine[id]) ? null : Way(cosine, id, top),
            LeftInverse = Way(left, id, top),
            LeftInverseInput = own?.LeftInverse,
            Conventions = Conventions.OfTable(_table, Notes) with { Angles = null, Table = Name },
        };
    }

    /// <summary>
    /// The round trip of every token, exactly: share recovered by each way and the leverages. The n × n scores are never made.
    /// </summary>
    /// <param name="progress">Told the share done, 0 to 1; may be called from any thread.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="InvalidOperationException">Rows of one table that another answers: only <see cref="Ranks"/> counts those.</exception>
    public TableRoundTrip OfTable(IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        if (_input is not null)
            throw new InvalidOperationException("the tokens of a pair of tables are counted by their ranks");
        int n = _table.Count;
        double[] leverages = Leverages(cancellation);
        progress?.Report(0.05);
        int cosine = ParallelRows.CountRepeats(_table.Rows, _norms, _workers, cancellation);
        progress?.Report(0.1);
        int transpose = SelfMatches.CountLost(Stored(), _workers, share => progress?.Report(0.1 + 0.2 * share), cancellation);
        // Without any direction every score is 0 and the lowest id wins.
        int left = Rank == 0 ? n - 1 : SelfMatches.CountLost(Whitened(leverages), _workers, share => progress?.Report(0.3 + 0.7 * share), cancellation);
        int min = Array.IndexOf(leverages, leverages.Min()), max = Array.IndexOf(leverages, leverages.Max());
        return new TableRoundTrip
        {
            Table = _table.Name,
            Rows = n,
            LeverageSum = leverages.Sum(),
            LeverageMin = new TokenScore(min, _table.Text(min), leverages[min]),
            LeverageMax = new TokenScore(max, _table.Text(max), leverages[max]),
            Recovered = new RecoveredShares((double)(n - transpose) / n, (double)(n - cosine) / n, (double)(n - left) / n),
            Lost = new RecoveredCounts(transpose, cosine, left),
            Conventions = Conventions.OfTable(_table, Notes) with { Angles = null, Table = Name },
        };
    }

    /// <summary>
    /// Ranks of some tokens' own scores among all, in double: 1 + the number of scores strictly above, so that equal scores share the better rank. Scores of
    /// cosines within 1e-15 count as equal.
    /// </summary>
    /// <param name="sample">The tokens asked about.</param>
    /// <param name="progress">Told the share done, 0 to 1; may be called from any thread.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    public RoundTripRanks Ranks(Geometry.RowSample sample, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        int[][] ranks = RankCount.Of(Source._table, Source._norms, _table, _norms, _inverse, sample.Ids, _workers, progress, cancellation);
        return new RoundTripRanks
        {
            Table = Name,
            Queries = sample.Ids.Count,
            Seed = sample.Seed,
            LeverageSum = Source.Leverages(cancellation).Sum(),
            Transpose = RankSummary.Of(ranks[0]),
            Cosine = RankSummary.Of(ranks[1]),
            LeftInverse = RankSummary.Of(ranks[2]),
            LeftInverseInput = _input?.Ranks(sample, null, cancellation).LeftInverse,
        };
    }

    /// <summary>Where the rows come from.</summary>
    private RoundTrip Source => _input ?? this;

    private string Name => _input is null ? _table.Name : $"{_input._table.Name} to {_table.Name}";

    /// <summary>Every token's leverage in the table its row comes from, by id: between 0 and 1, adding up to that table's rank.</summary>
    public double[] Leverages(CancellationToken cancellation = default)
    {
        if (_input is not null)
            return _input.Leverages(cancellation);
        var leverages = new double[_table.Count];
        TableScan.Run(_table.Rows, _workers, (first, count, rows) => _inverse.Whiten(rows, count, [], leverages.AsSpan(first, count)), cancellation);
        return leverages;
    }

    private RoundTripWay Way(double[] scores, int id, int top)
    {
        int others = 0;
        double sum = 0, squares = 0;
        for (int j = 0; j < scores.Length; j++)
        {
            if (j == id || double.IsNaN(scores[j]))
                continue;
            others++;
            sum += scores[j];
        }

        double mean = sum / others;
        for (int j = 0; j < scores.Length; j++)
            squares += j == id || double.IsNaN(scores[j]) ? 0 : (scores[j] - mean) * (scores[j] - mean);
        double noise = Math.Sqrt(squares / others);
        return new RoundTripWay
        {
            Own = scores[id],
            Rank = Ranking.Rank(scores, id),
            Peaks = [.. Ranking.Highest(scores, top, except: id).Select(j => new TokenScore(j, _table.Text(j), scores[j]))],
            PeakToNoise = noise > 0 ? (scores[id] - mean) / noise : null,
        };
    }

    private SelfMatches.Source Stored() => new(
        _table.ModelDim,
        Array.ConvertAll(_norms, norm => norm * norm),
        (ids, rows) =>
        {
            for (int i = 0; i < ids.Length; i++)
                _table.Rows.ReadRow(ids[i], rows.Slice(i * _table.ModelDim, _table.ModelDim));
        },
        id =>
        {
            float[] row = _table.Vector(id);
            return other => Vectors.DotDouble(row, _table.Vector(other));
        });

    private SelfMatches.Source Whitened(double[] leverages) => new(
        Rank,
        leverages,
        (ids, rows) =>
        {
            var stored = new float[ids.Length * _table.ModelDim]; // [ids, model]
            for (int i = 0; i < ids.Length; i++)
                _table.Rows.ReadRow(ids[i], stored.AsSpan(i * _table.ModelDim, _table.ModelDim));
            _inverse.Whiten(stored, ids.Length, rows, []);
        },
        id =>
        {
            double[] coefficients = _inverse.Coefficients(_table.Vector(id));
            return other => LeftInverse.Score(coefficients, _table.Vector(other));
        });
}
