using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Geometry.Alignment;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry.Alignment;

/// <summary>Every value of the alignment fixture, within its own tolerance.</summary>
public sealed class AlignmentFixtureTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Every_value_is_the_reference_s()
    {
        string folder = TestFiles.Fixture("geometry", "alignment");
        using var fixture = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        EmbeddingTable a = Tables.OfNpy(TestFiles.Fixture("geometry", "tables", "A.npy")), b = Tables.OfNpy(Path.Combine(folder, "B.npy"));
        TableAlignment got = TableAlignment.Of(TablePair.Match(a, b), new AlignmentOptions { Svcca = true }, _workers, cancellation: TestContext.Current.CancellationToken);
        int values = 0;
        foreach (JsonProperty entry in fixture.RootElement.GetProperty("values").EnumerateObject())
        {
            values++;
            JsonElement tolerance = entry.Value.GetProperty("tolerance");
            double absolute = tolerance.TryGetProperty("absolute", out JsonElement t) ? t.GetDouble() : 0, relative = tolerance.TryGetProperty("relative", out t) ? t.GetDouble() : 0;
            double[] want = entry.Value.TryGetProperty("file", out JsonElement file) ? Npy.Read(Path.Combine(folder, file.GetString()!)).Values : [.. Leaves(entry.Value.GetProperty("value"))];
            double[] found = Found(got, entry.Name);
            Assert.Equal(want.Length, found.Length);
            for (int i = 0; i < want.Length; i++)
            {
                Assert.True(
                    Math.Abs(found[i] - want[i]) <= absolute + relative * Math.Abs(want[i]),
                    FormattableString.Invariant($"{entry.Name}[{i}]: expected {want[i]:R}, found {found[i]:R}"));
            }
        }

        Assert.Equal(14, values);
        JsonElement ids = fixture.RootElement.GetProperty("values").GetProperty("top_movers").GetProperty("value").GetProperty("ids");
        Assert.Equal(ids.EnumerateArray().Select(id => id.GetInt32()), got.TopMovers.Select(mover => mover.Id));
        Assert.Null(got.NeighbourOverlap10.Seed);
    }

    private static double[] Found(TableAlignment got, string name) => name switch
    {
        "procrustes_uncentred" => Numbers(got.ProcrustesUncentred!),
        "procrustes_centred" => Numbers(got.ProcrustesCentred!),
        "rotation_uncentred" => got.ProcrustesUncentred!.Rotation,
        "rotation_centred" => got.ProcrustesCentred!.Rotation,
        "angle_before_degrees" => got.Rows!.AngleBeforeDegrees,
        "angle_after_degrees" => got.Rows!.AngleAfterDegrees,
        "norm_ratio_before" => got.Rows!.NormRatioBefore,
        "norm_ratio_after" => got.Rows!.NormRatioAfter,
        "top_movers" => [.. got.TopMovers.Select(m => (double)m.Id), .. got.TopMovers.Select(m => m.AngleAfterDegrees!.Value)],
        "angle_summary" => [got.AngleSummary!.MeanBefore, got.AngleSummary.MeanAfter, got.AngleSummary.MedianAfter],
        "cka_linear" => [got.CkaLinear],
        "cka_linear_uncentred" => [got.CkaLinearUncentred],
        "svcca_99" => [got.Svcca99!.KeptA, got.Svcca99.KeptB, got.Svcca99.MeanCorrelation, .. got.Svcca99.Correlations.Take(3)],
        "neighbour_overlap_10" => [got.NeighbourOverlap10.Raw, got.NeighbourOverlap10.RawJaccard, got.NeighbourOverlap10.Centred, got.NeighbourOverlap10.CentredJaccard],
        _ => throw new InvalidDataException($"the fixture has an unknown value {name}"),
    };

    private static double[] Numbers(Procrustes fit) =>
    [
        fit.Det, fit.SingularValueSum, fit.Scale, fit.Unscaled.Residual, fit.Unscaled.RelativeResidual, fit.Unscaled.MeanCosine,
        fit.Scaled.Residual, fit.Scaled.RelativeResidual, fit.Scaled.MeanCosine,
    ];

    /// <summary>All numbers of a value, in the file's order.</summary>
    private static IEnumerable<double> Leaves(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => [value.GetDouble()],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Leaves),
        _ => value.EnumerateObject().SelectMany(member => Leaves(member.Value)),
    };
}
