using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

public sealed class TableRepairTests : IDisposable
{
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    public void Rows_and_neighbours_after_every_repair_are_the_fixture_s(string name)
    {
        var fixture = new FixtureCase("repairs");
        EmbeddingTable table = Tables.OfNpy(TestFiles.Fixture("geometry", "tables", name + ".npy"));
        double epsilon = fixture.Inputs.GetProperty("epsilon").GetProperty("value").GetDouble();
        int[] queries = [.. fixture.Inputs.GetProperty(name + ".queries").GetProperty("value").EnumerateArray().Select(v => v.GetInt32())];
        foreach (string value in fixture.Names.Where(v => v.StartsWith(name + ".", StringComparison.Ordinal)))
        {
            string[] parts = value.Split('.');
            if (parts[1] == "whitened_covariance")
            {
                double[] spread = CovarianceAfter(table, new RepairOptions(RepairKind.WhitenZca) { Epsilon = epsilon });
                fixture.Compare(value, new { LargestEigenvalue = spread[0], SmallestEigenvalue = spread[^1] });
                continue;
            }

            TableRepair repair = TableRepair.Fit(table.Rows, Options(parts[1], epsilon), _workers, TestContext.Current.CancellationToken);
            if (parts[2] == "rows")
            {
                // Signs of PCA coordinates are free: the fixture gives their sizes.
                fixture.Compare(value, queries.Take(3).Select(q => repair.Row(table.Rows, q).Select(v => repair.Kind == RepairKind.WhitenPca ? Math.Abs(v) : v)));
                continue;
            }

            fixture.Compare(value, queries.Select(q =>
            {
                NeighborList list = Neighbors.FindAndAudit(table, q, SimilarityMetric.Cosine, 10, 10, repair, _workers, TestContext.Current.CancellationToken).List;
                return new { Query = q, Ids = list.Neighbors.Select(n => n.Id), Cosines = list.Neighbors.Select(n => n.Value) };
            }));
        }

        fixture.RequireAll(v => v.StartsWith(name + ".", StringComparison.Ordinal));
    }

    [Fact]
    public void Neighbours_of_rows_as_stored_are_those_without_a_repair_and_the_audit_is_the_same()
    {
        EmbeddingTable table = Tables.Of(300, 12, Tables.Normal(3600, seed: 2));
        TableRepair raw = TableRepair.Fit(table.Rows, new RepairOptions(RepairKind.Raw), _workers, TestContext.Current.CancellationToken);
        (NeighborList list, MetricAudit audit) = Neighbors.FindAndAudit(table, 5, SimilarityMetric.Dot, 7, 4, raw, _workers, TestContext.Current.CancellationToken);
        Assert.Equal(Neighbors.Find(table, 5, SimilarityMetric.Dot, 7, _workers).Neighbors, list.Neighbors);
        Assert.Equal(Neighbors.Audit(table, 5, 4, _workers).Cosine, audit.Cosine);
        Assert.False(list.Conventions.Centred);
    }

    [Fact]
    public void Whitened_rows_have_unit_covariance_and_PCA_and_ZCA_keep_the_same_angles()
    {
        EmbeddingTable table = Skewed();
        TableRepair pca = Fit(table, new RepairOptions(RepairKind.WhitenPca) { Epsilon = 0 }), zca = Fit(table, new RepairOptions(RepairKind.WhitenZca) { Epsilon = 0 });
        foreach (double value in CovarianceAfter(table, new RepairOptions(RepairKind.WhitenPca) { Epsilon = 0 }))
            Assert.Equal(1, value, 1e-5);
        for (int i = 1; i < 40; i++)
            Assert.Equal(Vectors.Cosine(pca.Row(table.Rows, 0), pca.Row(table.Rows, i))!.Value, Vectors.Cosine(zca.Row(table.Rows, 0), zca.Row(table.Rows, i))!.Value, 1e-6);
    }

