using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

/// <summary>Every value of fixtures/geometry/tables, within its own tolerance.</summary>
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
    public void A_map_s_quality_is_the_fixture_s(string name)
    {
        EmbeddingTable table = Table(name);
        PcaProjection pca = PcaProjection.Fit(table.Rows, 2, _workers);
        StoredMatrix map = StoredMatrix.FromFloats(pca.Project(table.Rows, _workers, TestContext.Current.CancellationToken), table.Count, 2);
        _fixture.Compare(name + ".map_pca_2d", MapQuality.Of(table.Rows, map, pca.VarianceShown, RowSample.Of(table.Count, int.MaxValue), _workers, null, TestContext.Current.CancellationToken));
    }

    private EmbeddingTable Table(string name)
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
