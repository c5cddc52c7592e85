using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

public sealed class TableNeighborhoodsTests : IDisposable
{
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Hubs_are_counted_from_the_lists_and_equal_counts_go_to_the_lower_id()
    {
        EmbeddingTable table = Tables.Of(5, 2, Tables.Normal(10, seed: 1));
        Hubness got = Hubness.Of(table, [[1, 3], [3, 0], [3], [1], []]);
        Assert.Equal([1, 2, 0, 3, 0], got.Counts);
        Assert.Equal((3, 3, 2), (got.HubId, got.MaxCount, got.NeverANeighbour));
        Assert.Equal([3, 1, 0, 2, 4], got.TopHubs.Select(hub => hub.Id));
        // Mean 1.2, deviations −0.2, 0.8, −1.2, 1.8, −1.2.
        double cubes = (-0.008 + 0.512 - 1.728 + 5.832 - 1.728) / 5, squares = (0.04 + 0.64 + 1.44 + 3.24 + 1.44) / 5;
        Assert.Equal(cubes / Math.Pow(squares, 1.5), got.Skewness, 1e-12);
        Assert.Equal(double.NaN, Hubness.Of(table, [[], [], [], [], []]).Skewness);
    }

    [Fact]
    public void Lists_agree_by_their_common_part_and_empty_ones_are_left_out()
    {
        ListAgreement got = ListAgreement.Of([[1, 2, 3], [4], []], [[3, 2, 9], [4, 5], [1]]);
        Assert.Equal((2.0 / 3 + 0.5) / 2, got.Overlap, 1e-12);
        Assert.Equal((2.0 / 4 + 0.5) / 2, got.Jaccard, 1e-12);
        Assert.Equal(double.NaN, ListAgreement.Of([[]], [[1]]).Overlap);
        Assert.Throws<ArgumentException>(() => ListAgreement.Of([[]], []));
    }

    [Fact]
    public void A_curve_has_dimension_one_and_a_sheet_two()
    {
        float[] along = Tables.Normal(4000, seed: 3);
        Assert.Equal(1, Dimension([.. along.Take(2000).SelectMany(t => new[] { t, 2 * t, -t })], 2000), 0.1);
        Assert.Equal(2, Dimension([.. along.Chunk(2).SelectMany(t => new[] { t[0], t[1], t[0] + t[1] })], 2000), 0.15);

        double Dimension(float[] values, int rows) => Of(Tables.Of(rows, 3, values)).TwoNnDimension!.Value;
    }

    [Fact]
    public void Repeated_zero_and_few_rows_are_no_obstacle()
    {
        float[] values = Tables.Normal(30 * 3, seed: 9);
        values.AsSpan(0, 3).CopyTo(values.AsSpan(3));
        values.AsSpan(6, 3).Clear();
        TableNeighborhoods got = Of(Tables.Of(30, 3, values));
        Assert.NotNull(got.TwoNnDimension);
        Assert.True(got.Hubness.NeverANeighbour >= 1); // the zero row has no direction
        Assert.Equal(0, got.Hubness.Counts[2]);

        TableNeighborhoods one = Of(Tables.Of(1, 3, [1, 2, 3]));
        Assert.Null(one.TwoNnDimension);
        Assert.Equal(double.NaN, one.Overlap.CosineDot.Overlap);
        Assert.Null(Of(Tables.Of(4, 1, [1, 2, 4, 9])).Map);
        Assert.Null(Of(Tables.Of(3, 2, [1, 1, 1, 1, 1, 1])).TwoNnDimension);
    }

    [Fact]
    public void A_sample_says_so_and_threads_change_nothing()
    {
        EmbeddingTable table = Tables.Of(800, 12, Tables.Normal(9600, seed: 6));
        RowSample sample = RowSample.Of(800, 60, seed: 5);
        using Workers one = new(1);
        TableNeighborhoods got = Of(table, sample), alone = TableNeighborhoods.Of(table, TableSpectrum.Of(table, one, TestContext.Current.CancellationToken), sample, sample, one, null, TestContext.Current.CancellationToken);
        Assert.Equal((60, 5UL), (got.NeighbourQueries, got.NeighbourSeed!.Value));
        Assert.Equal(60, got.Map!.Queries);
        Assert.Equal(JsonSerializer.Serialize(new { got.Overlap, got.Hubness, got.Map, got.TwoNnDimension }), JsonSerializer.Serialize(new { alone.Overlap, alone.Hubness, alone.Map, alone.TwoNnDimension }));
    }

    [Fact]
    public void A_row_with_NaN_is_named_before_anything_is_summed()
    {
        float[] values = Tables.Normal(30 * 4, seed: 6);
        values[17 * 4 + 3] = float.NaN;
        EmbeddingTable table = Tables.Of(30, 4, values);
        foreach (Action look in new Action[]
        {
            () => TableSpectrum.Of(table, _workers, TestContext.Current.CancellationToken),
            () => TableRepair.Fit(table, new RepairOptions(RepairKind.Centre), _workers, TestContext.Current.CancellationToken),
        })
        {
            Assert.Contains("row 17 (\"<17>\") holds NaN in column 3", Assert.Throws<CheckpointFormatException>(look).Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => TableSpectrum.Of(Tables.Of(0, 4, []), _workers, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Statistics_of_zero_rows_and_of_counts()
    {
        EmbeddingTable table = Tables.Of(4, 2, [0, 0, 3, 4, 6, 8, 0, 1]);
        TableSpectrum spectrum = TableSpectrum.Of(table, _workers, TestContext.Current.CancellationToken);
        TableStatistics got = TableStatistics.Of(table, spectrum, [1, 5, 9, double.NaN]);
        Assert.Equal((1.0, 3), (got.SpearmanNormCount!.Value, got.CountedRows!.Value));
        Assert.Equal((0, 2), (got.Norms.MinId, got.Norms.MaxId));
        double cosine = (0.6 * 9 + 0.8 * 13) / Math.Sqrt(81 + 169); // of (3, 4), twice, with the mean (9, 13)/4
        Assert.Equal((2 * cosine + 13 / Math.Sqrt(250)) / 3, got.MeanVector.MeanCosineWithMeanVector, 1e-12);
        Assert.Throws<ArgumentException>(() => TableStatistics.Of(table, spectrum, [1]));

        EmbeddingTable zeros = Tables.Of(3, 2, new float[6]);
        TableStatistics none = TableStatistics.Of(zeros, TableSpectrum.Of(zeros, _workers, TestContext.Current.CancellationToken), null);
        Assert.Equal((double.NaN, double.NaN), (none.MeanVector.NormOverMeanNorm, none.MeanVector.MeanCosineWithMeanVector));
        Assert.Equal([0.0, 0.0], none.PcaExplainedVarianceRatio);
        Assert.Equal([0.0, 0.0], none.OutlierDimensions.MeanZ);
    }

    private TableNeighborhoods Of(EmbeddingTable table, RowSample? sample = null)
    {
        sample ??= RowSample.Of(table.Count, int.MaxValue);
        return TableNeighborhoods.Of(table, TableSpectrum.Of(table, _workers, TestContext.Current.CancellationToken), sample, sample, _workers, null, TestContext.Current.CancellationToken);
    }
}
