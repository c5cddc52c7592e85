using System.Globalization;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;
using Azimuth.Tests.Geometry;
using Azimuth.Vocabulary;

namespace Azimuth.Tests.Vocabulary;

public sealed class UnreachableOutputsTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    /// <summary>Every value of the fixture. Certificates and winning vectors are not unique: ours are checked by their definition, the fixture's as well.</summary>
    [Fact]
    public void Every_value_of_the_fixture_agrees()
    {
        using JsonDocument fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "unreachable", "expected.json")));
        EmbeddingTable table = Tables.OfNpy(TestFiles.Fixture("geometry", "unreachable", "U.npy"));
        float[] bias = Array.ConvertAll(Npy.Read(TestFiles.Fixture("geometry", "unreachable", "bias.npy")).Values, b => (float)b);
        JsonElement edge = fixture.RootElement.GetProperty("inputs").GetProperty("edge").GetProperty("value");
        float[] edgeValues = [.. edge.EnumerateArray().SelectMany(row => row.EnumerateArray().Select(v => v.GetSingle()))];
        EmbeddingTable edgeTable = Tables.Of(edge.GetArrayLength(), edge[0].GetArrayLength(), edgeValues);
        var cases = new Dictionary<string, (EmbeddingTable Table, float[]? Bias)>
        {
            ["no_bias"] = (table, null),
            ["bias"] = (table, bias),
            ["edge"] = (edgeTable, null),
        };
        var reports = cases.ToDictionary(pair => pair.Key, pair => Proven(pair.Value.Table, pair.Value.Bias));
        int values = 0;
        foreach (JsonProperty value in fixture.RootElement.GetProperty("values").EnumerateObject())
        {
            values++;
            string[] name = value.Name.Split('.');
            (EmbeddingTable of, float[]? with) = cases[name[0]];
            UnreachableReport got = reports[name[0]];
            JsonElement tolerance = value.Value.GetProperty("tolerance");
            switch (name[1])
            {
                case "unreachable":
                    Assert.Equal(value.Value.GetProperty("value").EnumerateArray().Select(id => id.GetInt32()), got.Unreachable.Select(token => token.Id));
                    break;
                case "certificates":
                    JsonElement certificates = value.Value.GetProperty("value");
                    Assert.Equal(certificates.EnumerateObject().Count(), got.Unreachable.Count);
                    Assert.All(got.Unreachable, token => Assert.True(certificates.TryGetProperty(token.Id.ToString(CultureInfo.InvariantCulture), out _)));
                    Assert.All(got.Unreachable, token => AssertMixture(of, with, token.Id, token.Certificate, tolerance.GetProperty("absolute").GetDouble()));
                    break;
                case "winning_vectors":
                    var (rows, columns, vectors) = Npy.Read(TestFiles.Fixture("geometry", "unreachable", value.Value.GetProperty("file").GetString()!));
                    for (int id = 0; id < rows; id++)
                    {
                        double[] want = vectors[(id * columns)..((id + 1) * columns)];
                        Assert.Equal(Array.TrueForAll(want, v => v == 0), got.Verdicts[id] == ReachVerdict.Unreachable);
                        Assert.Equal(got.WinningVector(id) is null, Array.TrueForAll(want, v => v == 0));
                        if (got.WinningVector(id) is not null)
                            Assert.True(Margin(of, with, id, want) > 0, $"{value.Name}: the fixture's own vector does not win for {id}");
                    }

                    break;
                default:
                    Assert.Fail($"the fixture has an unknown value {value.Name}");
                    break;
            }
        }

        Assert.Equal(7, values);
    }

    /// <summary>Against an independent decision: every facet of a random cloud in the plane is found by sorting angles.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void In_the_plane_exactly_the_corners_of_the_hull_are_reachable(int seed)
    {
        var random = new SeededRandom((ulong)seed);
        for (int trial = 0; trial < 40; trial++)
        {
            int count = 3 + random.NextInt32(60);
            var values = new float[count * 2];
            for (int i = 0; i < values.Length; i++)
                values[i] = random.NextInt32(25) - 12; // small whole numbers: many points lie exactly on edges, some twice
            int[] corners = HullOracle.Corners(values);
            UnreachableReport got = Proven(Tables.Of(count, 2, values), null);
            Assert.Equal(corners, Enumerable.Range(0, count).Where(id => got.Verdicts[id] == ReachVerdict.Reachable));
        }
    }

    /// <summary>Against an independent linear program (exact simplex on small whole numbers) in three to five dimensions, with a bias and without.</summary>
    [Theory]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(3, true)]
    [InlineData(5, true)]
    public void In_a_few_dimensions_the_verdicts_are_those_of_exact_arithmetic(int dimension, bool withBias)
    {
        var random = new SeededRandom((ulong)(dimension + (withBias ? 10 : 0)));
        int reachable = 0, unreachable = 0;
        for (int trial = 0; trial < 12; trial++)
        {
            int count = 2 + random.NextInt32(45);
            float[] values = [.. Enumerable.Range(0, count * dimension).Select(_ => (float)(random.NextInt32(5) - 2))];
            float[]? bias = withBias ? [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextInt32(7) - 3))] : null;
            UnreachableReport got = Proven(Tables.Of(count, dimension, values), bias);
            for (int id = 0; id < count; id++)
            {
                bool want = HullOracle.IsReachable(values, bias, count, dimension, id);
                Assert.True((got.Verdicts[id] == ReachVerdict.Reachable) == want, $"trial {trial}, row {id}: expected reachable {want}, found {got.Verdicts[id]}");
                (reachable, unreachable) = want ? (reachable + 1, unreachable) : (reachable, unreachable + 1);
            }
        }

        Assert.True(reachable > 20 && unreachable > 5, $"{reachable} and {unreachable}: too one-sided to test anything");
    }

    [Fact]
    public void A_direction_in_high_dimension_settles_most_rows_and_planted_mixtures_are_found()
    {
        const int rows = 1500, width = 96;
        float[] values = Tables.Normal(rows * width, seed: 8);
        int[] planted = [17, 400, 401, 1499];
        foreach (int id in planted)
        {
            // The middle of four others that are powers of two apart is exact in float.
            for (int c = 0; c < width; c++)
            {
                values[id * width + c] = 0;
                for (int k = 1; k <= 4; k++)
                    values[id * width + c] += MathF.Round(values[(id - k * 3) % rows * width + c] * 1024) / 4096;
            }

            for (int k = 1; k <= 4; k++)
            {
                for (int c = 0; c < width; c++)
                    values[(id - k * 3) % rows * width + c] = MathF.Round(values[(id - k * 3) % rows * width + c] * 1024) / 1024;
            }
        }

        UnreachableReport got = Proven(Tables.Of(rows, width, values), null);
        Assert.Equal(planted, got.Unreachable.Select(token => token.Id));
        Assert.Equal(rows - planted.Length, got.Reachable);
        Assert.True(got.ReachableByOwnDirection > rows * 0.9, $"{got.ReachableByOwnDirection}");
    }

    [Fact]
    public void The_smallest_tables()
    {
        Assert.Equal([ReachVerdict.Reachable], Proven(Tables.Of(1, 3, [0, 0, 0]), null).Verdicts);
        Assert.Equal([ReachVerdict.Unreachable, ReachVerdict.Unreachable], Proven(Tables.Of(2, 2, [1, 0, 1, -0f]), null).Verdicts);
        Assert.Equal([ReachVerdict.Unreachable, ReachVerdict.Reachable], Proven(Tables.Of(2, 2, [1, 0, 1, 0]), [0, 1]).Verdicts);
        // On a line only the ends win, unless the bias lifts one between them.
        Assert.Equal([0, 2], Winners(Proven(Tables.Of(3, 1, [-1, 0, 1]), null)));
        Assert.Equal([0, 1, 2], Winners(Proven(Tables.Of(3, 1, [-1, 0, 1]), [0, 1, 0])));
        Assert.Equal([0, 2], Winners(Proven(Tables.Of(3, 1, [-1, 0, 1]), [0, -1, 0])));
    }

    [Fact]
    public void Scale_and_place_do_not_matter()
    {
        float[] values = Tables.Normal(120 * 5, seed: 9);
        float[] moved = [.. values.Select((v, i) => v * 1024 + 512 * (i % 5))];
        int[] winners = Winners(Proven(Tables.Of(120, 5, values), null));
        Assert.Equal(winners, Winners(Proven(Tables.Of(120, 5, moved), null)));
        // Products of such numbers leave single precision's range.
        foreach (int power in new[] { 100, -100 })
        {
            UnreachableReport got = UnreachableOutputs.Find(Tables.Of(120, 5, [.. values.Select(v => MathF.ScaleB(v, power))]), null, _workers);
            Assert.Equal(winners, Winners(got));
            Assert.Empty(got.Undecided);
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        EmbeddingTable table = Tables.OfNpy(TestFiles.Fixture("geometry", "unreachable", "U.npy"));
        using Workers one = new(1), three = new(3);
        string Of(Workers workers) => JsonSerializer.Serialize(UnreachableOutputs.Find(table, null, workers));
        Assert.Equal(Of(one), Of(three));
    }

    [Fact]
    public void Bad_input_is_refused_by_name()
    {
        Assert.Throws<ArgumentException>(() => UnreachableOutputs.Find(Tables.Of(0, 4, []), null, _workers));
        Assert.Contains("3 rows need as many biases, found 2", Assert.Throws<ArgumentException>(() => UnreachableOutputs.Find(Tables.Of(3, 1, [1, 2, 3]), [1, 2], _workers)).Message, StringComparison.Ordinal);
        Assert.Contains("the bias of row 1", Assert.Throws<ArgumentException>(() => UnreachableOutputs.Find(Tables.Of(2, 1, [1, 2]), [1, float.NaN], _workers)).Message, StringComparison.Ordinal);
        Assert.Contains("row 1", Assert.Throws<CheckpointFormatException>(() => UnreachableOutputs.Find(Tables.Of(2, 1, [1, float.NaN]), null, _workers)).Message, StringComparison.Ordinal);
    }

    /// <summary>The report, each of its proofs checked here from the rows themselves.</summary>
    private UnreachableReport Proven(EmbeddingTable table, float[]? bias)
    {
        UnreachableReport got = UnreachableOutputs.Find(table, bias, _workers);
        Assert.Empty(got.Undecided);
        Assert.Equal(table.Count, got.Reachable + got.Unreachable.Count);
        foreach (UnreachableToken token in got.Unreachable)
            AssertMixture(table, bias, token.Id, token.Certificate, 1e-9);
        for (int id = 0; id < table.Count; id++)
        {
            if (got.WinningVector(id) is { } vector)
                Assert.True(Margin(table, bias, id, vector) > 0, $"the winning vector of {id} does not win");
            else
                Assert.Equal(ReachVerdict.Unreachable, got.Verdicts[id]);
        }

        return got;
    }

    private static int[] Winners(UnreachableReport report) => [.. Enumerable.Range(0, report.Rows).Where(id => report.Verdicts[id] == ReachVerdict.Reachable)];

    private static double Margin(EmbeddingTable table, float[]? bias, int id, double[] vector)
    {
        double[] logits = [.. Enumerable.Range(0, table.Count).Select(j => table.Vector(j).Select((u, c) => u * vector[c]).Sum() + (bias?[j] ?? 0))];
        return logits[id] - logits.Where((_, j) => j != id).DefaultIfEmpty(double.NegativeInfinity).Max();
    }

    private static void AssertMixture(EmbeddingTable table, float[]? bias, int id, IReadOnlyList<MixtureWeight> mixture, double tolerance)
    {
        Assert.DoesNotContain(mixture, part => part.Id == id);
        Assert.All(mixture, part => Assert.True(part.Weight > 0));
        Assert.Equal(1, mixture.Sum(part => part.Weight), tolerance);
        double scale = Math.Max(1, table.Vector(id).Max(Math.Abs));
        for (int c = 0; c < table.ModelDim; c++)
            Assert.True(Math.Abs(mixture.Sum(part => part.Weight * table.Vector(part.Id)[c]) - table.Vector(id)[c]) <= tolerance * scale, $"row {id}, column {c}");
        if (bias is not null)
            Assert.True(mixture.Sum(part => part.Weight * bias[part.Id]) >= bias[id] - tolerance, $"row {id}: the mixture's bias is lower");
    }
}
