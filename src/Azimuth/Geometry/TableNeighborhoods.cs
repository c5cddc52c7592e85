using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>What the ten nearest rows of all rows, or of a sample, say about a table: agreement of the metrics, hubs, what a map keeps, dimension.</summary>
public sealed record TableNeighborhoods
{
    private const int K = 10;

    /// <summary>How far cosine, dot product and Euclidean distance find the same ten.</summary>
    [JsonPropertyName("neighbourOverlap10")]
    public required MetricOverlap Overlap { get; init; }

    /// <summary>Rows that come near to many others by cosine.</summary>
    [JsonPropertyName("hubness10")]
    public required Hubness Hubness { get; init; }

    /// <summary>What a map on the first two principal components shows and keeps; null for one column.</summary>
    [JsonPropertyName("mapPca2d")]
    public required MapQuality? Map { get; init; }

    /// <summary>
    /// Dimension of the cloud of rows by the distances r₁ &lt; r₂ to the two nearest (Facco et al. 2017, maximum likelihood): (n − 1)/Σ ln(r₂/r₁) over the n
    /// rows asked about that have r₁ above 0. For information: noise and uneven density move it. Null with fewer than two such rows, or when all r₂ = r₁.
    /// </summary>
    [JsonPropertyName("twoNnDimension")]
    public required double? TwoNnDimension { get; init; }

    /// <summary>Rows asked about.</summary>
    public required int NeighbourQueries { get; init; }

    /// <summary>What their draw was started with; null when all rows were asked about.</summary>
    public required ulong? NeighbourSeed { get; init; }

    /// <summary>Which rows were asked about.</summary>
    [JsonIgnore]
    public RowSample Sample { get; init; } = RowSample.Of(0, 1);

    /// <summary>The rows asked about when nothing else is said: all of up to 5,000, else 500 to 2,000, fewer of a larger table.</summary>
    public static RowSample DefaultSample(EmbeddingTable table, ulong seed = 1) => SampleFor(table, 2e11, 500, 2000, seed);

    /// <summary>The rows that a map's quality is judged by when nothing else is said: all of a small table, else 100 to 2,000.</summary>
    public static RowSample DefaultMapSample(EmbeddingTable table, ulong seed = 1) => SampleFor(table, 1e10, 100, 2000, seed);

    private static RowSample SampleFor(EmbeddingTable table, double products, int least, int most, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(table);
        double perQuery = Math.Max(1.0, (double)table.Count * table.ModelDim);
        return RowSample.Of(table.Count, perQuery * table.Count <= products && table.Count <= 5000 ? 5000 : (int)Math.Clamp(products / perQuery, least, most), seed);
    }

    /// <summary>Looks at the neighbours of some rows.</summary>
    /// <param name="table">At least one row and one column, finite numbers.</param>
    /// <param name="spectrum">Of its rows, for the map.</param>
    /// <param name="sample">The rows asked about.</param>
    /// <param name="mapSample">The rows that the map's quality is judged by, which costs a comparison with every row each.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share done, 0 to 1; may be called from any thread.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    public static TableNeighborhoods Of(
        EmbeddingTable table, TableSpectrum spectrum, RowSample sample, RowSample mapSample, Workers workers,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(spectrum);
        ArgumentNullException.ThrowIfNull(sample);
        int[][] cosine = Lists(SimilarityMetric.Cosine, 0), dot = Lists(SimilarityMetric.Dot, 0.25), euclidean = Lists(SimilarityMetric.Euclidean, 0.5);
        MapQuality? map = null;
        if (spectrum.Columns > 1)
        {
            PcaProjection plane = PcaProjection.Of(spectrum, 2);
            StoredMatrix points = StoredMatrix.FromFloats(plane.Project(table.Rows, workers, cancellation), table.Count, 2);
            map = MapQuality.Of(table.Rows, points, plane.VarianceShown, mapSample, workers, new Part(progress, 0.75), cancellation);
        }

        return new TableNeighborhoods
        {
            Overlap = new MetricOverlap(ListAgreement.Of(cosine, dot), ListAgreement.Of(cosine, euclidean), ListAgreement.Of(dot, euclidean)),
            Hubness = Hubness.Of(table, cosine),
            Map = map,
            TwoNnDimension = TwoNn(table.Rows, sample.Ids, euclidean),
            NeighbourQueries = sample.Ids.Count,
            NeighbourSeed = sample.Seed,
            Sample = sample,
        };

        int[][] Lists(SimilarityMetric metric, double from) => NearestRows.Find(table.Rows, sample.Ids, K, metric, workers, new Part(progress, from), cancellation);
    }

    private static double? TwoNn(StoredMatrix rows, IReadOnlyList<int> ids, int[][] euclidean)
    {
        double sum = 0;
        int counted = 0;
        for (int q = 0; q < euclidean.Length; q++)
        {
            if (euclidean[q].Length < 2)
                continue;
            float[] row = rows.Row(ids[q]);
            double first = Vectors.Distance(row, rows.Row(euclidean[q][0])), second = Vectors.Distance(row, rows.Row(euclidean[q][1]));
            if (first == 0)
                continue;
            sum += Math.Log(second / first);
            counted++;
        }

        return counted > 1 && sum > 0 ? (counted - 1) / sum : null;
    }

    /// <summary>A quarter of the work.</summary>
    private sealed class Part(IProgress<double>? whole, double from) : IProgress<double>
    {
        public void Report(double value) => whole?.Report(from + value / 4);
    }
}
