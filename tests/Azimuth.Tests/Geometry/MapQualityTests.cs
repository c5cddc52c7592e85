using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

public sealed class MapQualityTests : IDisposable
{
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void A_map_that_is_the_table_itself_keeps_everything()
    {
        EmbeddingTable table = Tables.Of(200, 2, Tables.Normal(400, seed: 2));
        MapQuality got = MapQuality.Of(table.Rows, table.Rows, 1, RowSample.Of(200, 200), _workers, null, TestContext.Current.CancellationToken);
        Assert.Equal((1.0, 1.0), (got.Trustworthiness, got.KeptEuclideanNeighbours));
        Assert.Equal(200, got.Queries);
    }

    [Fact]
    public void Trustworthiness_is_the_formula_s_sum_written_out()
    {
        EmbeddingTable table = Tables.Of(120, 9, Tables.Normal(120 * 9, seed: 12));
        PcaProjection pca = PcaProjection.Fit(table.Rows, 2, _workers);
        StoredMatrix map = StoredMatrix.FromFloats(pca.Project(table.Rows, _workers, TestContext.Current.CancellationToken), 120, 2);
        RowSample sample = RowSample.Of(120, 50, seed: 3);
        double sum = 0;
        foreach (int i in sample.Ids)
        {
            int[] full = [.. Enumerable.Range(0, 120).Where(j => j != i).OrderBy(j => Vectors.Distance(table.Vector(i), table.Vector(j)))];
            int[] plane = [.. Enumerable.Range(0, 120).Where(j => j != i).OrderBy(j => Vectors.Distance(map.Row(i), map.Row(j)))];
            sum += plane.Take(10).Sum(j => Math.Max(0, Array.IndexOf(full, j) + 1 - 10));
        }

        MapQuality got = MapQuality.Of(table.Rows, map, pca.VarianceShown, sample, _workers, null, TestContext.Current.CancellationToken);
        Assert.Equal(1 - 2 / (50.0 * 10 * (240 - 30 - 1)) * sum, got.Trustworthiness!.Value, 1e-12);
        Assert.Equal(50, got.Queries);
    }

    [Fact]
    public void Few_rows_and_equal_rows_have_no_number_instead_of_a_wrong_one()
    {
        EmbeddingTable one = Tables.Of(1, 3, [1, 2, 3]);
        PcaProjection pca = PcaProjection.Fit(one.Rows, 1, _workers);
        Assert.Equal(0, pca.VarianceShown);
        MapQuality got = MapQuality.Of(one.Rows, StoredMatrix.FromFloats(pca.Project(one.Rows, _workers, TestContext.Current.CancellationToken), 1, 1), 0, RowSample.Of(1, 10), _workers, null, TestContext.Current.CancellationToken);
        Assert.Null(got.Trustworthiness);
        Assert.Null(got.KeptEuclideanNeighbours);
        Assert.Null(got.KeptCosineNeighbours);
        Assert.Throws<ArgumentException>(() => MapQuality.Of(one.Rows, StoredMatrix.FromFloats([1, 2], 2, 1), 0, RowSample.Of(1, 10), _workers, null, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(16, false)]
    [InlineData(20, false)]
    [InlineData(21, true)]
    public void Trustworthiness_needs_more_than_twice_as_many_rows_as_neighbours(int rows, bool known)
    {
        EmbeddingTable table = Tables.Of(rows, 4, Tables.Normal(rows * 4, seed: 5));
        StoredMatrix map = StoredMatrix.FromFloats(Tables.Normal(rows * 2, seed: 6), rows, 2);
        var told = new Told();
        double? trust = MapQuality.Of(table.Rows, map, 1, RowSample.Of(rows, rows), _workers, told, TestContext.Current.CancellationToken).Trustworthiness;
        Assert.Equal(known, trust is not null);
        Assert.InRange(trust ?? 1, 0, 1);
        Assert.Equal(known ? 1 : 0.5, told.Highest);
    }

    private sealed class Told : IProgress<double>
    {
        private readonly Lock _lock = new();

        public double Highest { get; private set; }

        public void Report(double value)
        {
            lock (_lock)
                Highest = Math.Max(Highest, value);
        }
    }

    [Fact]
    public void A_sample_has_the_size_asked_for_no_row_twice_and_is_the_same_every_time()
    {
        RowSample sample = RowSample.Of(10_000, 500, seed: 7);
        Assert.Equal(500, sample.Ids.Distinct().Count());
        Assert.Equal(sample.Ids.Order(), sample.Ids);
        Assert.InRange(sample.Ids.Average(), 4500, 5500);
        Assert.Equal(sample.Ids, RowSample.Of(10_000, 500, seed: 7).Ids);
        Assert.NotEqual(sample.Ids, RowSample.Of(10_000, 500, seed: 8).Ids);
        Assert.Contains("500 of 10,000 rows, drawn with seed 7", sample.Note, StringComparison.Ordinal);
        Assert.True(RowSample.Of(500, 500).IsWhole);
    }
}
