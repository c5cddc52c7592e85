using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Geometry;

namespace Azimuth.Tests.Embeddings;

/// <summary>Every value of fixtures/geometry/similarity, within its own tolerance.</summary>
public sealed class SimilarityFixtureTests : IDisposable
{
    private readonly Workers _workers = new(2);
    private readonly FixtureCase _fixture = new("similarity");

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Every_value_is_the_fixture_s()
    {
        EmbeddingTable vectors = Tables.OfNpy(TestFiles.Fixture("geometry", "similarity", "vectors.npy"));
        int[] all = [.. Enumerable.Range(0, vectors.Count)];
        TokenLookup lookup = TokenLookup.Of(vectors, all, _workers);
        foreach (string value in _fixture.Names)
        {
            if (value.StartsWith("top10_", StringComparison.Ordinal))
            {
                CompareTop(value);
                continue;
            }

            if (value == "dot")
            {
                CompareDot(vectors);
                continue;
            }

            _fixture.Compare(value, value switch
            {
                "cosine" => lookup.Cosine,
                "angle_degrees" => lookup.AngleDegrees,
                "norm" => lookup.Norms,
                "euclidean" => all.Select(a => all.Select(b => Vectors.Distance(vectors.Vector(a), vectors.Vector(b)))),
                _ => throw new InvalidDataException($"the fixture has an unknown value {value}"),
            });
        }

        _fixture.RequireAll(_ => true);
    }

    /// <summary>The error of a product is relative to both lengths.</summary>
    private void CompareDot(EmbeddingTable vectors)
    {
        JsonElement rows = _fixture.Value("dot"), norms = _fixture.Value("norm");
        double relative = _fixture.Tolerance("dot").GetProperty("of_scale").GetProperty("relative").GetDouble();
        for (int a = 0; a < vectors.Count; a++)
        {
            for (int b = 0; b < vectors.Count; b++)
                Assert.Equal(rows[a][b].GetDouble(), Vectors.DotDouble(vectors.Vector(a), vectors.Vector(b)), relative * norms[a].GetDouble() * norms[b].GetDouble());
        }

        _fixture.Done("dot");
    }

    private void CompareTop(string value)
    {
        EmbeddingTable ties = Tables.OfNpy(TestFiles.Fixture("geometry", "similarity", "tie_table.npy"));
        SimilarityMetric metric = Enum.Parse<SimilarityMetric>(value["top10_".Length..], ignoreCase: true);
        _fixture.Compare(value, _fixture.Inputs.GetProperty("tie_queries").GetProperty("value").EnumerateArray().Select(v => v.GetInt32()).Select(query =>
        {
            NeighborList list = Neighbors.Find(ties, query, metric, 10, _workers);
            float[] row = ties.Vector(query);
            double own = metric == SimilarityMetric.Cosine ? Vectors.Cosine(row, row)!.Value : metric == SimilarityMetric.Dot ? Vectors.DotDouble(row, row) : 0;
            double sign = metric == SimilarityMetric.Euclidean ? -1 : 1;
            var withSelf = list.Neighbors.Select(n => (n.Id, n.Value)).Append((query, own)).OrderByDescending(n => sign * n.Item2).ThenBy(n => n.Item1).Take(10).Select(n => n.Item1);
            return new { Query = query, WithSelf = withSelf, WithoutSelf = list.Neighbors.Select(n => n.Id) };
        }));
    }
}
