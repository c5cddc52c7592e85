using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

/// <summary>The contexts of fixtures/trace, and what follows from the definition.</summary>
public sealed class ContextualWordTests : IDisposable
{
    /// <summary>Cosines of float32 streams; norms are required to 1e-5 of themselves, angles to 0.01° (README of the fixtures).</summary>
    private const double CosineTolerance = 1e-5, AngleTolerance = 0.01;

    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("smollm2")]
    [InlineData("stories260K")]
    [InlineData("novels-gpt")]
    public void A_word_s_likeness_to_itself_is_the_reference_s(string name)
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("trace", name + ".json")));
        LanguageModel model = Open(name);
        JsonElement contexts = fixture.RootElement.GetProperty("contexts");
        Assert.True(contexts.GetArrayLength() > 0);
        foreach (JsonElement context in contexts.EnumerateArray())
        {
            int[] word = model.Tokenizer!.Encode(context.GetProperty("word").GetString()!, addSpecialTokens: false).Ids;
            Assert.Equal(Transformers.Near.Integers(context.GetProperty("ids")), word);
            WordInSentence[] sentences = [.. context.GetProperty("sentences").EnumerateArray().Select(s => WordInSentence.Find(s.GetString(), model.Tokenizer.Encode(s.GetString()!).Ids, word)!)];
            ContextualWordResult result = ContextualWord.Measure(model, sentences);
            AllNear(context.GetProperty("self_similarity"), result.SelfSimilarity, CosineTolerance);
            AllNear(context.GetProperty("angle_to_static_row_mean"), result.AngleToStaticRowMean, AngleTolerance);
            Assert.Equal(result.SelfSimilarity.Select((self, i) => self - result.Baseline![i]), result.Adjusted);
        }
    }

    [Fact]
    public void The_baseline_is_the_mean_cosine_of_other_tokens_and_depends_on_the_seed_only()
    {
        WordInSentence[] sentences = [new(null, [1, 2, 7], 2), new(null, [3, 4, 7, 5], 2), new(null, [6, 8, 9, 7], 3)];
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", "gpt2"), _workers);
        var few = new ContextualWordOptions { BaselineTokens = 3, Seed = 5 };
        ContextualWordResult all = ContextualWord.Measure(model, sentences), first = ContextualWord.Measure(model, sentences, few), again = ContextualWord.Measure(model, sentences, few);
        Assert.Equal(5, all.BaselineTokens); // 2; 4, 5; 8, 9: neither the word nor what stands first
        Assert.Equal(2 + 2 + 4, all.BaselinePairs);
        Assert.Equal(first.Baseline, again.Baseline);
        Assert.Equal(3, first.BaselineTokens);
        Trace a = model.Trace([1, 2, 7], TraceSites.Residuals), b = model.Trace([3, 4, 7, 5], TraceSites.Residuals), c = model.Trace([6, 8, 9, 7], TraceSites.Residuals);
        double expected = new[] { (a, 1, b, 1), (a, 1, b, 3), (a, 1, c, 1), (a, 1, c, 2), (b, 1, c, 1), (b, 1, c, 2), (b, 3, c, 1), (b, 3, c, 2) }
            .Average(p => Vectors.Cosine(p.Item1.Residual(TraceSites.ResidPost, 1).Row(p.Item2), p.Item3.Residual(TraceSites.ResidPost, 1).Row(p.Item4))!.Value);
        Assert.Equal(expected, all.Baseline![2], 1e-12);
    }

    [Fact]
    public void The_same_sentence_twice_is_alike_and_a_sentence_of_one_token_has_no_baseline()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", "llama"), _workers);
        ContextualWordResult result = ContextualWord.Measure(model, [new(null, [7], 0), new(null, [7], 0)]);
        Assert.All(result.SelfSimilarity, self => Assert.Equal(1, self, 1e-12));
        Assert.Equal(0, result.AngleToStaticRowMean[0], 1e-5);
        Assert.Null(result.Baseline);
        Assert.Null(result.Adjusted);
    }

    [Fact]
    public void The_last_occurrence_counts_and_all_tokens_of_a_word_must_follow_each_other()
    {
        Assert.Equal(6, WordInSentence.Find(null, [1, 5, 6, 2, 1, 5, 6, 9], [5, 6])!.Position);
        Assert.Null(WordInSentence.Find(null, [5, 1, 6], [5, 6]));
        Assert.Null(WordInSentence.Find(null, [6], [5, 6]));
    }

    [Fact]
    public void Sentences_without_the_same_token_are_refused()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", "llama"), _workers);
        Assert.Contains("at least two sentences", Assert.Throws<ArgumentException>(() => ContextualWord.Measure(model, [new(null, [7], 0)])).Message, StringComparison.Ordinal);
        Assert.Contains("same token", Assert.Throws<ArgumentException>(() => ContextualWord.Measure(model, [new(null, [7], 0), new(null, [8], 0)])).Message, StringComparison.Ordinal);
        Assert.Contains("outside", Assert.Throws<ArgumentException>(() => ContextualWord.Measure(model, [new(null, [7], 0), new(null, [7], 1)])).Message, StringComparison.Ordinal);
    }

    private static void AllNear(JsonElement want, IReadOnlyList<double> got, double tolerance)
    {
        double[] expected = Transformers.Near.Numbers(want);
        Assert.Equal(expected.Length, got.Count);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], got[i], tolerance);
    }

    private LanguageModel Open(string name) => LanguageModel.Load(TestFiles.Traced(name), _workers);
}
