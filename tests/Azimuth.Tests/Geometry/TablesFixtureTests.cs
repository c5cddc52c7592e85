using System.Globalization;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

/// <summary>Every value of fixtures/geometry/tables, within its own tolerance, by the types that <c>azimuth geometry</c> shows.</summary>
public sealed class TablesFixtureTests : IDisposable
{
    private readonly Workers _workers = new(2);
    private readonly FixtureCase _fixture = new("tables");

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    [InlineData("C")]
    [InlineData("C_distinct")]
    public void Every_value_of_a_table_is_the_fixture_s(string name)
    {
        EmbeddingTable table = Table(name);
        TableSpectrum spectrum = TableSpectrum.Of(table.Rows, _workers, TestContext.Current.CancellationToken);
        TableStatistics statistics = TableStatistics.Of(table, spectrum, null);
        RepairComparison repairs = RepairComparison.Of(table.Rows, spectrum, _workers, cancellation: TestContext.Current.CancellationToken);
        RowSample all = RowSample.Of(table.Count, int.MaxValue);
        TableNeighborhoods near = TableNeighborhoods.Of(table, spectrum, all, all, _workers, null, TestContext.Current.CancellationToken);
        foreach (string value in _fixture.Names.Where(v => v.StartsWith(name + ".", StringComparison.Ordinal)))
        {
            switch (value[(name.Length + 1)..])
            {
                case "singular_values":
                    _fixture.CompareArray(value, [.. statistics.SingularValues.SelectMany(row => row)]);
                    break;
                case "pca_components":
                    _fixture.CompareArray(value, [.. statistics.PcaComponents.SelectMany(row => row)]);
                    break;
                case "neighbours_cosine":
                    int[] queries = [.. _fixture.Value(value).GetProperty("rows").EnumerateArray().Select(v => v.GetInt32())];
                    int[][] neighbours = NearestRows.Find(table.Rows, queries, 10, SimilarityMetric.Cosine, _workers, null, TestContext.Current.CancellationToken);
                    _fixture.Compare(value, new { Rows = queries, Neighbours = neighbours });
                    break;
                case var measure:
                    _fixture.Compare(value, measure switch
                    {
                        "norms" => statistics.Norms,
                        "mean_vector" => statistics.MeanVector,
                        "spearman_norm_id" => statistics.SpearmanNormId,
                        "raw" => repairs.Raw,
                        "centred" => repairs.Centred,
                        "remove_top_1" => repairs.RemoveTop1,
                        "remove_top_2" => repairs.RemoveTop2,
                        "remove_top_3" => repairs.RemoveTop3,
                        "whiten_pca" => repairs.WhitenPca,
                        "whiten_zca" => repairs.WhitenZca,
                        "pca_explained_variance" => statistics.PcaExplainedVariance,
                        "pca_explained_variance_ratio" => statistics.PcaExplainedVarianceRatio,
                        "outlier_dimensions" => statistics.OutlierDimensions,
                        "neighbour_overlap_10" => near.Overlap,
                        "hubness_10" => near.Hubness,
                        "map_pca_2d" => near.Map,
                        "two_nn_dimension" => near.TwoNnDimension,
                        _ => throw new InvalidDataException($"the fixture has an unknown value {value}"),
                    });
                    break;
            }
        }

        _fixture.RequireAll(v => v.StartsWith(name + ".", StringComparison.Ordinal));
    }

    [Fact]
    public void A_line_scores_0_a_disk_in_three_dimensions_one_half_and_a_ball_1()
    {
        _fixture.Compare("isoscore_identities", _fixture.Value("isoscore_identities").EnumerateObject().ToDictionary(v => v.Name, v =>
        {
            int[] numbers = [.. v.Name.Split(" of ").Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
            return Isotropy.IsoScoreOf([.. Enumerable.Range(0, numbers[1]).Select(i => i < numbers[0] ? 1.0 : 0.0)]);
        }));
        _fixture.RequireAll(v => !v.Contains('.', StringComparison.Ordinal));
    }

    private static EmbeddingTable Table(string name)
    {
        if (name is "A" or "B")
            return Tables.OfNpy(TestFiles.Fixture("geometry", "tables", name + ".npy"));
        EmbeddingTable stories = Tables.Stories();
        if (name == "C")
            return stories;
        int[] ids = [.. Npy.Read(TestFiles.Fixture("geometry", "tables", "C_distinct.npy")).Values.Select(v => (int)v)];
        return Tables.Of(ids.Length, stories.ModelDim, [.. ids.SelectMany(stories.Vector)]);
    }
}
