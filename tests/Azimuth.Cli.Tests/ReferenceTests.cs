using System.Globalization;
using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>
/// Whole commands against numbers computed in double precision from the same weights. Tolerances are those the reference asks for: lengths 1e-5
/// relative, angles 0.01°, logits and losses 1e-4 relative, probabilities 1e-4, contributions 1e-3 of the largest, shares of the vocabulary 3 tokens.
/// </summary>
public sealed class ReferenceTests
{
    public static TheoryData<string, int> Prompts
    {
        get
        {
            TheoryData<string, int> prompts = [];
            foreach ((string file, int count) in new[] { ("novels-gpt", 4), ("smollm2", 6), ("stories260K", 4) })
            {
                for (int i = 0; i < count; i++)
                    prompts.Add(file, i);
            }

            return prompts;
        }
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public async Task Trace_gives_the_reference_numbers(string file, int index)
    {
        JsonElement expected = Reference(file).GetProperty("prompts")[index];
        JsonElement found = (await RunAsync(file, "trace", "--prompt", expected.GetProperty("text").GetString()!,
            "--target", Id(expected.GetProperty("target")), "--versus", Id(expected.GetProperty("rival")))).GetProperty("prompts")[0];
        ReferenceNumbers numbers = new($"{file}, prompt {index}");
        numbers.SameIds(expected.GetProperty("ids"), found.GetProperty("ids"));
        numbers.SameIds(expected.GetProperty("greedy_20"), found.GetProperty("greedy20"));
        numbers.Relative(expected, found, 1e-4, "logit_target", "logit_rival");
        numbers.Absolute(expected, found, 1e-4, "probability_target");
        numbers.Same(expected, found, "rank_target");
        numbers.RelativeEach(expected.GetProperty("loss_nats_per_position"), found.GetProperty("lossNatsPerPosition"), 1e-4);
        numbers.Probabilities(expected.GetProperty("top10"), found.GetProperty("top10"));
        numbers.Pairs(expected.GetProperty("sites"), found.GetProperty("sites"), (e, f) => Site(numbers, e, f));
        Contributions(numbers, expected, found);
        Sweeps(numbers, expected, found);
        numbers.AbsoluteDeep(expected.GetProperty("attention_last_position"), found.GetProperty("attentionLastPosition"), 1e-4);
    }

    [Theory]
    [InlineData("novels-gpt")]
    [InlineData("smollm2")]
    [InlineData("stories260K")]
    public async Task Confidence_and_generate_give_the_reference_numbers(string file)
    {
        JsonElement expected = Reference(file).GetProperty("prompts")[1];
        string prompt = expected.GetProperty("text").GetString()!;
        ReferenceNumbers numbers = new(file);
        Sweeps(numbers, expected, await RunAsync(file, "confidence", "--prompt", prompt, "--target", Id(expected.GetProperty("target"))));
        JsonElement generated = await RunAsync(file, "generate", "--prompt", prompt, "--max-tokens", "20");
        numbers.SameIds(expected.GetProperty("greedy_20"), generated.GetProperty("ids"));
    }

    [Theory]
    [InlineData("novels-gpt", 0)]
    [InlineData("novels-gpt", 5)]
    [InlineData("smollm2", 0)]
    [InlineData("smollm2", 3)]
    [InlineData("stories260K", 3)]
    public async Task Neighbors_and_roundtrip_give_the_reference_numbers(string file, int word)
    {
        JsonElement expected = Reference(file).GetProperty("words")[word];
        string token = Id(expected.GetProperty("ids")[0]);
        ReferenceNumbers numbers = new($"{file}, {expected.GetProperty("word")}");
        foreach (string metric in new[] { "cosine", "dot", "euclidean" })
        {
            JsonElement found = await RunAsync(file, "neighbors", token, "--metric", metric);
            numbers.Relative(expected, found, 1e-5, "norm");
            numbers.Pairs(expected.GetProperty(metric), found.GetProperty("neighbors"), (e, f) =>
            {
                numbers.Equal(e[0].GetInt32(), f.GetProperty("id").GetInt32(), metric);
                numbers.Close(e[1].GetDouble(), f.GetProperty("value").GetDouble(), 1e-5 * Math.Abs(e[1].GetDouble()), metric);
            });
        }

        JsonElement trip = await RunAsync(file, "roundtrip", token);
        numbers.Close(expected.GetProperty("left_inverse_own").GetDouble(), trip.GetProperty("leverage").GetDouble(), 1e-5, "leverage");
        foreach ((string key, string name) in new[] { ("left_inverse_rank", "leftInverse"), ("transpose_rank", "transpose"), ("cosine_rank", "cosine") })
            numbers.Equal(expected.GetProperty(key).GetInt32(), trip.GetProperty(name).GetProperty("rank").GetInt32(), key);
        numbers.Pairs(expected.GetProperty("left_inverse_top10"), trip.GetProperty("leftInverse").GetProperty("peaks"), (e, f) =>
        {
            numbers.Equal(e[0].GetInt32(), f.GetProperty("id").GetInt32(), "left inverse");
            numbers.Close(e[1].GetDouble(), f.GetProperty("value").GetDouble(), 1e-5, "left inverse");
        });
    }

    [Theory]
    [InlineData("novels-gpt")]
    [InlineData("smollm2")]
    [InlineData("stories260K")]
    public async Task Roundtrip_of_all_tokens_and_geometry_give_the_reference_numbers(string file)
    {
        JsonElement expected = Reference(file);
        ReferenceNumbers numbers = new(file);
        JsonElement trip = await RunAsync(file, "roundtrip", "--all"), share = expected.GetProperty("roundtrip");
        numbers.Relative(share, trip, 1e-5, "leverage_sum");
        double threeTokens = 3.0 / trip.GetProperty("rows").GetInt32();
        foreach (string way in new[] { "transpose", "cosine", "left_inverse" })
            numbers.Close(share.GetProperty("recovered_" + way).GetDouble(), trip.GetProperty("recovered").GetProperty(ReferenceNumbers.Camel(way)).GetDouble(), threeTokens, way);

        JsonElement tables = (await RunAsync(file, "geometry")).GetProperty("tables");
        JsonElement input = expected.GetProperty("geometry").GetProperty("input_table"), found = tables[0];
        numbers.Relative(input, found, 1e-5, "norm_mean", "norm_sd_population", "mean_vector_norm", "mean_pairwise_cosine",
            "effective_rank_singular_values", "participation_ratio_centred_eigenvalues");
        numbers.RelativeEach(input.GetProperty("singular_values_first_10"), found.GetProperty("singularValuesFirst10"), 1e-5);
        numbers.RelativeEach(input.GetProperty("explained_variance_first_10"), found.GetProperty("explainedVarianceFirst10"), 1e-5);
        numbers.SameIds(input.GetProperty("smallest_norm_ids"), found.GetProperty("smallestNormIds"));
        numbers.SameIds(input.GetProperty("largest_norm_ids"), found.GetProperty("largestNormIds"));
        double[] quantiles = [.. found.GetProperty("normQuantiles").EnumerateObject().Select(q => q.Value.GetDouble())];
        Assert.Equal(input.GetProperty("norm_quantiles_0_1_5_25_50_75_95_99_100").GetArrayLength(), quantiles.Length);
        for (int i = 0; i < quantiles.Length; i++)
            numbers.Close(input.GetProperty("norm_quantiles_0_1_5_25_50_75_95_99_100")[i].GetDouble(), quantiles[i], 1e-5 * quantiles[i], "quantile");
    }

    [Theory]
    [InlineData("novels-gpt", "stride_256")]
    [InlineData("novels-gpt", "stride_128")]
    [InlineData("smollm2", "stride_512")]
    [InlineData("smollm2", "stride_256")]
    public async Task Perplexity_gives_the_reference_numbers(string file, string stride)
    {
        JsonElement expected = Reference(file).GetProperty("heldout").GetProperty(stride);
        string text = file == "novels-gpt" ? TestFiles.Model("novels-gpt/heldout.txt") : TestFiles.Fixture("trace", "heldout-short.txt");
        JsonElement found = await RunAsync(file, "eval", "perplexity", text, "--window", Text(expected.GetProperty("window")), "--stride", stride["stride_".Length..]);
        ReferenceNumbers numbers = new($"{file}, {stride}");
        numbers.Same(expected, found, "predicted_tokens");
        numbers.Relative(expected, found, 1e-4, "loss_nats_per_token", "perplexity");
    }

    private static void Site(ReferenceNumbers numbers, JsonElement expected, JsonElement found)
    {
        numbers.At(expected.GetProperty("site").GetString()!);
        Assert.Equal(expected.GetProperty("site").GetString(), found.GetProperty("site").GetString());
        numbers.Relative(expected, found, 1e-5, "norm");
        numbers.RelativeEach(expected.GetProperty("norm_all_positions"), found.GetProperty("normAllPositions"), 1e-5);
        numbers.Absolute(expected, found, 0.01, "angle_to_final", "angle_to_target_raw", "angle_to_target_normed");
        numbers.Absolute(expected, found, 1e-4, "target_probability");
        numbers.Probabilities(expected.GetProperty("lens_top5"), found.GetProperty("lensTop5"));
        foreach (string plane in new[] { "plane_normed", "plane_raw" })
        {
            JsonElement e = expected.GetProperty(plane), f = found.GetProperty(ReferenceNumbers.Camel(plane));
            // Coordinates are compared like lengths: relative to the length of the vector they belong to.
            double length = Math.Sqrt((e.GetProperty("x").GetDouble() * e.GetProperty("x").GetDouble()) + (e.GetProperty("y").GetDouble() * e.GetProperty("y").GetDouble()))
                / e.GetProperty("in_plane").GetDouble();
            numbers.Absolute(e, f, 1e-5 * length, "x", "y");
            numbers.Absolute(e, f, 1e-4, "in_plane");
        }
    }

    private static void Contributions(ReferenceNumbers numbers, JsonElement expected, JsonElement found)
    {
        JsonElement parts = expected.GetProperty("contributions"), foundParts = found.GetProperty("contributions");
        Assert.Equal(parts.EnumerateObject().Count(), foundParts.EnumerateObject().Count());
        foreach (string column in new[] { "target", "target_minus_rival" })
        {
            double largest = parts.EnumerateObject().Max(part => Math.Abs(part.Value.GetProperty(column).GetDouble()));
            foreach (JsonProperty part in parts.EnumerateObject())
            {
                numbers.At(part.Name);
                numbers.Absolute(part.Value, foundParts.GetProperty(ReferenceNumbers.Camel(part.Name)), 1e-3 * largest, column);
            }

            numbers.Absolute(expected.GetProperty("bias_term"), found.GetProperty("biasTerm"), 1e-3 * largest, column);
        }
    }

    private static void Sweeps(ReferenceNumbers numbers, JsonElement expected, JsonElement found)
    {
        numbers.Pairs(expected.GetProperty("confidence"), found.GetProperty("confidence"), (e, f) =>
        {
            numbers.At("temperature " + e.GetProperty("temperature"));
            Assert.Equal(e.GetProperty("temperature").ToString(), Canonical(f.GetProperty("temperature"), e.GetProperty("temperature")));
            numbers.Absolute(e, f, 1e-4, "probability_target", "probability_top");
            numbers.Close(e.GetProperty("entropy_nats").GetDouble(), f.GetProperty("entropyNats").GetDouble(), 1e-4 * Math.Max(1, e.GetProperty("entropy_nats").GetDouble()), "entropy");
            numbers.Same(e, f, "tokens_for_90_percent");
        });
        numbers.Pairs(expected.GetProperty("length"), found.GetProperty("length"), (e, f) =>
        {
            numbers.Absolute(e, f, 0, "scale");
            numbers.Absolute(e, f, 1e-4, "probability_target");
        });
    }

    /// <summary>Two spellings of one number, 10 and 10.0, are the same.</summary>
    private static string Canonical(JsonElement found, JsonElement expected) =>
        found.ValueKind == JsonValueKind.Number && expected.ValueKind == JsonValueKind.Number && found.GetDouble() == expected.GetDouble() ? expected.ToString() : found.ToString();

    private static async Task<JsonElement> RunAsync(string file, params string[] command)
    {
        return (await CliProcess.RunAsync([.. command, "-m", TestFiles.Traced(file), "--json"])).Json();
    }

    private static JsonElement Reference(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", file + ".json")));
        return document.RootElement.Clone();
    }

    private static string Id(JsonElement id) => "id:" + Text(id);

    private static string Text(JsonElement number) => number.GetInt32().ToString(CultureInfo.InvariantCulture);
}
