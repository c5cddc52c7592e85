using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tests.Geometry;

namespace Azimuth.Tests.Embeddings;

public sealed class EvaluationFixtureTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Every_value_of_the_fixture_is_met_within_its_tolerance()
    {
        EmbeddingTable glove = GloVe.Table;
        var fixture = new FixtureCase("evaluation");
        Dictionary<int, AnalogyAccuracy> results = new() { [30_000] = Analogies(glove, 30_000), [50_000] = Analogies(glove, 50_000) };
        foreach (string name in fixture.Names)
        {
            if (name == "similarity")
            {
                fixture.Compare(name, fixture.Value(name).EnumerateObject().ToDictionary(set => set.Name, set => Similarity(glove, set.Name)));
                continue;
            }

            int underscore = name.IndexOf('_', StringComparison.Ordinal);
            AnalogyAccuracy result = results[int.Parse(name.AsSpan(underscore + 1))];
            fixture.Compare(name, name[..underscore] switch
            {
                "analogies" => new { sections = result.Sections.Select(s => Counts(s.Counts)), total = Counts(result.Total), result.Total.Accuracy, accuracyDummy4unknown = result.Total.AccuracyDummy4unknown },
                "answers" => result.Sections.ToDictionary(s => s.Counts.Section, s => s.Answers),
                _ => throw new InvalidDataException($"the fixture has a value {name} that no test looks at"),
            });
        }
    }

    [Theory]
    [InlineData(AnalogyMethod.Add)]
    [InlineData(AnalogyMethod.Mul)]
    [InlineData(AnalogyMethod.Pair)]
    public void The_fast_way_answers_as_the_slow_one_does(AnalogyMethod method)
    {
        EmbeddingTable glove = GloVe.Table;
        AnalogyQuestions questions = Questions();
        var words = new WordIndex(glove, ignoreCase: true);
        AnalogyAccuracy fast = AnalogyEvaluation.Run(questions, words, new AnalogyEvaluationOptions { Methods = [method], Exclusion = AnalogyExclusion.Rows }, _workers)[0];
        for (int s = 0; s < questions.Sections.Count; s++)
        {
            for (int i = 0; i < 3; i++)
            {
                int at = i * questions.Sections[s].Questions.Count / 3;
                AnalogyQuestion q = questions.Sections[s].Questions[at];
                if (fast.Sections[s].Answers[at] == '-')
                    continue;
                AnalogyResult slow = Azimuth.Embeddings.Analogies.Solve(glove, words.Find(q.A)!.Value, words.Find(q.B)!.Value, words.Find(q.C)!.Value, new AnalogyOptions { Method = method, Top = 1 }, _workers);
                Assert.Equal(slow.Answers[0].Id, fast.Sections[s].AnswerIds[at]);
            }
        }
    }

    private static AnalogyQuestions Questions()
    {
        string path = TestFiles.Shared("data", "evaluation", "questions-words.txt");
        return AnalogyQuestions.Parse(File.ReadAllText(path), path);
    }

    private AnalogyAccuracy Analogies(EmbeddingTable table, int restrict) =>
        AnalogyEvaluation.Run(Questions(), new WordIndex(table, ignoreCase: true, restrict: restrict), new AnalogyEvaluationOptions(), _workers)[0];

    private static object Counts(AnalogyCounts counts) =>
        new { section = counts.Section, questions = counts.Questions, correct = counts.Correct, incorrect = counts.Incorrect, outOfVocabulary = counts.OutOfVocabulary };

    private static object Similarity(EmbeddingTable table, string name)
    {
        string path = TestFiles.Shared("data", "evaluation", name + ".txt");
        var r = WordSimilarity.Of(SimilaritySet.Parse(File.ReadAllText(path), path), new WordIndex(table, ignoreCase: true));
        return new
        {
            r.PairsInFile,
            r.PairsUsed,
            r.OutOfVocabulary,
            r.Spearman,
            r.Pearson,
            spearmanGensimFloat32 = r.Spearman,
            pearsonGensimFloat32 = r.Pearson,
            spearmanDummy4unknown = r.SpearmanDummy4unknown,
            pearsonDummy4unknown = r.PearsonDummy4unknown,
        };
    }

}
