using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Geometry.Maps;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry.Maps;

public sealed class TableMapperTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(0, 0, 1, 0, 0)]
    [InlineData(1, 0, 0, 1.4142135623730951, 0)]
    [InlineData(0, -1, 0, 0, -1.4142135623730951)]
    [InlineData(0, 0, -1, 2, 0)]
    [InlineData(0.6, 0, 0.8, 0.6324555320336759, 0)]
    public void Lambert_s_formula_holds(double x, double y, double z, double wantX, double wantY)
    {
        var (gotX, gotY) = LambertEqualArea.Project(x, y, z);
        Assert.Equal(wantX, gotX, 1e-15);
        Assert.Equal(wantY, gotY, 1e-15);
    }

    [Fact]
    public void Equal_areas_of_the_sphere_take_equal_areas_of_the_disk()
    {
        // A cap up to an angle has the area 2π(1 − cos angle) of 4π; its circle on the disk π r² of 4π.
        for (double angle = 0.01; angle < Math.PI; angle += 0.1)
            Assert.Equal((1 - Math.Cos(angle)) / 2, Math.Pow(LambertEqualArea.RadiusOf(angle), 2) / 4, 1e-14);
        var (x, _) = LambertEqualArea.Project(1e-9, 0, -1); // almost opposite to the centre
        Assert.Equal(2, x, 1e-15);
        Assert.True(double.IsNaN(LambertEqualArea.Project(double.NaN, 0, 0).X));
    }

    [Fact]
    public void Nearest_rows_are_those_the_map_s_honesty_counts()
    {
        const int rows = 60, d = 5;
        float[] values = Tables.Normal(rows * d, seed: 8);
        for (int i = 0; i < values.Length; i += d)
            values[i] += 4; // the mean matters
        EmbeddingTable table = Tables.Of(rows, d, values);
        int[] queries = [7, 0, 31];
        int[][] stored = NearestRows.Find(table.Rows, queries, 6, SimilarityMetric.Cosine, _workers, null, TestContext.Current.CancellationToken);
        TableMap centred = TableMapper.Sphere(table, centred: true, _workers, cancellation: TestContext.Current.CancellationToken);
        float[] less = [.. values.Select((v, i) => (float)(v - centred.Origin[i % d]))];
        int[][] want = NearestRows.Find(Tables.Of(rows, d, less).Rows, queries, 6, SimilarityMetric.Cosine, _workers, null, TestContext.Current.CancellationToken);
        Assert.NotEqual(stored, want);
        Assert.Equal(want, Nearest(centred));
        Assert.Equal(stored, Nearest(TableMapper.Sphere(table, centred: false, _workers, cancellation: TestContext.Current.CancellationToken)));
        Assert.Equal(stored, Nearest(TableMapper.Plane(table, _workers, cancellation: TestContext.Current.CancellationToken)));

        int[][] Nearest(TableMap map) => TableMapper.Nearest(map, table, queries, 6, _workers, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Directions_in_three_dimensions_are_shown_whole()
    {
        const int rows = 400, d = 9;
        float[] values = new float[rows * d], normal = Tables.Normal(rows * 3, seed: 4);
        for (int i = 0; i < rows; i++)
        {
            (values[i * d + 7], values[i * d + 2], values[i * d + 4]) = (3 * normal[i * 3] + 6, 2 * normal[i * 3 + 1], normal[i * 3 + 2]);
        }

        values.AsSpan(11 * d, d).Clear();
        EmbeddingTable table = Tables.Of(rows, d, values);
        TableMap map = TableMapper.Sphere(table, centred: false, _workers, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(1, map.VarianceShown, 1e-6);
        Assert.InRange(map.KeptCosineNeighbours10!.Value, 0.8, 1); // lost only where the rim tears the sphere open
        Assert.Equal(1, map.RowsWithoutPoint);
        Assert.False(map.HasPoint(11));
        Assert.Equal(0, map.FarOut);
        Assert.Null(map.Seed);
        // The distance from the middle gives the angle to the first axis, which is close to the mean direction.
        int first = 0;
        while (map.Coordinates[first * 3] < 0.99f)
            first++;
        for (int id = 0; id < rows; id++)
        {
            if (id == 11)
                continue;
            double angle = Math.Acos(Math.Clamp(map.Coordinates[id * 3], -1f, 1f));
            Assert.Equal(2 * Math.Sin(angle / 2), Math.Sqrt(map.Points[2 * id] * map.Points[2 * id] + map.Points[2 * id + 1] * map.Points[2 * id + 1]), 1e-3);
        }
    }

    [Fact]
    public void A_plane_is_the_first_two_principal_axes_with_their_quality()
    {
        EmbeddingTable table = Tables.OfNpy(TestFiles.Fixture("geometry", "tables", "B.npy"));
        TableMap map = TableMapper.Plane(table, _workers, cancellation: TestContext.Current.CancellationToken);
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "tables", "expected.json")));
        JsonElement want = fixture.RootElement.GetProperty("values").GetProperty("B.map_pca_2d").GetProperty("value");
        // The fixture's own tolerances.
        Assert.Equal(want.GetProperty("variance_shown").GetDouble(), map.VarianceShown, 1e-6);
        Assert.Equal(want.GetProperty("trustworthiness_10").GetDouble(), map.Trustworthiness10!.Value, 1e-3);
        Assert.Equal(want.GetProperty("kept_cosine_neighbours_10").GetDouble(), map.KeptCosineNeighbours10!.Value, 1e-3);
        Assert.Equal(want.GetProperty("kept_euclidean_neighbours_10").GetDouble(), map.KeptEuclideanNeighbours10!.Value, 1e-3);
        Assert.Equal(PcaProjection.Fit(table.Rows, 2, _workers).Project(table.Rows, _workers, TestContext.Current.CancellationToken), map.Points);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 5)]
    [InlineData(3, 1)]
    [InlineData(1, 1)]
    public void Small_tables_have_maps_too(int rows, int columns)
    {
        EmbeddingTable table = Tables.Of(rows, columns, Tables.Normal(rows * columns, seed: 5));
        foreach (bool centred in new[] { false, true })
        {
            TableMap map = TableMapper.Sphere(table, centred, _workers, cancellation: TestContext.Current.CancellationToken);
            Assert.Equal(rows, map.RowsWithoutPoint + Enumerable.Range(0, rows).Count(map.HasPoint));
        }

        Assert.Equal(2 * rows, TableMapper.Plane(table, _workers, cancellation: TestContext.Current.CancellationToken).Points.Length);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        EmbeddingTable table = Tables.Of(2500, 20, Tables.Normal(50_000, seed: 9));
        using Workers one = new(1), three = new(3);
        TableMap alone = TableMapper.Sphere(table, true, one), together = TableMapper.Sphere(table, true, three);
        Assert.Equal(alone.Points, together.Points);
        Assert.Equal(JsonSerializer.Serialize(alone), JsonSerializer.Serialize(together));
        Assert.Equal(1000, alone.Queries);
    }

    [Fact]
    public void Landmarks_are_words_from_all_over_the_map()
    {
        string[] letters = ["alpha", "beta", "#!", "gamma7", "deltas", "ok"];
        float[] values = Tables.Normal(600 * 6, seed: 6);
        EmbeddingTable table = new("words", StoredMatrix.FromFloats(values, 600, 6), id => letters[id % 6]);
        TableMap map = TableMapper.Plane(table, _workers, cancellation: TestContext.Current.CancellationToken);
        int[] chosen = Landmarks.Choose(map, table, 16);
        Assert.Equal(16, chosen.Length);
        Assert.All(chosen, id => Assert.Contains(table.Text(id), new[] { "alpha", "beta", "deltas" }));
        Assert.True(chosen.Any(id => map.Points[2 * id] < 0) && chosen.Any(id => map.Points[2 * id] > 0));
        Assert.Empty(Landmarks.Choose(map, table, 0));
    }

    [Fact]
    public void NaN_and_empty_tables_are_refused_by_name()
    {
        var error = Assert.Throws<CheckpointFormatException>(() => TableMapper.Sphere(Tables.Of(2, 2, [1, 2, float.NaN, 4]), true, _workers));
        Assert.Contains("row 1", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TableMapper.Plane(Tables.Of(0, 4, []), _workers));
    }
}
