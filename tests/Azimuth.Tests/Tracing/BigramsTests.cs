using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

/// <summary>Direct paths are parts of a run put together by hand.</summary>
public sealed class BigramsTests : IDisposable
{
    private static readonly int[] Ids = [5, 9, 77, 30, 2, 41, 17];
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("gpt2")]
    [InlineData("opt-350m-style")]
    [InlineData("gpt-j")]
    [InlineData("gpt-neox")]
    [InlineData("gpt-neox-sequential")]
    [InlineData("falcon-40b-style")]
    [InlineData("bloom")]
    [InlineData("llama")]
    [InlineData("mixtral")]
    [InlineData("qwen3-moe")]
    [InlineData("gemma2")]
    [InlineData("olmo2")]
    [InlineData("cohere")]
    [InlineData("granite")]
    public void An_mlp_applied_by_itself_adds_the_bits_it_adds_in_a_run(string family)
    {
        LanguageModel model = Open(family);
        Trace trace = model.Trace(Ids, TraceSites.All);
        for (int layer = 0; layer < model.Config.LayerCount; layer++)
        {
            bool parallel = model.Config.Layers[layer].Shape is BlockShape.Parallel or BlockShape.ParallelTwoNorms;
            Matrix stream = trace.Residual(parallel ? TraceSites.ResidPre : TraceSites.ResidMid, layer);
            Assert.Equal(trace.MlpOut(layer).Values, model.Parts.ApplyMlp(layer, stream).Values);
        }
    }

    [Fact]
    public void The_embedding_s_norm_is_part_of_the_path()
    {
        LanguageModel model = Open("bloom"); // its positions are in the attention, so a run's first stream is the path's
        Trace trace = model.Trace(Ids, TraceSites.Embedding);
        Matrix expected = model.Parts.Logits(model.Parts.ApplyFinalNorm(trace.Embedding));
        Assert.Equal(expected.Values, DirectPath.Logits(model, Ids, withFirstMlp: false).Values);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt-j")]
    [InlineData("gemma2")]
    [InlineData("olmo2")]
    public void The_path_by_the_first_mlp_is_stream_plus_mlp(string family)
    {
        LanguageModel model = Open(family);
        float[] x = model.Parts.TokenVector(9), m = model.Parts.ApplyMlp(0, new Matrix(1, x.Length, x)).Values;
        Matrix expected = model.Parts.Logits(model.Parts.ApplyFinalNorm(new Matrix(1, x.Length, [.. x.Zip(m, (a, b) => a + b)])));
        Assert.Equal(expected.Values, DirectPath.Logits(model, [9], withFirstMlp: true).Values);
        Assert.NotEqual(expected.Values, DirectPath.Logits(model, [9], withFirstMlp: false).Values);
    }

    [Fact]
    public void A_post_norm_model_has_no_direct_path_and_says_why()
    {
        LanguageModel model = Open("opt-350m-style");
        Assert.Contains("post-norm", DirectPath.Obstacle(model.Config), StringComparison.Ordinal);
        Assert.Contains("post-norm", Assert.Throws<NotSupportedException>(() => Bigrams.Of(model, 5, 3)).Message, StringComparison.Ordinal);
        Assert.Null(DirectPath.Obstacle(Open("gemma2").Config));
    }

    [Fact]
    public void A_summary_is_made_of_single_tokens()
    {
        LanguageModel model = Open("gpt2");
        int[] ids = Bigrams.Sample(model.Config.VocabSize, 70, 3); // more than are run together
        BigramSummary summary = Bigrams.Summarise(model, ids);
        TokenBigrams[] single = [.. ids.Select(id => Bigrams.Of(model, id, 1))];
        Assert.Equal(70, summary.Tokens);
        AssertShares(summary.Direct, single, token => token.Direct);
        AssertShares(summary.WithFirstMlp, single, token => token.WithFirstMlp);
        AssertShares(summary.Actual, single, token => token.Actual);
        Assert.Equal((1, 0, 0), (summary.Actual.AgreesWithActual, summary.Actual.KlMeanNats, summary.Actual.KlMedianNats));
    }

    [Fact]
    public void A_sample_holds_different_ids_and_follows_from_its_seed()
    {
        int[] ids = Bigrams.Sample(100, 40, 7);
        Assert.Equal(40, ids.Distinct().Count());
        Assert.Equal(ids.Order(), ids);
        Assert.Equal(ids, Bigrams.Sample(100, 40, 7));
        Assert.NotEqual(ids, Bigrams.Sample(100, 40, 8));
        Assert.Equal(Enumerable.Range(0, 10), Bigrams.Sample(10, 50, 1));
    }

    private static void AssertShares(BigramShares shares, TokenBigrams[] tokens, Func<TokenBigrams, BigramPath> path)
    {
        Assert.Equal(tokens.Average(token => path(token).Top[0].Id == token.Token.Id ? 1.0 : 0), shares.OwnFirst, 1e-12);
        Assert.Equal(tokens.Average(token => path(token).Top[0].Id == token.Actual.Top[0].Id ? 1.0 : 0), shares.AgreesWithActual, 1e-12);
        double[] divergences = [.. tokens.Select(token => path(token).KlFromActualNats).Order()];
        Assert.Equal(divergences.Average(), shares.KlMeanNats, 1e-12);
        Assert.Equal((divergences[34] + divergences[35]) / 2, shares.KlMedianNats, 1e-12);
    }

    private LanguageModel Open(string family) => LanguageModel.Load(TestFiles.Fixture("families", family), _workers);
}
