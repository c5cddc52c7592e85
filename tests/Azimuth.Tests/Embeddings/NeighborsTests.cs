using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Geometry;

namespace Azimuth.Tests.Embeddings;

public sealed class NeighborsTests : IDisposable
{
    private static readonly SimilarityMetric[] Metrics = [SimilarityMetric.Cosine, SimilarityMetric.Dot, SimilarityMetric.Euclidean];

    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("smollm2")]
    [InlineData("stories260K")]
    [InlineData("novels-gpt")]
    public void Nearest_words_are_those_of_the_reference(string name)
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", name + ".json")));
        EmbeddingTable table = Tables.OfFixture(name);
        int words = 0;
        foreach (JsonElement word in fixture.RootElement.GetProperty("words").EnumerateArray())
        {
            if (!word.TryGetProperty("norm", out JsonElement norm))
                continue;
            words++;
            foreach (SimilarityMetric metric in Metrics)
            {
                NeighborList got = Neighbors.Find(table, word.GetProperty("ids")[0].GetInt32(), metric, 10, _workers);
                Assert.Equal(norm.GetDouble(), got.Norm, 1e-9);
                // Sums in double of exact float values: far inside the README's tolerances.
                RankedLists.Same(word.GetProperty(KeyOf(metric)), got.Neighbors.Select(n => (n.Id, n.Value)), $"{name} {word.GetProperty("word")} {metric}", 1e-9);
            }
        }

        Assert.True(words >= 9, $"only {words} words were compared");
    }

    [Fact]
    public void Exact_ties_are_ordered_by_lower_id_and_the_zero_row_has_no_cosine()
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "similarity", "expected.json")));
        EmbeddingTable table = Tables.OfNpy(TestFiles.Fixture("geometry", "similarity", "tie_table.npy"));
        foreach (SimilarityMetric metric in Metrics)
        {
            foreach (JsonElement want in fixture.RootElement.GetProperty("values").GetProperty("top10_" + KeyOf(metric)).GetProperty("value").EnumerateArray())
            {
                NeighborList got = Neighbors.Find(table, want.GetProperty("query").GetInt32(), metric, 10, _workers);
                Assert.Equal(want.GetProperty("without_self").EnumerateArray().Select(v => v.GetInt32()), got.Neighbors.Select(n => n.Id));
            }
        }

        Assert.Equal(62, Neighbors.Find(table, 3, SimilarityMetric.Cosine, 100, _workers).Neighbors.Count);
        Neighbor zero = Assert.Single(Neighbors.Find(table, 3, SimilarityMetric.Dot, 100, _workers).Neighbors, n => n.Id == 30);
        Assert.Equal((0, null), (zero.Value, zero.AngleDegrees));
    }

    [Fact]
    public void Awkward_vectors_keep_their_cosine_dot_distance_and_angle()
    {
        JsonElement values = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "similarity", "expected.json"))).RootElement.GetProperty("values");
        EmbeddingTable table = Tables.OfNpy(TestFiles.Fixture("geometry", "similarity", "vectors.npy"));
        double[] norms = [.. values.GetProperty("norm").GetProperty("value").EnumerateArray().Select(v => v.GetDouble())];
        for (int a = 0; a < table.Count; a++)
        {
            foreach (SimilarityMetric metric in Metrics)
            {
                JsonElement row = values.GetProperty(KeyOf(metric)).GetProperty("value")[a], angles = values.GetProperty("angle_degrees").GetProperty("value")[a];
                foreach (Neighbor got in Neighbors.Find(table, a, metric, 100, _workers).Neighbors)
                {
                    double want = Number(row[got.Id])!.Value;
                    double tolerance = metric == SimilarityMetric.Cosine ? 1e-12 : metric == SimilarityMetric.Dot ? 1e-12 * norms[a] * norms[got.Id] : 1e-12 * want + 1e-13 * norms[a];
                    Assert.True(Math.Abs(want - got.Value) <= tolerance, $"{metric} of {a} and {got.Id}: expected {want:R}, found {got.Value:R}");
                    Assert.Equal(Number(angles[got.Id]) is null, got.AngleDegrees is null);
                    if (got.AngleDegrees is double angle)
                        Assert.Equal(Number(angles[got.Id])!.Value, angle, 1e-9);
                }
            }
        }
    }

    [Fact]
    public void Scaling_the_table_keeps_angles_and_rotating_it_keeps_cosines()
    {
        const int rows = 200, columns = 12;
        float[] values = Tables.Normal(rows * columns, seed: 11);
        EmbeddingTable table = Tables.Of(rows, columns, values);
        EmbeddingTable scaled = Tables.Of(rows, columns, Array.ConvertAll(values, v => v * 4));
        var turned = new float[values.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int c = 0; c < columns; c += 2) // by 0.7 rad in each pair of columns
            {
                (double x, double y) = (values[i * columns + c], values[i * columns + c + 1]);
                turned[i * columns + c] = (float)(x * Math.Cos(0.7) - y * Math.Sin(0.7));
                turned[i * columns + c + 1] = (float)(x * Math.Sin(0.7) + y * Math.Cos(0.7));
            }
        }

        IReadOnlyList<Neighbor> want = Neighbors.Find(table, 5, SimilarityMetric.Cosine, 20, _workers).Neighbors;
        IReadOnlyList<Neighbor> bigger = Neighbors.Find(scaled, 5, SimilarityMetric.Cosine, 20, _workers).Neighbors;
        IReadOnlyList<Neighbor> rotated = Neighbors.Find(Tables.Of(rows, columns, turned), 5, SimilarityMetric.Cosine, 20, _workers).Neighbors;
        for (int i = 0; i < want.Count; i++)
        {
            Assert.Equal(want[i], bigger[i]); // a power of two changes no bit of a direction
            Assert.Equal(want[i].Id, rotated[i].Id);
            Assert.Equal(want[i].Value, rotated[i].Value, 1e-6); // the turned rows are rounded to float
        }
    }

    [Fact]
    public void The_metric_audit_counts_what_the_lists_share()
    {
        EmbeddingTable table = Tables.SmolLm2();
        MetricAudit audit = Neighbors.Audit(table, 5099, 10, _workers);
        Assert.Equal(Neighbors.Find(table, 5099, SimilarityMetric.Dot, 10, _workers).Neighbors, audit.Dot);
        int[] cosine = [.. audit.Cosine.Select(n => n.Id)], dot = [.. audit.Dot.Select(n => n.Id)], euclidean = [.. audit.Euclidean.Select(n => n.Id)];
        Assert.Equal(cosine.Intersect(dot).Count() / 10.0, audit.OverlapCosineDot);
        Assert.Equal(cosine.Intersect(euclidean).Count() / 10.0, audit.OverlapCosineEuclidean);
        Assert.Equal(dot.Intersect(euclidean).Count() / 10.0, audit.OverlapDotEuclidean);
        Assert.Equal(cosine.Intersect(dot).Intersect(euclidean), audit.InAll.Select(t => t.Id));
        Assert.Equal(dot.Except(cosine).Except(euclidean), audit.OnlyDot.Select(t => t.Id));
        Assert.StartsWith("The three metrics disagree: of cosine's 10, 1 are among the dot product's 10 and 5 among Euclidean distance's 10.", audit.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void The_overlap_of_metrics_matches_the_geometry_fixture()
    {
        JsonElement want = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "tables", "expected.json"))).RootElement
            .GetProperty("values").GetProperty("B.neighbour_overlap_10").GetProperty("value");
        EmbeddingTable table = Tables.OfNpy(TestFiles.Fixture("geometry", "tables", "B.npy"));
        MetricAudit[] audits = [.. Enumerable.Range(0, table.Count).Select(id => Neighbors.Audit(table, id, 10, _workers))];
        Assert.Equal(want.GetProperty("cosine_dot").GetProperty("overlap").GetDouble(), audits.Average(a => a.OverlapCosineDot), 1e-9);
        Assert.Equal(want.GetProperty("cosine_euclidean").GetProperty("overlap").GetDouble(), audits.Average(a => a.OverlapCosineEuclidean), 1e-9);
        Assert.Equal(want.GetProperty("dot_euclidean").GetProperty("overlap").GetDouble(), audits.Average(a => a.OverlapDotEuclidean), 1e-9);
    }

    [Fact]
    public void A_zero_query_has_no_cosine_neighbours_and_says_so()
    {
        float[] values = Tables.Normal(20 * 4, seed: 2);
        values.AsSpan(3 * 4, 4).Clear();
        NeighborList got = Neighbors.Find(Tables.Of(20, 4, values), 3, SimilarityMetric.Cosine, 5, _workers);
        Assert.Empty(got.Neighbors);
        Assert.Contains(got.Conventions.Notes, note => note.Contains("no direction", StringComparison.Ordinal));
    }

    [Fact]
    public void Rows_that_are_not_finite_are_left_out_and_counted()
    {
        float[] values = Tables.Normal(20 * 4, seed: 2);
        values[4 * 4] = float.NaN;
        values[9 * 4] = float.PositiveInfinity;
        EmbeddingTable table = Tables.Of(20, 4, values);
        foreach (SimilarityMetric metric in Metrics)
        {
            NeighborList got = Neighbors.Find(table, 3, metric, 50, _workers);
            Assert.Equal(17, got.Neighbors.Count);
            Assert.Contains("2 rows hold NaN or infinities and are left out", got.Conventions.Notes);
        }

        values[9 * 4] = 1;
        Assert.Contains("1 row holds NaN or infinities and is left out", Neighbors.Find(Tables.Of(20, 4, values), 3, SimilarityMetric.Dot, 5, _workers).Conventions.Notes);
        Assert.Throws<CheckpointFormatException>(() => Neighbors.Find(table, 4, SimilarityMetric.Cosine, 5, _workers));
        Assert.Throws<ArgumentOutOfRangeException>(() => Neighbors.Find(table, 20, SimilarityMetric.Cosine, 5, _workers));
        Assert.Throws<ArgumentOutOfRangeException>(() => Neighbors.Find(table, 0, SimilarityMetric.Cosine, -1, _workers));
    }

    [Fact]
    public void Json_spells_the_metric_in_lower_case()
    {
        NeighborList got = Neighbors.Find(Tables.Of(3, 2, [1, 0, 0, 1, 1, 1]), 0, SimilarityMetric.Euclidean, 1, _workers);
        string json = JsonSerializer.Serialize(got, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase });
        Assert.Contains("\"metric\":\"euclidean\"", json, StringComparison.Ordinal);
        Assert.Contains("\"angleDegrees\":45", json, StringComparison.Ordinal);
        Assert.DoesNotContain("conventions", json, StringComparison.OrdinalIgnoreCase);
    }

    private static string KeyOf(SimilarityMetric metric) => metric switch
    {
        SimilarityMetric.Cosine => "cosine",
        SimilarityMetric.Dot => "dot",
        _ => "euclidean",
    };

    private static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => double.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.GetDouble(),
    };
}