    [Fact]
    public void After_removing_components_nothing_is_left_along_them()
    {
        EmbeddingTable table = Skewed();
        TableSpectrum spectrum = TableSpectrum.Of(table.Rows, _workers, TestContext.Current.CancellationToken);
        TableRepair repair = TableRepair.Of(spectrum, new RepairOptions(RepairKind.RemoveComponents) { Components = 3 });
        Assert.Equal(3, repair.Removed);
        for (int i = 0; i < 30; i++)
        {
            float[] row = repair.Row(table.Rows, i);
            for (int e = 0; e < 3; e++)
            {
                double along = 0;
                for (int c = 0; c < row.Length; c++)
                    along += row[c] * spectrum.Component(e)[c];
                Assert.Equal(0, along, 1e-6 * Vectors.Norm(table.Vector(i)));
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(64, 1)]
    [InlineData(149, 1)]
    [InlineData(150, 2)]
    [InlineData(576, 6)]
    [InlineData(2304, 23)]
    public void A_hundredth_of_the_width_is_removed_and_at_least_one(int columns, int components) => Assert.Equal(components, TableRepair.DefaultComponents(columns));

    [Fact]
    public void Rows_equal_to_the_mean_have_no_direction_afterwards()
    {
        var values = new float[20 * 3];
        for (int i = 0; i < 20; i++)
            (values[i * 3], values[i * 3 + 1], values[i * 3 + 2]) = (0.1f, 0.7f, -1.3f);
        EmbeddingTable table = Tables.Of(20, 3, values);
        foreach (RepairKind kind in new[] { RepairKind.Centre, RepairKind.RemoveComponents, RepairKind.WhitenPca, RepairKind.WhitenZca })
        {
            (NeighborList list, MetricAudit audit) = Neighbors.FindAndAudit(table, 4, SimilarityMetric.Cosine, 5, 5, Fit(table, new RepairOptions(kind)), _workers, TestContext.Current.CancellationToken);
            Assert.Empty(list.Neighbors);
            Assert.Equal(0, list.Norm);
            Assert.Contains("zero", audit.Verdict, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_repaired_table_has_the_repaired_rows_under_the_same_tokens()
    {
        EmbeddingTable table = Skewed();
        foreach (RepairKind kind in Enum.GetValues<RepairKind>())
        {
            TableRepair repair = Fit(table, new RepairOptions(kind));
            EmbeddingTable repaired = repair.Apply(table, _workers, TestContext.Current.CancellationToken);
            Assert.Equal(table.Count, repaired.Count);
            for (int id = 0; id < table.Count; id++)
            {
                Assert.Equal(repair.Row(table.Rows, id), repaired.Vector(id));
                Assert.Equal(table.Text(id), repaired.Text(id));
                Assert.Equal(table.Find(table.Text(id)), repaired.Find(table.Text(id)));
            }

            Assert.Throws<ArgumentException>(() => repair.Apply(Tables.Of(1, 2, [3, 4]), _workers));
        }
    }

    [Fact]
    public void One_row_and_one_column_are_fine_and_wrong_numbers_are_named()
    {
        Assert.Equal([0, 0], Fit(Tables.Of(1, 2, [3, 4]), new RepairOptions(RepairKind.WhitenZca)).Row(StoredMatrix.FromFloats([3, 4], 1, 2), 0));
        EmbeddingTable column = Tables.Of(3, 1, [1, 2, 6]);
        Assert.Equal([-2], Fit(column, new RepairOptions(RepairKind.Centre)).Row(column.Rows, 0));
        Assert.Equal([0], Fit(column, new RepairOptions(RepairKind.RemoveComponents)).Row(column.Rows, 0));
        Assert.Equal(-2 / Math.Sqrt(7), Fit(column, new RepairOptions(RepairKind.WhitenZca) { Epsilon = 0 }).Row(column.Rows, 0)[0], 1e-6);
        Assert.Contains("0 to 1 components", Assert.Throws<ArgumentOutOfRangeException>(() => Fit(column, new RepairOptions(RepairKind.RemoveComponents) { Components = 2 })).Message, StringComparison.Ordinal);
        Assert.Contains("an epsilon of 0 or more", Assert.Throws<ArgumentOutOfRangeException>(() => Fit(column, new RepairOptions(RepairKind.WhitenPca) { Epsilon = double.NaN })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Fit(Tables.Of(0, 4, []), new RepairOptions(RepairKind.Centre)));
        Assert.Throws<ArgumentException>(() => Fit(column, new RepairOptions(RepairKind.Centre)).Apply([1, 2], 1, new float[1]));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        EmbeddingTable table = Skewed();
        using Workers one = new(1), three = new(3);
        foreach (RepairKind kind in Enum.GetValues<RepairKind>())
        {
            Assert.Equal(
                TableRepair.Fit(table.Rows, new RepairOptions(kind), one, TestContext.Current.CancellationToken).Row(table.Rows, 9),
                TableRepair.Fit(table.Rows, new RepairOptions(kind), three, TestContext.Current.CancellationToken).Row(table.Rows, 9));
        }
    }

    private static RepairOptions Options(string name, double epsilon) => name switch
    {
        "raw" => new(RepairKind.Raw),
        "centred" => new(RepairKind.Centre),
        "whiten_pca" => new(RepairKind.WhitenPca) { Epsilon = epsilon },
        "whiten_zca" => new(RepairKind.WhitenZca) { Epsilon = epsilon },
        ['r', 'e', 'm', 'o', 'v', 'e', '_', 't', 'o', 'p', '_', var digit] => new(RepairKind.RemoveComponents) { Components = digit - '0' },
        _ => throw new InvalidDataException($"the fixture has an unknown repair {name}"),
    };

    private TableRepair Fit(EmbeddingTable table, RepairOptions options) => TableRepair.Fit(table.Rows, options, _workers, TestContext.Current.CancellationToken);

    /// <summary>Eigenvalues of the covariance (n − 1) of the repaired rows, largest first.</summary>
    private double[] CovarianceAfter(EmbeddingTable table, RepairOptions options)
    {
        TableRepair repair = Fit(table, options);
        float[] rows = [.. Enumerable.Range(0, table.Count).SelectMany(id => repair.Row(table.Rows, id))];
        return TableSpectrum.Of(StoredMatrix.FromFloats(rows, table.Count, table.ModelDim), _workers, TestContext.Current.CancellationToken).ExplainedVariance;
    }

    /// <summary>500 rows of 10 with a common direction and very different spreads.</summary>
    private static EmbeddingTable Skewed()
    {
        float[] values = Tables.Normal(5000, seed: 21);
        for (int i = 0; i < values.Length; i++)
            values[i] = values[i] * MathF.Pow(1.6f, i % 10) + i % 10;
        return Tables.Of(500, 10, values);
    }
}
