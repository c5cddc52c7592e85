using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Geometry;

namespace Azimuth.Tests.Embeddings;

public sealed class RoundTripTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("smollm2")]
    [InlineData("stories260K")]
    [InlineData("novels-gpt")]
    public void Whole_vocabulary_comes_back_as_in_the_reference(string name)
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", name + ".json")));
        JsonElement want = fixture.RootElement.GetProperty("roundtrip");
        EmbeddingTable table = Tables.OfFixture(name);

        TableRoundTrip got = RoundTrip.Prepare(table, _workers, TestContext.Current.CancellationToken).OfTable(null, TestContext.Current.CancellationToken);

        // Leverages are sums in double of exact products; the reference's own sum is off its rank by 7e-13.
        Assert.Equal(want.GetProperty("leverage_sum").GetDouble(), got.LeverageSum, 1e-8);
        SameToken(want.GetProperty("leverage_min"), got.LeverageMin);
        SameToken(want.GetProperty("leverage_max"), got.LeverageMax);
        // Shares within 3 tokens, as the fixture's README requires.
        double tokens = 3.0 / table.Count + 1e-12;
        Assert.Equal(want.GetProperty("recovered_transpose").GetDouble(), got.Recovered.Transpose, tokens);
        Assert.Equal(want.GetProperty("recovered_cosine").GetDouble(), got.Recovered.Cosine, tokens);
        Assert.Equal(want.GetProperty("recovered_left_inverse").GetDouble(), got.Recovered.LeftInverse, tokens);
        Assert.Equal(table.Count - got.Lost.LeftInverse, got.Recovered.LeftInverse * table.Count, 1e-6);
    }

    [Theory]
    [InlineData("smollm2")]
    [InlineData("stories260K")]
    [InlineData("novels-gpt")]
    public void Words_come_back_as_in_the_reference(string name)
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", name + ".json")));
        RoundTrip trips = RoundTrip.Prepare(Tables.OfFixture(name), _workers, TestContext.Current.CancellationToken);
        int words = 0;
        foreach (JsonElement word in fixture.RootElement.GetProperty("words").EnumerateArray())
        {
            if (!word.TryGetProperty("left_inverse_own", out JsonElement own))
                continue;
            words++;
            TokenRoundTrip got = trips.OfToken(word.GetProperty("ids")[0].GetInt32(), 10);
            Assert.Equal(own.GetDouble(), got.Leverage, 1e-9);
            Assert.Equal(own.GetDouble(), got.LeftInverse.Own, 1e-9);
            Assert.Equal(word.GetProperty("left_inverse_rank").GetInt32(), got.LeftInverse.Rank);
            Assert.Equal(word.GetProperty("transpose_rank").GetInt32(), got.Transpose.Rank);
            Assert.Equal(word.GetProperty("cosine_rank").GetInt32(), got.Cosine!.Rank);
            RankedLists.Same(word.GetProperty("left_inverse_top10"), got.LeftInverse.Peaks.Select(p => (p.Id, p.Value)), $"{name} {word.GetProperty("word")} left inverse", 1e-9);
        }

        Assert.True(words >= 9, $"only {words} words were compared");
    }

    [Theory]
    [InlineData("A")]
    [InlineData("C")]
    public void Scores_ranks_and_leverages_match_the_geometry_fixture(string name)
    {
        EmbeddingTable table = name == "A" ? Tables.OfNpy(TestFiles.Fixture("geometry", "tables", "A.npy")) : Tables.Stories();
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "roundtrip", "expected.json")));
        JsonElement values = fixture.RootElement.GetProperty("values");
        RoundTrip trips = RoundTrip.Prepare(table, _workers, TestContext.Current.CancellationToken);

        double[] leverages = trips.Leverages(TestContext.Current.CancellationToken);
        double[] expected = Npy.Read(TestFiles.Fixture("geometry", "roundtrip", $"expected_{name}_leverage.npy")).Values;
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], leverages[i], 1e-7);

        foreach (var (way, of) in new (string, Func<TokenRoundTrip, RoundTripWay>)[] { ("transpose", t => t.Transpose), ("cosine", t => t.Cosine!), ("left_inverse", t => t.LeftInverse) })
        {
            foreach (JsonElement want in values.GetProperty($"{name}.{way}.selected").GetProperty("value").EnumerateArray())
            {
                int id = want.GetProperty("token").GetInt32();
                RoundTripWay got = of(trips.OfToken(id, 5));
                string where = $"{name} {way} {id}";
                Assert.Equal(want.GetProperty("rank").GetInt32(), got.Rank);
                double own = want.GetProperty("own_score").GetDouble();
                Assert.Equal(own, got.Own, 1e-6 * Math.Abs(own) + 1e-7);
                Assert.Equal(want.GetProperty("peak_to_noise").GetDouble(), got.PeakToNoise!.Value, 1e-4);
                // The fixture lists the token itself among its five best, we list the others.
                var others = want.GetProperty("top5").EnumerateArray().Where(p => p.GetProperty("id").GetInt32() != id).ToArray();
                for (int i = 0; i < others.Length; i++)
                {
                    Assert.True(others[i].GetProperty("id").GetInt32() == got.Peaks[i].Id, $"{where}: peak {i} is {got.Peaks[i].Id}, expected {others[i]}");
                    double score = others[i].GetProperty("score").GetDouble();
                    Assert.Equal(score, got.Peaks[i].Value, 1e-6 * Math.Abs(score) + 1e-7);
                }
            }

            JsonElement summary = values.GetProperty($"{name}.{way}.summary").GetProperty("value");
            TableRoundTrip all = trips.OfTable(null, TestContext.Current.CancellationToken);
            int lost = way == "transpose" ? all.Lost.Transpose : way == "cosine" ? all.Lost.Cosine : all.Lost.LeftInverse;
            Assert.InRange(table.Count - lost, summary.GetProperty("recovered_at_least").GetInt32(), summary.GetProperty("recovered_at_most").GetInt32());
        }
    }

    [Fact]
    public void A_table_of_lower_rank_has_the_leverages_of_its_projection()
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "roundtrip", "expected.json")));
        JsonElement want = fixture.RootElement.GetProperty("values").GetProperty("rank_deficient").GetProperty("value");
        RoundTrip trips = RoundTrip.Prepare(Tables.OfNpy(TestFiles.Fixture("geometry", "roundtrip", "D.npy")), _workers, TestContext.Current.CancellationToken);

        double[] leverages = trips.Leverages(TestContext.Current.CancellationToken);

        Assert.Equal(want.GetProperty("rank").GetInt32(), trips.Rank);
        double[] expected = [.. want.GetProperty("leverage").EnumerateArray().Select(v => v.GetDouble())];
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], leverages[i], 1e-7);
        Assert.Equal(trips.Rank, leverages.Sum(), 1e-9);
    }

    [Fact]
    public void Of_equal_rows_only_the_first_comes_back()
    {
        float[] values = Tables.Normal(40 * 8, seed: 3);
        values.AsSpan(5 * 8, 8).CopyTo(values.AsSpan(20 * 8)); // row 20 repeats row 5
        values.AsSpan(5 * 8, 8).CopyTo(values.AsSpan(31 * 8)); // and so does row 31
        RoundTrip trips = RoundTrip.Prepare(Tables.Of(40, 8, values), _workers, TestContext.Current.CancellationToken);

        Assert.Equal([1, 2, 3], new[] { 5, 20, 31 }.Select(id => trips.OfToken(id, 3).Cosine!.Rank));
        Assert.Equal(trips.OfToken(5, 3).LeftInverse.Rank + 2, trips.OfToken(31, 3).LeftInverse.Rank);
        Assert.Equal(2, trips.OfTable(null, TestContext.Current.CancellationToken).Lost.Cosine);
    }

    [Fact]
    public void A_zero_row_has_no_cosine_and_does_not_come_back()
    {
        float[] values = Tables.Normal(30 * 6, seed: 4);
        values.AsSpan(7 * 6, 6).Clear();
        RoundTrip trips = RoundTrip.Prepare(Tables.Of(30, 6, values), _workers, TestContext.Current.CancellationToken);

        TokenRoundTrip got = trips.OfToken(7, 3);

        Assert.Null(got.Cosine);
        Assert.Equal(0, got.Leverage);
        Assert.Null(got.Transpose.PeakToNoise);
        Assert.Equal(1, trips.OfTable(null, TestContext.Current.CancellationToken).Lost.Cosine);
        Assert.DoesNotContain(trips.OfToken(2, 30).Cosine!.Peaks, p => p.Id == 7);
    }

    [Fact]
    public void A_table_of_zeros_brings_only_its_first_token_back()
    {
        RoundTrip trips = RoundTrip.Prepare(Tables.Of(9, 4, new float[36]), _workers, TestContext.Current.CancellationToken);
        TableRoundTrip got = trips.OfTable(null, TestContext.Current.CancellationToken);
        Assert.Equal((0, 0.0), (trips.Rank, got.LeverageSum));
        Assert.Equal(new RecoveredCounts(8, 9, 8), got.Lost); // by cosine none: zero rows have no direction
    }

    [Fact]
    public void A_row_with_NaN_is_named()
    {
        float[] values = Tables.Normal(30 * 6, seed: 4);
        values[11 * 6 + 2] = float.NaN;

        var error = Assert.Throws<CheckpointFormatException>(() => RoundTrip.Prepare(Tables.Of(30, 6, values), _workers, TestContext.Current.CancellationToken));

        Assert.Contains("row 11 (\"<11>\") holds NaN in column 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        RoundTrip trips = RoundTrip.Prepare(Tables.Of(300, 8, Tables.Normal(300 * 8, seed: 5)), _workers, TestContext.Current.CancellationToken);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => trips.OfTable(null, cancelled.Token));
    }

    private static void SameToken(JsonElement want, TokenScore got)
    {
        Assert.Equal(want[0].GetInt32(), got.Id);
        Assert.Equal(want[1].GetDouble(), got.Value, 1e-9);
    }
}
