using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Geometry;

public sealed class LogitAuditTests : IDisposable
{
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    public static TheoryData<string> WithDirectPath => [.. Families(hasDirectPath: true)];

    public static TheoryData<string> WithoutDirectPath => [.. Families(hasDirectPath: false)];

    [Theory]
    [MemberData(nameof(WithDirectPath))]
    public void Logits_of_a_row_are_those_of_the_model_s_own_parts(string family)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", family), _workers);
        foreach (int id in new[] { 0, 3, model.Config.VocabSize - 1 })
        {
            float[] logits = DirectPath.Logits(model, [id], withFirstMlp: false).Row(0).ToArray();
            LogitLists got = LogitLists.Of(model, [id], 5, _workers, null, TestContext.Current.CancellationToken)[0];
            for (int i = 0; i < got.Logits.Length; i++)
                Assert.Equal(logits[got.Logits[i]], got.Values[i], 1e-4 * Math.Max(1, Math.Abs(logits[got.Logits[i]])));
            // What was left out is lower than all that is listed, single precision's rounding aside.
            float best = Enumerable.Range(0, got.Logits.Length == 0 ? 0 : Math.Min(logits.Length, model.Unembedding.Count)).Where(j => j != id && !got.Logits.Contains(j)).Max(j => logits[j]);
            Assert.True(best <= got.Values[^1] + 1e-4 * Math.Max(1, Math.Abs(best)), $"{family}, token {id}: {best} is above {got.Values[^1]}");
        }
    }

    [Theory]
    [MemberData(nameof(WithoutDirectPath))]
    public void A_model_whose_rows_have_no_way_of_their_own_to_the_output_has_no_audit(string family)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", family), _workers);
        Assert.Null(LogitAudit.OfToken(model, Neighbors.Audit(model.TokenEmbedding, 3, 5, _workers), _workers, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_model_without_bias_follows_the_dot_product_and_lists_what_the_direct_path_predicts()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Traced("novels-gpt"), _workers);
        MetricAudit lists = Neighbors.Audit(model.TokenEmbedding, 282, 10, _workers);
        LogitAudit got = LogitAudit.OfToken(model, lists, _workers, TestContext.Current.CancellationToken)!;
        Assert.Equal(1, got.ReadOut.Dot);
        Assert.Equal(DirectPath.Top(model, 282, 11).Select(t => t.Id).Where(id => id != 282).Take(10), got.Logits.Select(n => n.Id));
        Assert.Equal(lists.Cosine.Count(n => got.Logits.Any(l => l.Id == n.Id)) / 10.0, got.Rows.Cosine);
        Assert.Contains("best: dot product", got.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_s_agreement_is_the_mean_of_its_tokens()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Model("novels-gpt"), _workers);
        RowSample sample = RowSample.Of(model.TokenEmbedding.Count, 12, seed: 4);
        TableLogitAudit got = TableLogitAudit.Of(model, model.TokenEmbedding, sample, _workers, null, TestContext.Current.CancellationToken)!;
        LogitAudit[] each = [.. sample.Ids.Select(id => LogitAudit.OfToken(model, Neighbors.Audit(model.TokenEmbedding, id, 10, _workers), _workers, TestContext.Current.CancellationToken)!)];
        Assert.Equal(each.Average(a => a.Rows.Euclidean), got.Rows.Euclidean, 1e-12);
        Assert.Equal(each.Average(a => a.Rows.Cosine!.Value), got.Rows.Cosine!.Value, 1e-12);
        Assert.Equal(each.Average(a => a.ReadOut.Euclidean), got.ReadOut.Euclidean, 1e-12);
        Assert.Equal((12, 4UL), (got.Queries, got.Seed!.Value));
    }

    private static IEnumerable<string> Families(bool hasDirectPath) => Directory.EnumerateDirectories(TestFiles.Fixture("families"))
        .Where(folder => DirectPath.Obstacle(ConfigOf(ModelFolder.Open(folder))) is null == hasDirectPath)
        .Select(folder => Path.GetFileName(folder)!);

    private static TransformerConfig ConfigOf(ModelFolder folder) => ArchitectureRegistry.Read(new ConfigReader(folder.Config!.Value, folder.Path, folder.Checkpoint)).Config;
}
