using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

public sealed class TableMeasuresTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("smollm2")]
    [InlineData("stories260K")]
    [InlineData("novels-gpt")]
    public void Every_measure_of_a_real_table_is_the_reference_s(string name)
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", name + ".json")));
        TableGeometry got = TableMeasures.Of(Tables.OfFixture(name), _workers, TestContext.Current.CancellationToken);
        int keys = 0;
        foreach (JsonProperty want in fixture.RootElement.GetProperty("geometry").GetProperty("input_table").EnumerateObject())
        {
            keys++;
            if (want.Name is "smallest_norm_ids" or "largest_norm_ids")
            {
                IReadOnlyList<int> ids = want.Name == "smallest_norm_ids" ? got.SmallestNormIds : got.LargestNormIds;
                Assert.Equal(want.Value.EnumerateArray().Select(v => v.GetInt32()), ids);
                continue;
            }

            double[] expected = want.Value.ValueKind == JsonValueKind.Array ? [.. want.Value.EnumerateArray().Select(v => v.GetDouble())] : [want.Value.GetDouble()];
            double[] found = Values(got, want.Name);
            Assert.Equal(expected.Length, found.Length);
            for (int i = 0; i < expected.Length; i++)
            {
                // Everything is computed in double from the same stored numbers: 1e-9, where the README asks for 1e-5.
                Assert.True(Math.Abs(expected[i] - found[i]) <= 1e-9 * Math.Max(1, Math.Abs(expected[i])), $"{name} {want.Name}[{i}]: expected {expected[i]:R}, found {found[i]:R}");
            }
        }

        Assert.Equal(12, keys);
        Assert.Equal(got.SmallestNormIds, got.SmallestNorm.Select(t => t.Id));
        Assert.Equal(got.LargestNorm.Select(t => (float)t.Norm), got.LargestNormIds.Select(id => got.Norms[id]));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    [InlineData("C")]
    public void The_geometry_fixture_s_tables_measure_the_same(string name)
    {
        EmbeddingTable table = name == "C" ? Tables.Stories() : Tables.OfNpy(TestFiles.Fixture("geometry", "tables", name + ".npy"));
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "tables", "expected.json")));
        JsonElement values = fixture.RootElement.GetProperty("values");
        TableGeometry got = TableMeasures.Of(table, _workers, TestContext.Current.CancellationToken);

        JsonElement norms = values.GetProperty(name + ".norms").GetProperty("value");
        Near(norms.GetProperty("mean"), got.NormMean);
        Near(norms.GetProperty("sd_population"), got.NormSdPopulation);
        Assert.Equal(norms.GetProperty("min_id").GetInt32(), got.SmallestNormIds[0]);
        Assert.Equal(norms.GetProperty("max_id").GetInt32(), got.LargestNormIds[0]);
        foreach (JsonProperty quantile in norms.GetProperty("quantiles").EnumerateObject())
        {
            double percent = 100 * double.Parse(quantile.Name, System.Globalization.CultureInfo.InvariantCulture);
            Near(quantile.Value, got.NormQuantiles[Math.Round(percent).ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        }

        Near(values.GetProperty(name + ".mean_vector").GetProperty("value").GetProperty("norm"), got.MeanVectorNorm);
        JsonElement raw = values.GetProperty(name + ".raw").GetProperty("value");
        Near(raw.GetProperty("mean_pairwise_cosine"), got.MeanPairwiseCosine);
        Near(raw.GetProperty("effective_rank_singular_values"), got.EffectiveRankSingularValues);
        Near(raw.GetProperty("participation_ratio"), got.ParticipationRatioCentredEigenvalues);
        double[] singular = Npy.Read(TestFiles.Fixture("geometry", "tables", $"expected_{name}_singular_values.npy")).Values;
        for (int i = 0; i < table.ModelDim; i++)
            Assert.Equal(1, got.Spectrum[i] / singular[i], 1e-6);
        JsonElement variance = values.GetProperty(name + ".pca_explained_variance").GetProperty("value");
        for (int i = 0; i < variance.GetArrayLength(); i++)
            Near(variance[i], got.CovarianceEigenvalues[i]);
        JsonElement shares = values.GetProperty(name + ".pca_explained_variance_ratio").GetProperty("value");
        for (int i = 0; i < 10; i++)
            Near(shares[i], got.ExplainedVarianceFirst10[i]);

        // The fixture asks for 1e-6, relative and absolute.
        static void Near(JsonElement want, double got) => Assert.Equal(want.GetDouble(), got, 1e-6 * Math.Max(1e-3, Math.Abs(want.GetDouble())));
    }

    [Fact]
    public void Mean_pairwise_cosine_is_the_mean_over_all_pairs_and_leaves_zero_rows_out()
    {
        float[] values = Tables.Normal(40 * 6, seed: 1);
        values.AsSpan(13 * 6, 6).Clear();
        EmbeddingTable table = Tables.Of(40, 6, values);
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < 40; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (Vectors.Cosine(table.Vector(i), table.Vector(j)) is not double cosine)
                    continue;
                sum += cosine;
                pairs++;
            }
        }

        TableGeometry got = TableMeasures.Of(table, _workers, TestContext.Current.CancellationToken);
        Assert.Equal(39 * 38 / 2, pairs);
        Assert.Equal(sum / pairs, got.MeanPairwiseCosine, 1e-12);
        Assert.Equal(1, got.ZeroRows);
        Assert.Equal(13, got.SmallestNormIds[0]);
    }

    [Fact]
    public void One_direction_has_rank_one_and_no_spread()
    {
        var values = new float[20 * 4];
        for (int i = 0; i < 20; i++)
            values[i * 4 + 1] = 3;
        TableGeometry got = TableMeasures.Of(Tables.Of(20, 4, values), _workers, TestContext.Current.CancellationToken);
        Assert.Equal(1, got.EffectiveRankSingularValues, 1e-12);
        Assert.Equal(1, got.MeanPairwiseCosine, 1e-12);
        Assert.Equal(0, got.NormSdPopulation);
        Assert.Equal(0, got.ParticipationRatioCentredEigenvalues);
        Assert.Equal(Math.Sqrt(20 * 9), got.Spectrum[0], 1e-12);
        Assert.Equal([0, 0, 0], got.Spectrum.Skip(1));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        EmbeddingTable table = Tables.Of(3000, 50, Tables.Normal(3000 * 50, seed: 6));
        using Workers one = new(1), three = new(3);
        string alone = JsonSerializer.Serialize(TableMeasures.Of(table, one, TestContext.Current.CancellationToken));
        Assert.Equal(alone, JsonSerializer.Serialize(TableMeasures.Of(table, three, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void NaN_and_empty_tables_are_refused_by_name()
    {
        float[] values = Tables.Normal(30 * 4, seed: 6);
        values[17 * 4 + 3] = float.NegativeInfinity;
        var error = Assert.Throws<CheckpointFormatException>(() => TableMeasures.Of(Tables.Of(30, 4, values), _workers, TestContext.Current.CancellationToken));
        Assert.Contains("input table: row 17 (\"<17>\") holds -Infinity in column 3", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TableMeasures.Of(Tables.Of(0, 4, []), _workers, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(0.0, 1.0)]
    [InlineData(0.5, 2.5)]
    [InlineData(0.9, 7.9)]
    [InlineData(1.0, 10.0)]
    public void Quantiles_interpolate_between_neighbours(double share, double expected) =>
        Assert.Equal(expected, TableMeasures.Quantile([1, 2, 3, 10], share), 1e-12);

    private static double[] Values(TableGeometry got, string key) => key switch
    {
        "rows" => [got.Rows],
        "norm_mean" => [got.NormMean],
        "norm_sd_population" => [got.NormSdPopulation],
        "norm_quantiles_0_1_5_25_50_75_95_99_100" => [.. new[] { "0", "1", "5", "25", "50", "75", "95", "99", "100" }.Select(p => got.NormQuantiles[p])],
        "mean_vector_norm" => [got.MeanVectorNorm],
        "mean_pairwise_cosine" => [got.MeanPairwiseCosine],
        "singular_values_first_10" => [.. got.SingularValuesFirst10],
        "effective_rank_singular_values" => [got.EffectiveRankSingularValues],
        "participation_ratio_centred_eigenvalues" => [got.ParticipationRatioCentredEigenvalues],
        "explained_variance_first_10" => [.. got.ExplainedVarianceFirst10],
        _ => throw new InvalidDataException($"the fixture has an unknown measure {key}"),
    };
}
