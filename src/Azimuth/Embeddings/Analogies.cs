using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>
/// Answers "a is to b as c is to ?" over every row of a table, in double. One analogy that comes out well validates nothing:
/// <see cref="AnalogyEvaluation"/> counts over held-out questions, <see cref="RelationTest"/> over the pairs of one relation.
/// </summary>
public static class Analogies
{
    /// <summary>What every answer to a single analogy is followed by.</summary>
    public const string OneExampleNote = "one example validates nothing: see eval analogies";

    /// <summary>The best answers from one pair.</summary>
    /// <param name="table">Question and answers come from it.</param>
    /// <param name="a">a is to b …</param>
    /// <param name="b">… as …</param>
    /// <param name="c">… c is to the answer.</param>
    /// <param name="options">Method, exclusions, number of answers.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row, or an option outside its range.</exception>
    /// <exception cref="ArgumentException">A row of the question is zero, or a and b leave no offset, so that the method has no direction to look in.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row of the question holds NaN or an infinity; other such rows are left out.</exception>
    public static AnalogyResult Solve(
        EmbeddingTable table, int a, int b, int c, AnalogyOptions options, Workers workers, CancellationToken cancellation = default) =>
        Solve(table, [(a, b)], c, options, workers, cancellation);

    /// <summary>
    /// The best answers from several pairs of one relation, whose offsets are averaged: 3CosAvg (Drozd, Gladkova and Matsuoka 2016) for
    /// <see cref="AnalogyMethod.Add"/>, the direction of the mean offset for <see cref="AnalogyMethod.Pair"/>.
    /// </summary>
    /// <inheritdoc cref="Solve(EmbeddingTable, int, int, int, AnalogyOptions, Workers, CancellationToken)"/>
    public static AnalogyResult Solve(
        EmbeddingTable table, IReadOnlyList<(int First, int Second)> pairs, int c, AnalogyOptions options, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        options.Check();
        if (pairs.Count == 0)
            throw new ArgumentException("at least one pair expected", nameof(pairs));
        if (pairs.Count > 1 && options.Method == AnalogyMethod.Mul)
            throw new ArgumentException("3CosMul takes one pair: its product has no mean offset; use add or pair", nameof(options));
        int[] question = [.. pairs.SelectMany(pair => new[] { pair.First, pair.Second }), c];
        double[][] units = [.. question.Select(id => UnitRow(table, id))];
        AnalogyScorer scorer = (pairs.Count == 1
            ? AnalogyScorer.Of(units[0], units[1], units[2], options.Method, options.Epsilon)
            : AnalogyScorer.OfOffset(MeanOffset(units, pairs.Count), units[^1], options.Method))
            ?? throw new ArgumentException($"\"{table.Text(question[0])}\" and \"{table.Text(question[1])}\" leave no direction to look in: their rows are the same");
        double[] scores = Scores(table, scorer, workers, cancellation);
        foreach (int id in options.ExcludeQuestion ? options.AlsoExcluded.Concat(question) : options.AlsoExcluded)
            scores[id] = double.NaN;
        return new AnalogyResult
        {
            Pairs = [.. pairs.Select(pair => new TokenPair(Ref(table, pair.First), Ref(table, pair.Second)))],
            Query = Ref(table, c),
            Method = options.Method,
            Answers = [.. Ranking.Highest(scores, options.Top).Select(id => new AnalogyAnswer(id, table.Text(id), scores[id]))],
            Expected = options.Expected is int d ? Expectation(table, pairs, c, d, scores) : null,
            Conventions = Conventions.OfTable(table, [.. Notes(options, pairs.Count)]) with { Angles = null },
        };
    }

    /// <summary>The method's score of every row, by id; NaN where a row has no direction.</summary>
    private static double[] Scores(EmbeddingTable table, AnalogyScorer scorer, Workers workers, CancellationToken cancellation)
    {
        var scores = new double[table.Count];
        int columns = table.ModelDim;
        TableScan.Run(table.Rows, workers, (first, count, rows) =>
        {
            var scratch = new double[columns];
            for (int i = 0; i < count; i++)
            {
                var row = rows.Slice(i * columns, columns);
                scores[first + i] = scorer.Score(row, Vectors.Norm(row), scratch);
            }
        }, cancellation);
        return scores;
    }

    private static AnalogyExpectation Expectation(EmbeddingTable table, IReadOnlyList<(int First, int Second)> pairs, int c, int d, double[] scores)
    {
        _ = TableScan.FiniteRow(table, d);
        double? score = double.IsNaN(scores[d]) ? null : scores[d];
        return new AnalogyExpectation(Ref(table, d), score is null ? null : Ranking.Rank(scores, d), score,
            OffsetCosine(table, pairs, c, d, unitRows: true), OffsetCosine(table, pairs, c, d, unitRows: false));
    }

    /// <summary>cos(mean of b − a, d − c), with rows of length 1 or as stored; null where one of the two is zero or a row has no direction.</summary>
    private static double? OffsetCosine(EmbeddingTable table, IReadOnlyList<(int First, int Second)> pairs, int c, int d, bool unitRows)
    {
        var rows = new double[2 * pairs.Count][];
        for (int p = 0; p < pairs.Count; p++)
            (rows[2 * p], rows[2 * p + 1]) = (Row(pairs[p].First), Row(pairs[p].Second));
        var other = new double[table.ModelDim];
        TensorPrimitives.Subtract(Row(d), Row(c), other);
        return AnalogyScorer.Cosine(MeanOffset(rows, pairs.Count), other);

        // A zero row as stored is a vector like any other; at length 1 it does not exist, and NaN would say nothing: it stays zero.
        double[] Row(int id) => unitRows ? AnalogyScorer.UnitRow(table, id) ?? new double[table.ModelDim] : Array.ConvertAll(table.Vector(id), v => (double)v);
    }

    /// <summary>Mean of second − first over pairs of rows that lie one after the other [model].</summary>
    private static double[] MeanOffset(double[][] rows, int pairs)
    {
        var mean = new double[rows[0].Length];
        for (int p = 0; p < pairs; p++)
        {
            TensorPrimitives.Add(mean, rows[2 * p + 1], mean);
            TensorPrimitives.Subtract(mean, rows[2 * p], mean);
        }

        TensorPrimitives.Divide(mean, (double)pairs, mean);
        return mean;
    }

    private static double[] UnitRow(EmbeddingTable table, int id)
    {
        _ = TableScan.FiniteRow(table, id);
        return AnalogyScorer.UnitRow(table, id)
            ?? throw new ArgumentException($"the row of \"{table.Text(id)}\" (id {id}) is zero and has no direction; an analogy needs one of each of its words");
    }

    private static IEnumerable<string> Notes(AnalogyOptions options, int pairs)
    {
        yield return options.ExcludeQuestion ? "the question's own rows are excluded" : "no row is excluded";
        if (options.AlsoExcluded.Count > 0)
            yield return $"other spellings of its words are excluded, too ({options.AlsoExcluded.Count} rows)";
        yield return "rows at length 1; equal scores by lower id";
        if (options.Method == AnalogyMethod.Mul)
            yield return FormattableString.Invariant($"cosines shifted to 0 … 1, epsilon {options.Epsilon:0.###e0}");
        if (pairs == 1)
            yield return OneExampleNote;
    }

    private static TokenRef Ref(EmbeddingTable table, int id) => new(id, table.Text(id));
}
