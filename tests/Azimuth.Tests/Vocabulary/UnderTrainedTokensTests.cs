using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;
using Azimuth.Tests.Geometry;
using Azimuth.Transformers;
using Azimuth.Vocabulary;

namespace Azimuth.Tests.Vocabulary;

public sealed class UnderTrainedTokensTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void The_never_trained_rows_of_stories260K_come_first_without_being_named()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Shared("data", "stories260K"), _workers);
        // The 291 other rows are the fixture's: those whose largest cosine with another row is below 0.9999.
        int[] trained = [.. Npy.Read(TestFiles.Fixture("geometry", "tables", "C_distinct.npy")).Values.Select(id => (int)id)];
        int[] equal = [.. Enumerable.Range(0, 512).Except(trained)];
        Assert.Equal(221, equal.Length);
        UnderTrainedReport report = Find(model);
        Assert.Equal(ReferenceSource.UnusedIds, report.Reference.Source);
        Assert.All(equal, id => Assert.Equal(TrainingVerdict.NeverTrained, report.Verdicts[id]));
        // Rows just outside the fixture's limit of 0.9999 (their own nearest is at 0.9998) may stand among the last few.
        Assert.True(report.Ranking.Take(210).All(equal.Contains));
        Assert.True(report.Ranking.Take(221).Count(equal.Contains) >= 218);
        Assert.True(equal.Max(id => report.Ranking.ToList().IndexOf(id)) < 226);
        // Pieces of two letters and more were trained.
        Assert.All(Enumerable.Range(259, 170), id => Assert.NotEqual(TrainingVerdict.NeverTrained, report.Verdicts[id]));
    }

    [Fact]
    public void SmolLM2_has_names_of_code_and_unused_markers_in_front()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Model("SmolLM2-135M-Instruct"), _workers);
        UnderTrainedReport report = Find(model);
        Assert.Equal("outputCosineDistanceWithoutFirstComponent", report.Indicator);
        string[] first = [.. report.Ranking.Take(24).Select(model.Unembedding.Text)];
        foreach (string text in new[] { "<issue_start>", "<jupyter_code>", "<empty_output>", "<gh_stars>", "ManagementPlaneProtection", "PlaneProtection", " InstancePreprocess", " transistorsum", "MetaInfoClass", "swigfaiss" })
            Assert.Contains(text, first);
        Assert.InRange(report.NeverTrained, 20, 30);
        int ordinary = model.Tokenizer!.Encode(" king", addSpecialTokens: false).Ids.Single();
        Assert.Equal(TrainingVerdict.Ordinary, report.Verdicts[ordinary]);
        VocabularyHealth health = VocabularyHealth.Of(report);
        Assert.Equal(49_152, health.Histogram.Counts.Sum());
        Assert.Equal(49_152, health.Classes!.Values.Sum());
        Assert.Equal(report.Tokens, health.TopSuspects);
    }

    [Fact]
    public void SmolLM2_cannot_repeat_what_it_never_saw_and_repeats_ordinary_tokens()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Model("SmolLM2-135M-Instruct"), _workers);
        UnderTrainedReport report = Find(model);
        int[] suspects = [.. report.Ranking.Where(id => report.ClassOf[id] == TokenClass.Ok).Take(6)];
        RepetitionReport got = RepetitionTest.Run(model, suspects, RepetitionTest.ControlSample(report, 8, seed: 1));
        Assert.All(got.Candidates, result => Assert.True(result.MaxProbability < 1e-3 && !result.Repeated, $"{result.Text}: {result.MaxProbability}"));
        Assert.All(got.Control, result => Assert.True(result.MaxProbability > got.Threshold, $"{result.Text}: {result.MaxProbability}"));
        Assert.True(got.ControlRepeated >= 7);
        Assert.True(got.IsConclusive);
        Assert.Equal(suspects.Length, got.CandidatesNotRepeated);
        Assert.All(got.Candidates, result => Assert.Equal(3, result.Probabilities.Count));
    }

    /// <summary>The shared beginning is run once and kept; the answers are those of whole prompts.</summary>
    [Fact]
    public void Sharing_the_beginning_of_a_prompt_changes_nothing()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Model("novels-gpt"), _workers);
        int[] ids = [300, 400, 500];
        RepetitionReport together = RepetitionTest.Run(model, ids, []);
        for (int i = 0; i < ids.Length; i++)
            Assert.Equal(together.Candidates[i].Probabilities, RepetitionTest.Run(model, [ids[i]], []).Candidates[0].Probabilities);
        Assert.False(together.IsConclusive);
    }

    [Fact]
    public void Unused_bytes_of_novels_gpt_are_the_reference_and_come_first()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Traced("novels-gpt"), _workers);
        UnderTrainedReport report = Find(model);
        Assert.Equal(ReferenceSource.UnusedIds, report.Reference.Source);
        Assert.Equal(13, report.Reference.Ids.Count);
        // A few rows of length 3.49 among rows of 1.6: the corpus has none of these bytes.
        Assert.All(report.Ranking.Take(100), id => Assert.True(report.Indicators.InputNorm[id] > 3));
    }

    [Fact]
    public void Vectors_without_a_model_are_ranked_by_length_and_a_note_says_so()
    {
        EmbeddingTable table = Tables.Of(500, 10, Tables.Normal(500 * 10, seed: 5));
        UnderTrainedReport report = UnderTrainedTokens.Find(table, table, null, null, new UnderTrainedOptions(), _workers);
        Assert.Equal("inputNorm", report.Indicator);
        Assert.Null(report.Classes);
        Assert.Equal(10, report.Suspects);
        Assert.Contains(report.Conventions.Notes, note => note.Contains("without a model", StringComparison.Ordinal));
        Assert.Equal(report.Indicators.InputNorm.Order(), report.Ranking.Select(id => report.Indicators.InputNorm[id]));
        Assert.Null(report.Tokens[0].OutputCosineDistance);
        Assert.Equal(0.2, report.Tokens[0].Percentile, 1e-12);
    }

    [Fact]
    public void Zero_rows_count_as_never_trained_and_come_first()
    {
        float[] values = Tables.Normal(300 * 12, seed: 6);
        values.AsSpan(77 * 12, 12).Clear();
        EmbeddingTable table = Tables.Of(300, 12, values);
        UnderTrainedReport report = UnderTrainedTokens.Find(table, table, true, null, new UnderTrainedOptions { ReferenceIds = [1, 2, 3] }, _workers);
        Assert.Equal((77, TrainingVerdict.NeverTrained, 1), (report.Tokens[0].Id, report.Tokens[0].Verdict, report.ZeroRows));
        Assert.Equal(ReferenceSource.Given, report.Reference.Source);
        Assert.Throws<ArgumentOutOfRangeException>(() => UnderTrainedTokens.Find(table, table, true, null, new UnderTrainedOptions { SuspectShare = 0 }, _workers));
        Assert.Throws<ArgumentException>(() => UnderTrainedTokens.Find(Tables.Of(0, 3, []), Tables.Of(0, 3, []), null, null, new UnderTrainedOptions(), _workers));
    }

    [Fact]
    public void A_lone_row_and_rows_that_are_all_equal_have_a_report()
    {
        EmbeddingTable lone = Tables.Of(1, 3, [1, 2, 3]);
        Assert.Single(UnderTrainedTokens.Find(lone, lone, true, null, new UnderTrainedOptions(), _workers).Tokens);
        EmbeddingTable equal = Tables.Of(9, 2, [.. Enumerable.Repeat(1f, 18)]);
        UnderTrainedReport report = UnderTrainedTokens.Find(equal, equal, true, null, new UnderTrainedOptions { ReferenceIds = [0] }, _workers);
        Assert.Equal(9, report.Histogram.Counts.Sum());
        Assert.Equal(Enumerable.Range(0, 9), report.Ranking);
    }

    [Fact]
    public void A_control_sample_is_ordinary_and_the_same_for_the_same_seed()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Model("novels-gpt"), _workers);
        UnderTrainedReport report = Find(model);
        int[] sample = RepetitionTest.ControlSample(report, 40, seed: 3);
        Assert.Equal(sample, RepetitionTest.ControlSample(report, 40, seed: 3));
        Assert.NotEqual(sample, RepetitionTest.ControlSample(report, 40, seed: 4));
        Assert.Equal(40, sample.Distinct().Count());
        Assert.All(sample, id => Assert.Equal((TokenClass.Ok, TrainingVerdict.Ordinary), (report.ClassOf[id], report.Verdicts[id])));
    }

    private UnderTrainedReport Find(LanguageModel model) =>
        UnderTrainedTokens.Find(model.TokenEmbedding, model.Unembedding, model.IsTied, model.Tokenizer, new UnderTrainedOptions(), _workers);
}
