using System.Globalization;
using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

/// <summary>Every value of fixtures/trace about prompts, for three models, within the tolerances of its README.</summary>
public sealed class PromptTraceFixtureTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("smollm2")]
    [InlineData("stories260K")]
    [InlineData("novels-gpt")]
    public void Every_site_contribution_and_probability_is_the_reference_s(string name)
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", name + ".json")));
        LanguageModel model = Open(name);
        foreach (JsonElement want in fixture.RootElement.GetProperty("prompts").EnumerateArray())
        {
            int[] ids = Ints(want, "ids");
            var options = new PromptTraceOptions
            {
                Text = want.GetProperty("text").GetString(),
                Target = want.GetProperty("target").GetInt32(),
                Rival = want.GetProperty("rival").GetInt32(),
            };
            PromptTrace got = PromptTracer.Run(model, ids, options, TestContext.Current.CancellationToken);
            string where = $"{name} \"{want.GetProperty("text").GetString()}\"";
            var check = new TraceComparison(where, model, ids);
            check.Prompt(want, got);
            check.Sites(want.GetProperty("sites"), got);
            check.Contributions(want, got);
            check.Sweeps(want, got);
            check.Attention(want.GetProperty("attention_last_position"), got);
            Assert.True(check.Failures.Count == 0, string.Join('\n', check.Failures));
            TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{where}: {check.Compared} values, the worst uses {check.Worst.Share:P0} of its allowance: {check.Worst.Where}"));
            Assert.True(check.Compared > 700, $"{where}: only {check.Compared} values were compared");
        }
    }

    [Theory]
    [InlineData("smollm2")]
    [InlineData("stories260K")]
    [InlineData("novels-gpt")]
    public void A_word_straight_to_the_output_table_predicts_what_the_reference_says(string name)
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", name + ".json")));
        LanguageModel model = Open(name);
        int words = 0;
        foreach (JsonElement word in fixture.RootElement.GetProperty("words").EnumerateArray())
        {
            if (!word.TryGetProperty("bigram_normed_top5", out JsonElement want))
                continue;
            words++;
            Embeddings.RankedLists.Same(want, DirectPath.Top(model, Ints(word, "ids")[0], 5).Select(t => (t.Id, t.Probability)), $"{name} {word.GetProperty("word")} bigram", 1e-4);
        }

        Assert.True(words >= 9, $"only {words} words were compared");
    }

    [Fact]
    public void Json_has_the_fixture_s_names_in_camel_case()
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", "novels-gpt.json")));
        JsonElement want = fixture.RootElement.GetProperty("prompts")[0];
        PromptTrace trace = PromptTracer.Run(Open("novels-gpt"), Ints(want, "ids"), null, TestContext.Current.CancellationToken);
        using var got = JsonDocument.Parse(JsonSerializer.Serialize(trace, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase }));
        SameNames(want, got.RootElement, "prompt");
        foreach (string list in new[] { "sites", "confidence", "length" })
            SameNames(want.GetProperty(list)[0], got.RootElement.GetProperty(list)[0], list);
        SameNames(want.GetProperty("contributions"), got.RootElement.GetProperty("contributions"), "contributions");
        SameNames(want.GetProperty("sites")[0].GetProperty("plane_raw"), got.RootElement.GetProperty("sites")[0].GetProperty("planeRaw"), "plane");
        Assert.Equal("inf", got.RootElement.GetProperty("confidence")[9].GetProperty("temperature").GetString());
    }

    private static void SameNames(JsonElement want, JsonElement got, string where)
    {
        foreach (JsonProperty property in want.EnumerateObject())
            Assert.True(got.TryGetProperty(Camel(property.Name), out _), $"{where}: {Camel(property.Name)} is missing");
    }

    /// <summary>"greedy_20" to "greedy20", "attention_bias.0" to "attentionBias.0".</summary>
    internal static string Camel(string name) =>
        string.Concat(name.Split('_').Select((part, i) => i == 0 ? part : char.ToUpper(part[0], CultureInfo.InvariantCulture) + part[1..]));

    private static int[] Ints(JsonElement of, string name) => [.. of.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    private LanguageModel Open(string name) => LanguageModel.Load(TestFiles.Traced(name), _workers);
}
