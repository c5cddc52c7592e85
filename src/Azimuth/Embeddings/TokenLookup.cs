using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>From ids to rows: what the model looks up for each token, and how the directions of those rows lie to each other.</summary>
public sealed record TokenLookup
{
    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>Length of a row.</summary>
    public required int ModelDim { get; init; }

    /// <summary>The tokens looked up, in the order given; repeats stay.</summary>
    public required IReadOnlyList<TokenRef> Tokens { get; init; }

    /// <summary>Euclidean length of each token's row.</summary>
    public required IReadOnlyList<double> Norms { get; init; }

    /// <summary>The first values of each row, at most 8: [token][value].</summary>
    public required IReadOnlyList<IReadOnlyList<float>> RowsPreview { get; init; }

    /// <summary>Cosine of every pair, −1 to 1: [token][token]; null where either row is zero and has no direction.</summary>
    public required IReadOnlyList<IReadOnlyList<double?>> Cosine { get; init; }

    /// <summary>Angle of every pair in degrees, 0 to 180: [token][token]; null where either row is zero.</summary>
    public required IReadOnlyList<IReadOnlyList<double?>> AngleDegrees { get; init; }

    /// <summary>Largest absolute difference between a token's row and the product of its one-hot vector with the table: 0 shows that looking up is that product.</summary>
    public required double OneHotMaxDifference { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();

    /// <summary>Looks the ids up.</summary>
    /// <param name="table">The table [vocab, model].</param>
    /// <param name="ids">Row numbers; may repeat, may be empty.</param>
    /// <param name="workers">The threads to use.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id without a row.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row looked up holds NaN or an infinity.</exception>
    public static TokenLookup Of(EmbeddingTable table, ReadOnlySpan<int> ids, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(workers);
        var rows = new float[ids.Length][]; // [token][model]
        for (int i = 0; i < ids.Length; i++)
            rows[i] = TableScan.FiniteRow(table, ids[i]);
        return new TokenLookup
        {
            Table = table.Name,
            ModelDim = table.ModelDim,
            Tokens = [.. ids.ToArray().Select(id => new TokenRef(id, table.Text(id)))],
            Norms = [.. rows.Select(row => Vectors.Norm(row))],
            RowsPreview = [.. rows.Select(row => row[..Math.Min(8, row.Length)])],
            Cosine = Pairs(rows, (a, b) => Vectors.Cosine(a, b)),
            AngleDegrees = Pairs(rows, (a, b) => Vectors.AngleDegrees(a, b)),
            OneHotMaxDifference = OneHotDifference(table, ids, rows, workers),
            Conventions = Conventions.OfTable(table, "cosine and angle compare directions only; a zero row has none"),
        };
    }

    private static double?[][] Pairs(float[][] rows, Func<float[], float[], double?> compare) // [token][token]
    {
        var all = new double?[rows.Length][];
        for (int i = 0; i < rows.Length; i++)
            all[i] = new double?[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j <= i; j++)
                all[i][j] = all[j][i] = compare(rows[i], rows[j]);
        }

        return all;
    }

    /// <summary>
    /// Really multiplies: every row of the table times its entry of the one-hot vector, zeros included, added up. Only one term is not zero, so
    /// the order of the sum cannot matter; a NaN anywhere in the table would show, as 0 · NaN is NaN.
    /// </summary>
    private static double OneHotDifference(EmbeddingTable table, ReadOnlySpan<int> ids, float[][] rows, Workers workers)
    {
        int columns = table.ModelDim;
        int[] distinct = [.. ids.ToArray().Distinct()];
        var products = new float[distinct.Length * columns]; // [distinct token, model]
        TableScan.Run(table.Rows, workers, (first, count, tile) =>
        {
            var sums = new float[products.Length]; // this tile's share
            for (int t = 0; t < distinct.Length; t++)
            {
                var sum = sums.AsSpan(t * columns, columns);
                for (int i = 0; i < count; i++)
                    TensorPrimitives.MultiplyAdd(tile.Slice(i * columns, columns), distinct[t] == first + i ? 1f : 0f, sum, sum);
            }

            lock (products)
                TensorPrimitives.Add(products, sums, products);
        });
        double largest = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            int at = Array.IndexOf(distinct, ids[i]) * columns;
            for (int c = 0; c < columns; c++)
                largest = Math.Max(largest, Math.Abs((double)products[at + c] - rows[i][c]));
        }

        return largest;
    }
}
