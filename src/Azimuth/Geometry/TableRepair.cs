using System.Buffers;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>What is done to a table's rows so that directions tell them apart better.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RepairKind>))]
public enum RepairKind
{
    /// <summary>Nothing: the rows as stored.</summary>
    [JsonStringEnumMemberName("raw")]
    Raw,

    /// <summary>The mean row is subtracted.</summary>
    [JsonStringEnumMemberName("centred")]
    Centre,

    /// <summary>All-but-the-top: the mean row is subtracted, then each row's parts along the first principal components (Mu &amp; Viswanath 2018).</summary>
    [JsonStringEnumMemberName("removeComponents")]
    RemoveComponents,

    /// <summary>Coordinates along the principal components, each divided by its standard deviation: (x − mean) V (Λ + ε)^(−½).</summary>
    [JsonStringEnumMemberName("whitenPca")]
    WhitenPca,

    /// <summary>The same turned back into the table's own axes, the whitening nearest to the rows: (x − mean) V (Λ + ε)^(−½) Vᵀ (Bell &amp; Sejnowski 1997).</summary>
    [JsonStringEnumMemberName("whitenZca")]
    WhitenZca,
}

/// <summary>Which repair, and its numbers.</summary>
/// <param name="Kind">What is done.</param>
public sealed record RepairOptions(RepairKind Kind)
{
    /// <summary>How many components all-but-the-top removes, 0 to the width; a hundredth of the width, rounded, and at least 1 when null (the paper's rule).</summary>
    public int? Components { get; init; }

    /// <summary>Added to every variance before whitening divides by its root, 0 or more.</summary>
    public double Epsilon { get; init; } = 1e-5;
}

/// <summary>
/// A repair of a table: fitted on all its rows through their covariance, applied to rows a tile at a time. All sums are in double. Immutable, safe for
/// many threads.
/// </summary>
public sealed class TableRepair
{
    private readonly double[] _mean;
    private readonly double _meanNorm;
    private readonly DoubleRows? _along; // removal: the components [D, model]; whitening: rows that are the result's columns [model, model]
    private readonly DoubleRows? _back; // removal: the components again, as columns [model, D]

    private TableRepair(RepairOptions options, int removed, double[] mean, DoubleRows? along, DoubleRows? back)
    {
        (Kind, Removed, Epsilon) = (options.Kind, removed, options.Epsilon);
        (_mean, _meanNorm, _along, _back) = (mean, TensorPrimitives.Norm<double>(mean), along, back);
    }

    /// <summary>What is done.</summary>
    public RepairKind Kind { get; }

    /// <summary>Components removed; 0 for other repairs.</summary>
    public int Removed { get; }

    /// <summary>What whitening adds to every variance.</summary>
    public double Epsilon { get; }

    /// <summary>Length of a row, before and after.</summary>
    public int Columns => _mean.Length;

