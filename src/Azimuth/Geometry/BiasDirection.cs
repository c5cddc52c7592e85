using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>How a direction is made from pairs of words.</summary>
public enum BiasMethod
{
    /// <summary>Mean of u(first) − u(second) at length 1.</summary>
    Difference,

    /// <summary>First principal component of u(first) − m and u(second) − m, m each pair's midpoint (Bolukbasi et al. 2016, and its code's doPCA).</summary>
    Pca,
}

/// <summary>
/// A direction that pairs of words such as (she, he) share, u being rows of length 1, and how other words lie along it (Bolukbasi et al. 2016, "Man is to computer
/// programmer as woman is to homemaker?"). Its sign makes the first words of the pairs positive on average. Immutable, safe for many threads.
/// </summary>
public sealed class BiasDirection
{
    private readonly EmbeddingTable _table;

    private BiasDirection(EmbeddingTable table, BiasMethod method, IReadOnlyList<TokenPair> pairs, double[] vector, double[] shares) =>
        (_table, Method, Pairs, Vector, ExplainedVarianceRatio) = (table, method, pairs, vector, shares);

    /// <summary>How it was made.</summary>
    public BiasMethod Method { get; }

    /// <summary>What it was made from.</summary>
    public IReadOnlyList<TokenPair> Pairs { get; }

    /// <summary>The direction, of length 1 [model].</summary>
    public double[] Vector { get; }

    /// <summary>Shares of the pairs' variance along up to ten components, largest first: one large share says that the pairs have one direction. Empty for a mean difference.</summary>
    public IReadOnlyList<double> ExplainedVarianceRatio { get; }

    /// <summary>Finds the direction.</summary>
    /// <param name="table">The rows.</param>
    /// <param name="pairs">Row numbers, at least one pair.</param>
    /// <param name="method">How.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <exception cref="ArgumentException">No pair, a row without direction, or pairs that leave no direction.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity.</exception>
    public static BiasDirection Of(EmbeddingTable table, IReadOnlyList<(int First, int Second)> pairs, BiasMethod method, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(workers);
        if (pairs.Count == 0)
            throw new ArgumentException("at least one pair expected", nameof(pairs));
        int d = table.ModelDim;
        double[] mean = new double[d], halves = new double[2 * pairs.Count * d]; // halves: [2 · pair, model], row 2p is u(first) − m, row 2p + 1 its opposite
        for (int p = 0; p < pairs.Count; p++)
        {
            var half = halves.AsSpan(2 * p * d, d);
            TensorPrimitives.Subtract(UnitRow(table, pairs[p].First), UnitRow(table, pairs[p].Second), half);
            TensorPrimitives.Add(mean, half, mean);
            TensorPrimitives.Divide(half, 2, half);
            TensorPrimitives.Negate(half, halves.AsSpan((2 * p + 1) * d, d));
        }

        double[] shares = [];
        double[] vector = mean;
        if (method == BiasMethod.Pca)
        {
            var decomposition = SingularValues.Of(halves, 2 * pairs.Count, d, workers);
            double total = TensorPrimitives.SumOfSquares<double>(decomposition.Values);
            shares = [.. decomposition.Values.Take(10).Select(value => total == 0 ? 0 : value * value / total)];
            if (total > 0)
                vector = decomposition.Right[..d];
            if (TensorPrimitives.Dot<double>(vector, mean) < 0)
                TensorPrimitives.Negate<double>(vector, vector);
        }

        double length = TensorPrimitives.Norm<double>(vector);
        if (length <= 1e-12 * pairs.Count)
            throw new ArgumentException("the pairs leave no direction: their differences are zero or cancel each other", nameof(pairs));
        TensorPrimitives.Divide(vector, length, vector);
        return new BiasDirection(table, method, [.. pairs.Select(p => new TokenPair(Ref(table, p.First), Ref(table, p.Second)))], vector, shares);
    }

    /// <summary>cos(row, direction): −1 to 1, positive on the side of the pairs' first words; null when the row has no direction.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public double? Projection(int id) => AnalogyScorer.UnitRow(_table, id) is double[] unit ? TensorPrimitives.Dot<double>(unit, Vector) : null;

    /// <summary>
    /// Mean and standard deviation (dividing by n) of the projections of all rows that have a direction: in a table whose rows share a common direction
    /// every word may lie on one side. NaN without such rows.
    /// </summary>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    public (double Mean, double StandardDeviation) OfAllRows(Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(workers);
        var projections = new double[_table.Count];
        int columns = _table.ModelDim;
        TableScan.Run(_table.Rows, workers, (first, count, rows) =>
        {
            var scratch = new double[columns];
            for (int i = 0; i < count; i++)
            {
                var row = rows.Slice(i * columns, columns);
                double norm = Vectors.Norm(row);
                TensorPrimitives.ConvertTruncating(row, scratch);
                projections[first + i] = norm > 0 && double.IsFinite(norm) ? TensorPrimitives.Dot<double>(scratch, Vector) / norm : double.NaN;
            }
        }, cancellation);
        double[] known = [.. projections.Where(value => !double.IsNaN(value))];
        double mean = known.DefaultIfEmpty(double.NaN).Average();
        return (mean, Math.Sqrt(known.Select(value => (value - mean) * (value - mean)).DefaultIfEmpty(double.NaN).Average()));
    }

    /// <summary>Mean over words of |cos(word, direction)|ᶜ (Bolukbasi et al. 2016, DirectBias); rows without direction are left out, NaN when none is left.</summary>
    /// <param name="ids">Words that ought to be neutral.</param>
    /// <param name="strictness">c, 0 or more: how much small projections count; 1 counts them in full measure, 0 makes every word count 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative c, or no such row.</exception>
    public double DirectBias(IReadOnlyList<int> ids, double strictness)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (!(strictness >= 0))
            throw new ArgumentOutOfRangeException(nameof(strictness), strictness, "a number of at least 0 expected");
        return ids.Select(Projection).OfType<double>().Select(cosine => Math.Pow(Math.Abs(cosine), strictness)).DefaultIfEmpty(double.NaN).Average();
    }

    /// <summary>The row without its part along the direction, at length 1 again [model]; null when nothing or no direction is left.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public double[]? Neutralised(int id)
    {
        if (AnalogyScorer.UnitRow(_table, id) is not double[] unit)
            return null;
        TensorPrimitives.MultiplyAdd(Vector, -TensorPrimitives.Dot<double>(unit, Vector), unit, unit);
        double length = TensorPrimitives.Norm<double>(unit);
        if (length <= 1e-14)
            return null;
        TensorPrimitives.Divide(unit, length, unit);
        return unit;
    }

    private static double[] UnitRow(EmbeddingTable table, int id)
    {
        _ = TableScan.FiniteRow(table, id);
        return AnalogyScorer.UnitRow(table, id)
            ?? throw new ArgumentException($"the row of \"{table.Text(id)}\" (id {id}) is zero and has no direction; leave its pair out");
    }

    private static TokenRef Ref(EmbeddingTable table, int id) => new(id, table.Text(id));
}
