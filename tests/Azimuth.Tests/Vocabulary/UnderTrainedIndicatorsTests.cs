using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;
using Azimuth.Tests.Geometry;
using Azimuth.Vocabulary;

namespace Azimuth.Tests.Vocabulary;

public sealed class UnderTrainedIndicatorsTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    /// <summary>Every value of the fixture, required or for information, at its own tolerance.</summary>
    [Fact]
    public void Every_indicator_and_ranking_is_the_fixture_s()
    {
        using JsonDocument fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "undertrained", "expected.json")));
        JsonElement inputs = fixture.RootElement.GetProperty("inputs");
        EmbeddingTable input = Table("E.npy"), output = Table("U.npy");
        int[] references = Ids(inputs.GetProperty("reference_ids")), planted = Ids(inputs.GetProperty("planted"));
        UnderTrainedIndicators got = UnderTrainedIndicators.Of(input, output, ReferenceRows.Of(output, references), _workers, allReadings: true);
        int values = 0, rankings = 0;
        foreach (JsonProperty value in fixture.RootElement.GetProperty("values").EnumerateObject())
        {
            double tolerance = value.Value.GetProperty("tolerance").GetProperty("absolute").GetDouble();
            if (value.Name.EndsWith("_ranking", StringComparison.Ordinal))
            {
                rankings++;
                CheckRanking(value, Indicator(got, value.Name[..^"_ranking".Length]), planted, tolerance);
                continue;
            }

            values++;
            double[] want = Npy.Read(TestFiles.Fixture("geometry", "undertrained", value.Value.GetProperty("file").GetString()!)).Values, found = Indicator(got, value.Name);
            Assert.Equal(want.Length, found.Length);
            for (int id = 0; id < want.Length; id++)
                Assert.True(Math.Abs(want[id] - found[id]) <= tolerance, $"{value.Name}[{id}]: expected {want[id]:R}, found {found[id]:R}");
        }

        Assert.Equal((8, 8), (values, rankings));
    }

    private static void CheckRanking(JsonProperty value, double[] indicator, int[] planted, double tolerance)
    {
        JsonElement want = value.Value.GetProperty("value");
        int[] first = [.. want.GetProperty("first").EnumerateArray().Select(id => id.GetInt32())];
        int[] ranking = UnderTrainedIndicators.Ranking(indicator);
        Assert.Equal(indicator.Length, ranking.Length);
        for (int rank = 0; rank < first.Length; rank++)
        {
            // Exact where neighbours in the order differ by more than 1e-6, says the fixture; nearer ones may change places.
            if (ranking[rank] != first[rank])
                Assert.True(Math.Abs(indicator[ranking[rank]] - indicator[first[rank]]) <= 1e-6, $"{value.Name}: rank {rank} expected id {first[rank]}, found {ranking[rank]}");
        }

        Assert.Equal(planted.Length, want.GetProperty("of").GetInt32());
        Assert.Equal(want.GetProperty("planted_among_the_first").GetInt32(), ranking.Take(planted.Length).Count(planted.Contains));
        Assert.Equal(want.GetProperty("first_that_is_not_planted").GetDouble(), indicator[ranking.First(id => !planted.Contains(id))], tolerance);
        Assert.Equal(want.GetProperty("last_planted").GetDouble(), planted.Max(id => indicator[id]), tolerance);
    }

    [Fact]
    public void The_planted_rows_are_the_fixture_table_s_densest_cluster_and_come_first_without_being_named()
    {
        using JsonDocument fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "undertrained", "expected.json")));
        int[] planted = Ids(fixture.RootElement.GetProperty("inputs").GetProperty("planted"));
        EmbeddingTable output = Table("U.npy");
        ReferenceRows found = ReferenceRows.Find(output, null, Gram.Of(output.Rows, _workers).Mean, _workers, TestContext.Current.CancellationToken);
        Assert.Equal(ReferenceSource.DensestCluster, found.Source);
        Assert.All(found.Ids, id => Assert.Contains(id, planted));
        UnderTrainedIndicators got = UnderTrainedIndicators.Of(output, output, found, _workers);
        Assert.Equal(planted, UnderTrainedIndicators.Ranking(got.OutputCosineDistanceWithoutFirstComponent).Take(planted.Length).Order());
    }

    [Fact]
    public void A_table_without_a_cluster_has_no_reference_and_no_cosine_indicator()
    {
        EmbeddingTable table = Tables.Of(2000, 40, Tables.Normal(2000 * 40, seed: 3));
        ReferenceRows found = ReferenceRows.Find(table, null, Gram.Of(table.Rows, _workers).Mean, _workers, TestContext.Current.CancellationToken);
        Assert.Equal(ReferenceSource.None, found.Source);
        UnderTrainedIndicators got = UnderTrainedIndicators.Of(table, table, found, _workers);
        Assert.Empty(got.OutputCosineDistance);
        Assert.Equal(2000, got.InputNorm.Length);
    }

    [Fact]
    public void A_zero_row_has_the_cosine_distance_one_and_NaN_is_refused_by_name()
    {
        float[] values = Tables.Normal(60 * 8, seed: 4);
        values.AsSpan(7 * 8, 8).Clear();
        EmbeddingTable table = Tables.Of(60, 8, values);
        UnderTrainedIndicators got = UnderTrainedIndicators.Of(table, table, ReferenceRows.Of(table, [1, 2]), _workers, allReadings: true);
        Assert.All([got.OutputCosineDistance, got.OutputCosineDistanceCentred, got.OutputCosineDistanceWithoutFirstComponent], distances => Assert.Equal(1, distances[7]));
        values[13 * 8 + 2] = float.NaN;
        EmbeddingTable bad = Tables.Of(60, 8, values);
        Assert.Contains("row 13", Assert.Throws<Azimuth.Checkpoints.CheckpointFormatException>(
            () => UnderTrainedIndicators.Of(bad, bad, ReferenceRows.Of(bad, [1]), _workers)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unused_rows_of_one_kind_are_the_reference_and_the_odd_ones_among_them_are_not()
    {
        float[] values = Tables.Normal(60 * 8, seed: 9);
        for (int id = 0; id < 20; id++)
        {
            for (int c = 0; c < 8; c++)
                values[id * 8 + c] = 5 + 0.1f * values[id * 8 + c];
        }

        values.AsSpan(3 * 8, 8).Clear();
        values.AsSpan(4 * 8, 8).Fill(-5);
        EmbeddingTable table = Tables.Of(60, 8, values);
        TokenClass[] classes = [.. Enumerable.Range(0, 60).Select(id => id < 20 ? TokenClass.Unreachable : TokenClass.Ok)];
        double[] mean = Gram.Of(table.Rows, _workers).Mean;
        ReferenceRows found = ReferenceRows.Find(table, classes, mean, _workers, TestContext.Current.CancellationToken);
        Assert.Equal(ReferenceSource.UnusedIds, found.Source);
        Assert.Equal(Enumerable.Range(0, 20).Except([3, 4]), found.Ids);
        Assert.ThrowsAny<OperationCanceledException>(() => ReferenceRows.Find(table, classes, mean, _workers, new CancellationToken(true)));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        EmbeddingTable table = Table("U.npy");
        using Workers one = new(1), three = new(3);
        string Of(Workers workers)
        {
            ReferenceRows reference = ReferenceRows.Find(table, null, Gram.Of(table.Rows, workers).Mean, workers, TestContext.Current.CancellationToken);
            return JsonSerializer.Serialize(new { reference.Ids, Indicators = UnderTrainedIndicators.Of(table, table, reference, workers, allReadings: true) });
        }

        Assert.Equal(Of(one), Of(three));
    }

    private static double[] Indicator(UnderTrainedIndicators got, string name) => name switch
    {
        "input_norm" => got.InputNorm,
        "output_norm" => got.OutputNorm,
        "output_cosine_distance" => got.OutputCosineDistance,
        "output_cosine_distance_centred" => got.OutputCosineDistanceCentred,
        "output_cosine_distance_without_first_component" => got.OutputCosineDistanceWithoutFirstComponent,
        "output_cosine_distance_centred_without_first_component" => got.OutputCosineDistanceCentredWithoutFirstComponent,
        "output_cosine_distance_without_first_singular_direction" => got.OutputCosineDistanceWithoutFirstSingularDirection,
        "output_distance" => got.OutputDistance,
        _ => throw new InvalidDataException($"the fixture has an unknown indicator {name}"),
    };

    private static int[] Ids(JsonElement input) => [.. input.GetProperty("value").EnumerateArray().Select(id => id.GetInt32())];

    private static EmbeddingTable Table(string name) => Tables.OfNpy(TestFiles.Fixture("geometry", "undertrained", name));
}
