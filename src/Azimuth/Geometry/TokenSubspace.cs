using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>What is subtracted from every row before a subspace is looked at.</summary>
public enum SubspaceCentre
{
    /// <summary>Nothing: the subspace goes through the origin and holds the rows themselves.</summary>
    None,

    /// <summary>The group's own mean row: the subspace of its differences (principal components).</summary>
    Group,

    /// <summary>The table's mean row: what all tokens have in common does not count.</summary>
    Table,
}

/// <summary>A token and how much of it lies in a subspace.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Inside">|P x|/|x|: 0 at a right angle, 1 inside; the cosine of the angle between the row and the subspace.</param>
/// <param name="LeftOut">The same with the subspace of the other tokens of the group; null for tokens outside the group and groups of one.</param>
public sealed record TokenShare(int Id, string Text, double Inside, double? LeftOut);

/// <summary>
/// The subspace that a group of rows spans, or its first components: an orthonormal basis from the singular value decomposition of the rows. P x is the projection
/// (Golub and Van Loan, Matrix Computations, §2.5). Immutable, safe for many threads.
/// </summary>
public sealed class TokenSubspace
{
    private readonly EmbeddingTable _table;
    private readonly double[] _centre;

    private TokenSubspace(EmbeddingTable table, IReadOnlyList<TokenRef> tokens, SubspaceCentre centre, double[] offset, double[][] basis, double[] shares) =>
        (_table, Tokens, Centre, _centre, Basis, ExplainedVarianceRatio) = (table, tokens, centre, offset, basis, shares);

    /// <summary>The group.</summary>
    public IReadOnlyList<TokenRef> Tokens { get; }

    /// <summary>What was subtracted from every row.</summary>
    public SubspaceCentre Centre { get; }

    /// <summary>Orthonormal rows, the direction with most of the group's squared length first [dimension][model].</summary>
    public double[][] Basis { get; }

    /// <summary>Dimension of the subspace.</summary>
    public int Dimension => Basis.Length;

    /// <summary>Share of the group's squared length along each direction of the group's span, those beyond <see cref="Dimension"/> too.</summary>
    public IReadOnlyList<double> ExplainedVarianceRatio { get; }

    /// <summary>√(dimension / model): the share of a row of random direction that is inside (root mean square).</summary>
    public double ShareByChance => Math.Sqrt((double)Dimension / _table.ModelDim);

    /// <summary>Finds the subspace of a group.</summary>
    /// <param name="table">The rows.</param>
    /// <param name="ids">The group: different rows, one at least.</param>
    /// <param name="centre">What is subtracted first.</param>
    /// <param name="components">How many directions at most; all that the group spans when null.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <exception cref="ArgumentException">No row, a row twice, or rows that span nothing.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity.</exception>
    public static TokenSubspace Of(EmbeddingTable table, IReadOnlyList<int> ids, SubspaceCentre centre, int? components, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(workers);
        if (components is int most)
            ArgumentOutOfRangeException.ThrowIfLessThan(most, 1, nameof(components));
        if (ids.Count == 0 || ids.Distinct().Count() != ids.Count)
            throw new ArgumentException("a group of at least one row, none of them twice, expected", nameof(ids));
        double[][] rows = [.. ids.Select(id => Array.ConvertAll(TableScan.FiniteRow(table, id), v => (double)v))];
        double[] offset = centre switch
        {
            SubspaceCentre.Group => Mean(rows),
            SubspaceCentre.Table => MeanRow.OfFinite(table.Rows, workers).Mean,
            _ => new double[table.ModelDim],
        };
        return Build(table, ids, rows, centre, offset, components, workers) ?? throw new ArgumentException(
            $"the group of {ids.Count} rows spans nothing: its rows{(centre == SubspaceCentre.None ? "" : ", less the centre,")} are zero", nameof(ids));
    }

    /// <summary>How much of a row is inside; null when the row, less the centre, is zero or not finite.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public double? Inside(int id)
    {
        float[] row = _table.Vector(id);
        double share = Inside(row, new double[row.Length]);
        return double.IsNaN(share) ? null : share;
    }

    /// <summary>
    /// The group's tokens with their shares. With all components each is inside by construction: the honest number is <see cref="TokenShare.LeftOut"/>,
    /// its share in the subspace of the others.
    /// </summary>
    /// <param name="workers">The threads to use.</param>
    /// <param name="cancellation">Checked between tokens.</param>
    public IReadOnlyList<TokenShare> Members(Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(workers);
        List<TokenShare> members = [];
        foreach (TokenRef token in Tokens)
        {
            cancellation.ThrowIfCancellationRequested();
            members.Add(new TokenShare(token.Id, token.Text, Inside(token.Id) ?? double.NaN, LeftOut(token, workers)));
        }

        return members;
    }

