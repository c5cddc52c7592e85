using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Geometry;

namespace Azimuth.Tests.Embeddings;

/// <summary>Every value of fixtures/geometry/roundtrip, within its own tolerance.</summary>
public sealed class RoundTripFixtureTests : IDisposable
{
    private readonly Workers _workers = new(2);
    private readonly FixtureCase _fixture = new("roundtrip");

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("A")]
    [InlineData("C")]
    [InlineData("pair")]
    public void Every_value_of_a_table_is_the_fixture_s(string name)
    {
        RoundTrip trips = name switch
        {
            "A" => RoundTrip.Prepare(Tables.OfNpy(TestFiles.Fixture("geometry", "tables", "A.npy")), _workers, TestContext.Current.CancellationToken),
            "C" => RoundTrip.Prepare(Tables.Stories(), _workers, TestContext.Current.CancellationToken),
            _ => RoundTrip.Prepare(
                Tables.OfNpy(TestFiles.Fixture("geometry", "roundtrip", "E.npy")), Tables.OfNpy(TestFiles.Fixture("geometry", "roundtrip", "U.npy")), _workers, TestContext.Current.CancellationToken),
        };
        double[] leverages = trips.Leverages(TestContext.Current.CancellationToken);
        RoundTripRanks ranks = trips.Ranks(RowSample.Of(leverages.Length, int.MaxValue), null, TestContext.Current.CancellationToken);
        foreach (string value in _fixture.Names.Where(v => v.StartsWith(name + ".", StringComparison.Ordinal)))
        {
            switch (value[(name.Length + 1)..].Split('.'))
            {
                case ["leverage"]:
                    _fixture.CompareArray(value, leverages);
                    break;
                case ["leverage_sum"]:
                    _fixture.Compare(value, ranks.LeverageSum);
                    break;
                case [var way, "summary"]:
                    // The last two members are bounds for single precision; scores here are double.
                    RankSummary summary = Of(ranks, way);
                    JsonElement want = _fixture.Value(value);
                    Assert.InRange(summary.Recovered, want.GetProperty("recovered_at_least").GetInt32(), want.GetProperty("recovered_at_most").GetInt32());
                    _fixture.Compare(value, new { summary.Recovered, summary.Share, summary.WorstRank, summary.MedianRank, RecoveredAtLeast = want.GetProperty("recovered_at_least"), RecoveredAtMost = want.GetProperty("recovered_at_most") });
                    break;
                case [var way, "ranks"]:
                    _fixture.CompareArray(value, Of(ranks, way).Ranks, _fixture.Array(value).Columns);
                    break;
                case [var way, "selected"]:
                    CompareSelected(value, trips, way);
                    break;
                default:
                    throw new InvalidDataException($"the fixture has an unknown value {value}");
            }
        }

        _fixture.RequireAll(v => v.StartsWith(name + ".", StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_of_lower_rank_has_the_rank_and_leverages_of_its_projection()
    {
        RoundTrip trips = RoundTrip.Prepare(Tables.OfNpy(TestFiles.Fixture("geometry", "roundtrip", "D.npy")), _workers, TestContext.Current.CancellationToken);
        double[] leverages = trips.Leverages(TestContext.Current.CancellationToken);
        JsonElement want = _fixture.Value("rank_deficient");
        double[] singular = TableSpectrum.Of(Tables.OfNpy(TestFiles.Fixture("geometry", "roundtrip", "D.npy")), _workers, TestContext.Current.CancellationToken).SingularValues;
        _fixture.Compare("rank_deficient", new { trips.Rank, Leverage = leverages, LeverageSum = leverages.Sum(), SingularValues = singular, Rcond = want.GetProperty("rcond") });
        _fixture.RequireAll(v => !v.Contains('.', StringComparison.Ordinal));
    }

    [Fact]
    public void Tables_of_different_shapes_have_no_way_from_one_to_the_other()
    {
        EmbeddingTable small = Tables.Of(3, 2, [1, 2, 3, 4, 5, 6]), large = Tables.Of(2, 3, [1, 2, 3, 4, 5, 6]);
        Assert.Contains("[3, 2] and [2, 3]", Assert.Throws<ArgumentException>(() => RoundTrip.Prepare(small, large, _workers, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => RoundTrip.Prepare(small, Tables.Of(3, 2, [1, 0, 0, 1, 1, 1]), _workers, TestContext.Current.CancellationToken).OfTable(null, TestContext.Current.CancellationToken));
    }

    private void CompareSelected(string value, RoundTrip trips, string way) => _fixture.Compare(value, _fixture.Value(value).EnumerateArray().Select(want =>
    {
        int id = want.GetProperty("token").GetInt32();
        TokenRoundTrip trip = trips.OfToken(id, 5);
        RoundTripWay got = way switch
        {
            "transpose" => trip.Transpose,
            "cosine" => trip.Cosine!,
            "left_inverse_input" => trip.LeftInverseInput!,
            _ => trip.LeftInverse,
        };
        // The fixture lists the token itself among its five best, the type lists the others.
        var top = got.Peaks.Select(p => new { p.Id, Score = p.Value }).Append(new { Id = id, Score = got.Own }).OrderByDescending(p => p.Score).ThenBy(p => p.Id).Take(5);
        return new { Token = id, got.Rank, OwnScore = got.Own, got.PeakToNoise, Top5 = top };
    }));

    private static RankSummary Of(RoundTripRanks ranks, string way) => way switch
    {
        "transpose" => ranks.Transpose,
        "cosine" => ranks.Cosine,
        "left_inverse" or "left_inverse_output" => ranks.LeftInverse,
        "left_inverse_input" => ranks.LeftInverseInput!,
        _ => throw new InvalidDataException($"the fixture has an unknown way {way}"),
    };
}
