using System.Numerics.Tensors;
using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry.Alignment;

/// <summary>By what the tokens that moved most are chosen.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DriftOrder>))]
public enum DriftOrder
{
    /// <summary>Angle after the alignment: what no common rotation explains.</summary>
    [JsonStringEnumMemberName("after")]
    After,

    /// <summary>Angle between the rows as stored.</summary>
    [JsonStringEnumMemberName("before")]
    Before,

    /// <summary>|ln(|b| / |a|)|: the length that changed by the largest factor, up or down.</summary>
    [JsonStringEnumMemberName("norm")]
    Norm,
}

/// <summary>Ratios |b| / |a| of all pairs; pairs whose row in A is zero are left out.</summary>
/// <param name="Least">The smallest.</param>
/// <param name="Median">The one in the middle.</param>
/// <param name="Largest">The largest.</param>
public sealed record NormRatioSummary(double Least, double Median, double Largest);

/// <summary>How a table changed from one checkpoint A to another one B of the same model or vocabulary.</summary>
public sealed record TableDrift
{
    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>How rows were paired.</summary>
    public required MatchRule Match { get; init; }

    /// <summary>Number of pairs.</summary>
    public required int Pairs { get; init; }

    /// <summary>Tokens that only B has, ascending.</summary>
    public required IReadOnlyList<TokenRef> Added { get; init; }

    /// <summary>Tokens that only A has, ascending.</summary>
    public required IReadOnlyList<TokenRef> Removed { get; init; }

    /// <summary>Texts that name several rows and were left out for it.</summary>
    public required int RepeatedTexts { get; init; }

    /// <summary>Pairs whose rows hold the same numbers.</summary>
    public required int IdenticalRows { get; init; }

    /// <summary>All rows hold the same numbers and no token came or went.</summary>
    public required bool Identical { get; init; }

    /// <summary>|B − A| / |A| over all pairs, Frobenius; NaN when A is zero and B is not.</summary>
    public required double RelativeChange { get; init; }

    /// <summary>Angles before and after the alignment.</summary>
    public required AngleSummary AngleSummary { get; init; }

    /// <summary>Ratios of length as stored.</summary>
    public required NormRatioSummary NormRatioSummary { get; init; }

    /// <summary>The centred alignment (<see cref="Alignment.Procrustes"/>).</summary>
    public required Procrustes Procrustes { get; init; }

    /// <summary>By what <see cref="TopMovers"/> are chosen.</summary>
    public required DriftOrder Order { get; init; }

    /// <summary>The tokens that moved most.</summary>
    public required IReadOnlyList<Mover> TopMovers { get; init; }

    /// <summary>Every pair's numbers.</summary>
    [JsonIgnore]
    public RowChanges? Rows { get; init; }

    /// <summary>Compares the paired rows of two tables of the same width.</summary>
    /// <param name="pair">At least two pairs.</param>
    /// <param name="order">By what the movers are chosen.</param>
    /// <param name="movers">How many are listed, 0 or more.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the step and its share done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">Fewer than two pairs, or tables of different width.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A paired row holds NaN or an infinity.</exception>
    public static TableDrift Of(
        TablePair pair, DriftOrder order, int movers, Workers workers, Func<string, IProgress<double>>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(movers);
        if (pair.Count < 2)
            throw new ArgumentException($"two tokens in common are needed to compare tables, found {pair.Count}", nameof(pair));
        PairedMoments moments = PairedMoments.Of(pair, workers, progress?.Invoke("adding up products of rows"), cancellation);
        progress?.Invoke("finding the rotation").Report(0);
        Procrustes alignment = Procrustes.Of(moments, centred: true, workers, cancellation);
        RowChanges rows = RowChanges.Of(pair, alignment, workers, progress?.Invoke("comparing rows"), cancellation);
        var (change, identical) = Change(pair, workers, cancellation);
        double squareA = moments.SquaredNormA(centred: false);
        TokenRef[] added = Named(pair.B, pair.OnlyInB), removed = Named(pair.A, pair.OnlyInA);
        return new TableDrift
        {
            Table = pair.A.Name,
            Match = pair.Rule,
            Pairs = pair.Count,
            Added = added,
            Removed = removed,
            RepeatedTexts = pair.RepeatedTexts,
            IdenticalRows = identical,
            Identical = identical == pair.Count && added.Length == 0 && removed.Length == 0,
            RelativeChange = change == 0 ? 0 : squareA == 0 ? double.NaN : Math.Sqrt(change / squareA),
            AngleSummary = AngleSummary.Of(rows),
            NormRatioSummary = Ratios(rows.NormRatioBefore),
            Procrustes = alignment.WithMeanCosine(rows.MeanCosineAfter),
            Order = order,
            TopMovers = Mover.Largest(pair, rows, Keys(rows, order), movers),
            Rows = rows,
        };
    }

    private static double[] Keys(RowChanges rows, DriftOrder order) => order switch
    {
        DriftOrder.Before => rows.AngleBeforeDegrees,
        DriftOrder.Norm => Array.ConvertAll(rows.NormRatioBefore, ratio => Math.Abs(Math.Log(ratio))),
        _ => rows.AngleAfterDegrees,
    };

    private static TokenRef[] Named(EmbeddingTable table, IReadOnlyList<int> ids) => [.. ids.Select(id => new TokenRef(id, table.Text(id)))];

    private static NormRatioSummary Ratios(double[] ratios)
    {
        double[] there = [.. ratios.Where(r => !double.IsNaN(r)).Order()];
        return there.Length == 0 ? new NormRatioSummary(double.NaN, double.NaN, double.NaN) : new NormRatioSummary(there[0], TableMeasures.Quantile(there, 0.5), there[^1]);
    }

    /// <summary>Σ |b − a|² from the differences themselves, and how many pairs are equal.</summary>
    private static (double Squares, int Identical) Change(TablePair pair, Workers workers, CancellationToken cancellation)
    {
        const int rowsPerPart = 256; // fixed, so that the order of summation never depends on the threads
        int parts = (pair.Count + rowsPerPart - 1) / rowsPerPart, d = pair.A.ModelDim;
        var squares = new double[parts];
        var identical = new int[parts];
        workers.Run(parts, part =>
        {
            cancellation.ThrowIfCancellationRequested();
            float[] a = new float[d], b = new float[d];
            for (int i = part * rowsPerPart; i < Math.Min(pair.Count, (part + 1) * rowsPerPart); i++)
            {
                pair.A.Rows.ReadRow(pair.IdsA[i], a);
                pair.B.Rows.ReadRow(pair.IdsB[i], b);
                double distance = Vectors.Distance(a, b);
                squares[part] += distance * distance;
                identical[part] += a.AsSpan().SequenceEqual(b) ? 1 : 0;
            }
        });
        return (TensorPrimitives.Sum<double>(squares), identical.Sum());
    }
}
