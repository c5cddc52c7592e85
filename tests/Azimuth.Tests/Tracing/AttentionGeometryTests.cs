using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

/// <summary>Weights follow from the queries, keys, scales, caps and slopes that are shown beside them.</summary>
public sealed class AttentionGeometryTests : IDisposable
{
    private static readonly int[] Ids = [5, 9, 77, 30, 2, 41, 17, 9, 77, 60, 3, 5];
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    public static TheoryData<string> Families =>
    [
        "gpt2", "gpt2-inverse-layer-scale", "opt-350m-style", "gpt-neo", "gpt-j", "gpt-neox", "gpt-bigcode", "bloom", "mpt", "falcon-40b-style", "xglm", "llama", "llama-biases-headdim",
        "llama-rope-yarn", "mistral", "qwen3", "gemma2", "gemma3", "smollm3", "olmo", "olmo2", "phi", "cohere", "granite",
    ];

    [Theory]
    [MemberData(nameof(Families))]
    public void The_softmax_of_the_scores_is_the_run_s_own_pattern(string family)
    {
        LanguageModel model = Open(family);
        for (int layer = 0; layer < model.Config.LayerCount; layer++)
        {
            for (int head = 0; head < model.Config.Layers[layer].Attention.HeadCount; head++)
            {
                AttentionRow row = AttentionRow.Of(model, Ids, layer, head);
                Assert.True(row.ReproductionError <= 1e-6, $"layer {layer} head {head}: {row.ReproductionError}");
                double[] powers = [.. row.Keys.Select(key => Math.Exp(key.Score))];
                for (int i = 0; i < powers.Length; i++)
                {
                    AttentionKey key = row.Keys[i];
                    Assert.Equal(powers[i] / powers.Sum(), key.Weight, 1e-6);
                    Assert.Equal(key.Cosine!.Value * row.QueryNorm * key.KeyNorm * row.Scale, key.ScaledProduct, 1e-9);
                    double capped = row.SoftCap is { } cap ? cap * Math.Tanh(key.ScaledProduct / cap) : key.ScaledProduct;
                    Assert.Equal(capped - (row.AlibiSlope ?? 0) * (row.Position - key.Position), key.Score, 1e-9);
                }

                Assert.Equal(-row.Keys.Sum(key => key.Weight * Math.Log(key.Weight)), row.EntropyNats, 1e-5);
                Assert.Equal(row.Keys.OrderByDescending(key => key.Weight).First().Position, row.Largest);
                Assert.Equal(row.Keys.OrderBy(key => key.AngleDegrees).First().Position, row.Nearest);
            }
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bloom")]
    [InlineData("mistral")]
    [InlineData("gemma2")]
    public void The_summary_of_heads_is_read_off_the_patterns(string family)
    {
        LanguageModel model = Open(family);
        AttentionSurvey survey = AttentionSurvey.Of(model, Ids, new AttentionSurveyOptions { RepeatedTokens = 10, Prefix = [1] });
        Trace trace = model.Trace(Ids, TraceSites.AttentionPattern);
        Assert.Equal(model.Config.Layers.Sum(layer => layer.Attention.HeadCount), survey.Heads.Count);
        foreach (HeadSummary head in survey.Heads)
        {
            Matrix pattern = trace.AttentionPattern(head.Layer)[head.Head];
            int[] queries = [.. Enumerable.Range(2, Ids.Length - 2)];
            Assert.Equal(queries.Average(q => pattern[q, q - 1]), head.PreviousToken, 1e-6);
            Assert.Equal(queries.Average(q => pattern[q, 0]), head.FirstToken, 1e-6);
            Assert.Equal(queries.Average(q => pattern[q, q]), head.Self, 1e-6);
            AttentionRow[] rows = [.. queries.Select(q => AttentionRow.Of(model, Ids, head.Layer, head.Head, q))];
            Assert.Equal(rows.Average(row => row.EntropyNats / Math.Log(row.Keys.Count)), head.EntropyShare, 1e-9);
            Assert.Equal(rows.Average(row => row.Largest == row.Nearest ? 1.0 : 0), head.NearestShare, 1e-9);
            Assert.InRange(head.Induction!.Value, 0, 1);
        }
    }

    [Fact]
    public void The_bundled_models_have_heads_of_the_known_kinds()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Model("SmolLM2-135M-Instruct"), _workers);
        int[] ids = model.Tokenizer!.Encode("When Mary and John went to the store, John gave a drink to Mary, and then they all went home together.").Ids;
        AttentionSurvey survey = AttentionSurvey.Of(model, ids);
        Assert.Equal(32, survey.RepeatedTokens);
        Assert.True(survey.Heads.Max(head => head.PreviousToken) > 0.5);
        Assert.True(survey.Heads.Max(head => head.Induction) > 0.3); // guessing would be 1/49 on average
        HeadSummary best = survey.Heads.MaxBy(head => head.PreviousToken)!;
        Assert.True(AttentionRow.Of(model, ids, best.Layer, best.Head).ReproductionError < 1e-6);
    }

    [Fact]
    public void Without_room_for_a_repeated_sequence_there_is_no_induction_score()
    {
        AttentionSurvey survey = AttentionSurvey.Of(Open("gpt2"), Ids, new AttentionSurveyOptions { RepeatedTokens = 0 });
        Assert.Equal(0, survey.RepeatedTokens);
        Assert.All(survey.Heads, head => Assert.Null(head.Induction));
    }

    [Fact]
    public void Bad_questions_are_refused()
    {
        LanguageModel model = Open("gpt2");
        Assert.Throws<ArgumentOutOfRangeException>(() => AttentionRow.Of(model, Ids, 99, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => AttentionRow.Of(model, Ids, 0, 99));
        Assert.Throws<ArgumentOutOfRangeException>(() => AttentionRow.Of(model, Ids, 0, 0, Ids.Length));
        Assert.Throws<ArgumentException>(() => AttentionRow.Of(model, [], 0, 0));
        Assert.Throws<ArgumentException>(() => AttentionSurvey.Of(model, [1, 2]));
    }

    private LanguageModel Open(string family) => LanguageModel.Load(TestFiles.Fixture("families", family), _workers);
}