    /// <summary>The tokens outside the group of which most is inside, equal shares by lower id; rows without direction are left out.</summary>
    /// <param name="count">How many.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    public IReadOnlyList<TokenShare> Nearest(int count, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var shares = new double[_table.Count];
        int columns = _table.ModelDim;
        TableScan.Run(_table.Rows, workers, (first, rows, tile) =>
        {
            var scratch = new double[columns];
            for (int i = 0; i < rows; i++)
                shares[first + i] = Inside(tile.Slice(i * columns, columns), scratch);
        }, cancellation);
        foreach (TokenRef token in Tokens)
            shares[token.Id] = double.NaN;
        return [.. Ranking.Highest(shares, count).Select(id => new TokenShare(id, _table.Text(id), shares[id], null))];
    }

    /// <summary>
    /// Angles in degrees between two subspaces, smallest first, as many as the smaller has dimensions: the first is the least angle between a vector of
    /// one and a vector of the other, and so on at right angles to those (Björck and Golub 1973). Accurate near 0 and 90: small ones come from sines.
    /// </summary>
    /// <exception cref="ArgumentException">Subspaces of different spaces.</exception>
    public double[] PrincipalAnglesDegrees(TokenSubspace other, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(workers);
        int d = _table.ModelDim;
        if (other._table.ModelDim != d)
            throw new ArgumentException($"subspaces of the same space expected, found {d} and {other._table.ModelDim} dimensions", nameof(other));
        var (large, small) = Dimension >= other.Dimension ? (Basis, other.Basis) : (other.Basis, Basis);
        int m = small.Length;
        double[] products = new double[m * large.Length], rest = new double[m * d]; // [small, large], [small, model]
        for (int s = 0; s < m; s++)
        {
            var left = rest.AsSpan(s * d, d);
            small[s].CopyTo(left);
            for (int l = 0; l < large.Length; l++)
                products[s * large.Length + l] = TensorPrimitives.Dot<double>(small[s], large[l]);
            for (int l = 0; l < large.Length; l++)
                TensorPrimitives.MultiplyAdd(large[l], -products[s * large.Length + l], left, left);
        }

        double[] cosines = SingularValues.Of(products, m, large.Length, workers).Values; // largest first
        double[] sines = [.. SingularValues.Of(rest, m, d, workers).Values.Reverse()]; // smallest first: the same order of angles
        return [.. cosines.Zip(sines, (c, s) => (c * c < 0.5 ? Math.Acos(Math.Clamp(c, 0, 1)) : Math.Asin(Math.Clamp(s, 0, 1))) * (180 / Math.PI))];
    }

    /// <summary>Null when the rows span nothing.</summary>
    private static TokenSubspace? Build(
        EmbeddingTable table, IReadOnlyList<int> ids, double[][] rows, SubspaceCentre centre, double[] offset, int? components, Workers workers)
    {
        int d = table.ModelDim;
        var matrix = new double[checked(ids.Count * d)]; // [token, model]
        for (int i = 0; i < rows.Length; i++)
            TensorPrimitives.Subtract(rows[i], offset, matrix.AsSpan(i * d, d));
        var decomposition = SingularValues.Of(matrix, ids.Count, d, workers);
        int rank = decomposition.Rank, dimension = Math.Min(rank, components ?? rank);
        if (rank == 0)
            return null;
        double total = TensorPrimitives.SumOfSquares<double>(decomposition.Values);
        double[][] basis = [.. Enumerable.Range(0, dimension).Select(i => decomposition.Right.AsSpan(i * d, d).ToArray())];
        return new TokenSubspace(table, [.. ids.Select(id => new TokenRef(id, table.Text(id)))], centre, offset, basis, [.. decomposition.Values.Take(rank).Select(v => v * v / total)]);
    }

    private double? LeftOut(TokenRef token, Workers workers)
    {
        int[] others = [.. Tokens.Where(other => other.Id != token.Id).Select(other => other.Id)];
        if (others.Length == 0)
            return null;
        double[][] rows = [.. others.Select(id => Array.ConvertAll(_table.Vector(id), v => (double)v))];
        double[] offset = Centre == SubspaceCentre.Group ? Mean(rows) : _centre;
        return Build(_table, others, rows, Centre, offset, Dimension, workers)?.Inside(token.Id);
    }

    private double Inside(ReadOnlySpan<float> row, Span<double> scratch)
    {
        TensorPrimitives.ConvertTruncating(row, scratch);
        TensorPrimitives.Subtract(scratch, _centre, scratch);
        double square = TensorPrimitives.SumOfSquares<double>(scratch), inside = 0;
        if (!(square > 0 && double.IsFinite(square)))
            return double.NaN;
        foreach (double[] direction in Basis)
        {
            double along = TensorPrimitives.Dot<double>(scratch, direction);
            inside += along * along;
        }

        return Math.Min(1, Math.Sqrt(inside / square));
    }

    private static double[] Mean(double[][] rows)
    {
        var mean = new double[rows[0].Length];
        foreach (double[] row in rows)
            TensorPrimitives.Add(mean, row, mean);
        TensorPrimitives.Divide(mean, (double)rows.Length, mean);
        return mean;
    }
}