    /// <summary>What is done, in words: "mean and first 6 principal components removed".</summary>
    public string Description => Kind switch
    {
        RepairKind.Raw => "rows as stored",
        RepairKind.Centre => "mean row removed",
        RepairKind.RemoveComponents when Removed == 0 => "mean row removed",
        RepairKind.RemoveComponents => string.Create(CultureInfo.InvariantCulture, $"mean row and first {(Removed == 1 ? "principal component" : $"{Removed} principal components")} removed"),
        RepairKind.WhitenPca => string.Create(CultureInfo.InvariantCulture, $"PCA whitening, epsilon {Epsilon:0.######e+0;;0}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"ZCA whitening, epsilon {Epsilon:0.######e+0;;0}"),
    };

    /// <summary>The number of components that all-but-the-top removes when none is given: a hundredth of the width, rounded, at least 1.</summary>
    public static int DefaultComponents(int columns) => Math.Max(1, (int)Math.Round(columns / 100.0, MidpointRounding.AwayFromZero));

    /// <summary>Fits a repair on all rows of a matrix.</summary>
    /// <param name="rows">At least one row and one column, finite numbers.</param>
    /// <param name="options">Which repair.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between blocks of rows.</param>
    /// <exception cref="ArgumentException">An empty matrix, or NaN or infinities in it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 0 components or more than columns; an epsilon below 0 or not finite.</exception>
    public static TableRepair Fit(StoredMatrix rows, RepairOptions options, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(options);
        if (rows.Rows == 0 || rows.Columns == 0)
            throw new ArgumentException($"an empty matrix [{rows.Rows}, {rows.Columns}] has nothing to repair", nameof(rows));
        Check(options, rows.Columns);
        if (options.Kind == RepairKind.Raw)
            return Of(new double[rows.Columns], null, options, 1);
        if (options.Kind == RepairKind.Centre)
        {
            (double[] mean, long finite) = MeanRow.OfFinite(rows, workers, cancellation);
            return finite == rows.Rows ? Of(mean, null, options, rows.Rows) : throw new ArgumentException($"{rows.Rows - finite} rows hold NaN or infinities, expected finite numbers", nameof(rows));
        }

        Gram gram = Gram.Of(rows, workers, cancellation);
        return Of(gram.Mean, SymmetricEigen.Decompose(gram.Covariance(), gram.Columns, workers), options, gram.RowCount);
    }

    /// <summary>The same of a table, whose rows are looked at first: one that holds NaN or an infinity is named.</summary>
    /// <exception cref="ArgumentException">An empty table.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 0 components or more than columns; an epsilon below 0 or not finite.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity; the first such row is named.</exception>
    public static TableRepair Fit(EmbeddingTable table, RepairOptions options, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(workers);
        TableScan.RequireFinite(table, TableScan.Norms(table.Rows, workers, cancellation));
        return Fit(table.Rows, options, workers, cancellation);
    }

    /// <summary>The same from a spectrum that is known already.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 0 components or more than columns; an epsilon below 0 or not finite.</exception>
    public static TableRepair Of(TableSpectrum spectrum, RepairOptions options)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        ArgumentNullException.ThrowIfNull(options);
        Check(options, spectrum.Columns);
        return Of(spectrum.Mean, spectrum.Covariance, options, spectrum.RowCount);
    }

    /// <summary>Repairs rows, rounding the results to float. A row of which nothing but rounding is left (one equal to the mean) becomes zero.</summary>
    /// <param name="rows">[count, columns].</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="repaired">[count, columns], overwritten; may be the same span.</param>
    /// <exception cref="ArgumentException">A span of another length than the shapes need.</exception>
    public void Apply(ReadOnlySpan<float> rows, int count, Span<float> repaired)
    {
        if (rows.Length != (long)count * Columns || repaired.Length != rows.Length)
            throw new ArgumentException($"rows and repaired rows of [{count}, {Columns}] expected, found {rows.Length} and {repaired.Length} values");
        if (Kind == RepairKind.Raw)
        {
            rows.CopyTo(repaired);
            return;
        }

        const int together = 64;
        // A large table is repaired a tile at a time, many thousand calls.
        double[] centred = ArrayPool<double>.Shared.Rent(together * Columns), result = ArrayPool<double>.Shared.Rent(together * Columns);
        double[] along = ArrayPool<double>.Shared.Rent(together * (_along?.Count ?? 0));
        for (int first = 0; first < count; first += together)
        {
            int here = Math.Min(together, count - first);
            for (int i = 0; i < here; i++)
                PcaProjection.Centre(rows.Slice((first + i) * Columns, Columns), _mean, centred.AsSpan(i * Columns, Columns));
            Span<double> from = centred.AsSpan(0, here * Columns), to = result.AsSpan(0, here * Columns);
            if (_back is not null)
            {
                _along!.Multiply(from, here, along.AsSpan(0, here * _along.Count));
                _back.Multiply(along.AsSpan(0, here * _along.Count), here, to);
                TensorPrimitives.Subtract(from, to, to);
            }
            else if (_along is not null)
            {
                _along.Multiply(from, here, to);
            }
            else
            {
                from.CopyTo(to);
            }

            for (int i = 0; i < here; i++)
            {
                int at = i * Columns;
                if (IsNoise(rows.Slice(first * Columns + at, Columns), Kind == RepairKind.RemoveComponents ? to.Slice(at, Columns) : from.Slice(at, Columns)))
                    to.Slice(at, Columns).Clear();
            }

            TensorPrimitives.ConvertTruncating<double, float>(to, repaired.Slice(first * Columns, to.Length));
        }

        ArrayPool<double>.Shared.Return(centred);
        ArrayPool<double>.Shared.Return(result);
        ArrayPool<double>.Shared.Return(along);
    }

    /// <summary>True when rounding alone can have made what is left of a row: it has no direction then.</summary>
    private bool IsNoise(ReadOnlySpan<float> before, ReadOnlySpan<double> left) =>
        TensorPrimitives.Norm(left) <= 1e-13 * (Vectors.Norm(before) + _meanNorm);

    /// <summary>One row of a matrix, repaired [columns].</summary>
    public float[] Row(StoredMatrix rows, int id)
    {
        ArgumentNullException.ThrowIfNull(rows);
        float[] row = rows.Row(id);
        Apply(row, 1, row);
        return row;
    }

    /// <summary>A table whose rows are repaired, as floats in memory of their own; the tokens stay.</summary>
    /// <param name="table">A table of the repair's width, usually the one it was fitted on.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">A table of another width.</exception>
    public EmbeddingTable Apply(EmbeddingTable table, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(workers);
        if (table.ModelDim != Columns)
            throw new ArgumentException($"a table of {Columns} columns expected, found {table.ModelDim}", nameof(table));
        StoredMatrix rows = StoredMatrix.FromTiles(table.Count, Columns, workers, (first, count, tile) =>
        {
            table.Rows.ReadRows(first, count, tile);
            Apply(tile, count, tile);
        }, cancellation);
        return new EmbeddingTable(table.Name, rows, table.Text, table.Find) { File = table.File };
    }

    private static TableRepair Of(double[] mean, SymmetricEigen? covariance, RepairOptions options, long rowCount)
    {
        int columns = mean.Length;
        switch (options.Kind)
        {
            case RepairKind.RemoveComponents:
                int removed = Math.Min(columns, options.Components ?? DefaultComponents(columns));
                var components = covariance!.Vectors.AsSpan(0, removed * columns);
                var turned = new double[removed * columns]; // [model, D]
                for (int e = 0; e < removed; e++)
                {
                    for (int c = 0; c < columns; c++)
                        turned[c * removed + e] = components[e * columns + c];
                }

                return removed == 0 ? new TableRepair(options, 0, mean, null, null)
                    : new TableRepair(options, removed, mean, new DoubleRows(components, removed, columns), new DoubleRows(turned, columns, removed));
            case RepairKind.WhitenPca or RepairKind.WhitenZca:
                double[] scaled = [.. covariance!.Vectors]; // [component, model]
                double[] factors = WhiteningFactors(covariance, rowCount, options.Epsilon);
                for (int e = 0; e < columns; e++)
                    TensorPrimitives.Multiply(scaled.AsSpan(e * columns, columns), factors[e], scaled.AsSpan(e * columns, columns));
                double[] rows = options.Kind == RepairKind.WhitenPca ? scaled : TurnedBack(covariance, scaled);
                return new TableRepair(options, 0, mean, new DoubleRows(rows, columns, columns), null);
            default:
                return new TableRepair(options, 0, mean, null, null);
        }
    }

    /// <summary>1/√(λ + ε) with λ divided by n − 1; 0 for directions that neither have.</summary>
    internal static double[] WhiteningFactors(SymmetricEigen covariance, long rowCount, double epsilon)
    {
        double sample = rowCount > 1 ? rowCount / (rowCount - 1.0) : 1;
        double noise = Math.Max(0, covariance.Values[0]) * covariance.Order * Math.ScaleB(1, -52);
        return Array.ConvertAll(covariance.Values, v => (v > noise ? v : 0) * sample + epsilon is double spread and > 0 ? 1 / Math.Sqrt(spread) : 0);
    }

    /// <summary>V (Λ + ε)^(−½) Vᵀ, which is symmetric [model, model].</summary>
    private static double[] TurnedBack(SymmetricEigen covariance, double[] scaled)
    {
        using var alone = new Workers(1);
        return DoubleProduct.OfColumns(scaled, covariance.Order, covariance.Vectors, covariance.Order, covariance.Order, alone);
    }

    private static void Check(RepairOptions options, int columns)
    {
        if (options.Components is int components && (components < 0 || components > columns))
            throw new ArgumentOutOfRangeException(nameof(options), components, $"0 to {columns} components can be removed from rows of {columns}");
        if (!(options.Epsilon >= 0 && double.IsFinite(options.Epsilon)))
            throw new ArgumentOutOfRangeException(nameof(options), options.Epsilon, "an epsilon of 0 or more expected");
    }
}
