using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Tests.Embeddings;

public sealed class AnalogyEvaluationTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(AnalogyMethod.Add, AnalogyExclusion.Rows)]
    [InlineData(AnalogyMethod.Mul, AnalogyExclusion.Rows)]
    [InlineData(AnalogyMethod.Pair, AnalogyExclusion.Rows)]
    [InlineData(AnalogyMethod.Add, AnalogyExclusion.None)]
    [InlineData(AnalogyMethod.Mul, AnalogyExclusion.None)]
    [InlineData(AnalogyMethod.Pair, AnalogyExclusion.None)]
    public void Every_answer_is_the_best_row_of_the_one_question_search(AnalogyMethod method, AnalogyExclusion exclusion)
    {
        // Near ties on purpose: each row has a twin that differs by less than single precision can tell apart in a product.
        EmbeddingTable table = Twins(WordTables.Planted(pairs: 12, others: 1200, noise: 0.3));
        AnalogyQuestions questions = AnalogyQuestions.Parse(WordTables.Questions(12), "q");
        AnalogyAccuracy got = Run(table, questions, new AnalogyEvaluationOptions { Methods = [method], Exclusion = exclusion });
        var words = new WordIndex(table);
        for (int i = 0; i < questions.Count; i++)
        {
            AnalogyQuestion q = questions.Sections[0].Questions[i];
            var options = new AnalogyOptions { Method = method, Top = 1, ExcludeQuestion = exclusion != AnalogyExclusion.None };
            int expected = Analogies.Solve(table, words.Find(q.A)!.Value, words.Find(q.B)!.Value, words.Find(q.C)!.Value, options, _workers).Answers[0].Id;
            Assert.Equal(expected, got.Sections[0].AnswerIds[i]);
        }
    }

    [Fact]
    public void Counts_add_up_and_unknown_words_are_left_out_or_wrong()
    {
        EmbeddingTable table = WordTables.Planted();
        AnalogyQuestions questions = AnalogyQuestions.Parse(": first\r\na0 b0 a1 b1\r\na0 b0 nothing b1\r\n\r\n: gram-second\r\na2 b2 a3 b3\r\na2 b2 a3 w1", "q");
        AnalogyAccuracy got = Run(table, questions, new AnalogyEvaluationOptions());
        Assert.Equal(["1-", "10"], got.Sections.Select(s => s.Answers));
        Assert.Equal(new AnalogyCounts("semantic", 2, 1, 0, 1), got.Semantic);
        Assert.Equal(new AnalogyCounts("syntactic", 2, 1, 1, 0), got.Syntactic);
        Assert.Equal(new AnalogyCounts("total", 4, 2, 1, 1), got.Total);
        Assert.Equal(2.0 / 3, got.Total.Accuracy, 1e-15);
        Assert.Equal(0.5, got.Total.AccuracyDummy4unknown);
    }

    [Fact]
    public void A_section_from_pairs_asks_each_asked_pair_from_each_known_one_but_never_from_itself()
    {
        AnalogySection section = AnalogySection.Of("young", [("dog", "puppy"), ("cat", "kitten")], [("cow", "calf"), ("cat", "kitten")]);
        Assert.Equal("young", section.Name);
        Assert.Equal(
            [new(1, "dog", "puppy", "cow", "calf"), new(2, "dog", "puppy", "cat", "kitten"), new AnalogyQuestion(3, "cat", "kitten", "cow", "calf")], section.Questions);
    }

    [Fact]
    public void Restricting_rows_hides_them_as_questions_and_as_answers()
    {
        EmbeddingTable table = WordTables.Planted();
        AnalogyQuestions questions = AnalogyQuestions.Parse("a0 b0 a1 b1\na0 b0 a2 b2", "q");
        AnalogyAccuracy got = AnalogyEvaluation.Run(questions, new WordIndex(table, restrict: 4), new AnalogyEvaluationOptions(), _workers)[0];
        Assert.Equal("1-", got.Sections[0].Answers);
        Assert.Equal("questions", got.Sections[0].Counts.Section);
        Assert.Contains("only the first 4 rows are words and answers", got.Conventions.Notes);
    }

    [Fact]
    public void Spellings_of_the_question_s_words_are_excluded_and_any_spelling_of_the_answer_is_right()
    {
        // " King" and "king" are the same word when case and blank are ignored; they lie nearest on purpose.
        string[] words = [" man", " king", " woman", " Queen", " King", "king", " tree"];
        float[] values = [1, 0, 0, 0, /**/ 1, 1, 0, 0, /**/ 1, 0, 1, 0, /**/ 1, 1, 1.1f, 0, /**/ 0.6f, 1, 1, 0, /**/ 0.7f, 1, 1, 0, /**/ 0, 0, 0, 1];
        EmbeddingTable table = WordTables.Of(words, 4, values);
        AnalogyQuestions questions = AnalogyQuestions.Parse("Man king WOMAN queen", "q");
        AnalogyAccuracy Got(AnalogyExclusion exclusion) =>
            AnalogyEvaluation.Run(questions, new WordIndex(table, ignoreCase: true), new AnalogyEvaluationOptions { Exclusion = exclusion }, _workers)[0];
        Assert.Equal("1", Got(AnalogyExclusion.Words).Sections[0].Answers);
        Assert.Equal(4, Got(AnalogyExclusion.Rows).Sections[0].AnswerIds[0]!.Value);
        Assert.Equal("-", AnalogyEvaluation.Run(questions, new WordIndex(table), new AnalogyEvaluationOptions(), _workers)[0].Sections[0].Answers);
    }

    [Fact]
    public void Rows_without_direction_are_never_asked_and_never_answer()
    {
        float[] values = Tables.Normal(200 * 6, seed: 9);
        values.AsSpan(6, 6).Clear();
        values[5 * 6 + 2] = float.PositiveInfinity;
        EmbeddingTable table = Tables.Of(200, 6, values);
        AnalogyQuestions questions = AnalogyQuestions.Parse("<0> <1> <2> <3>\n<0> <5> <2> <3>\n<0> <2> <3> <1>\n<0> <2> <3> <4>\n<4> <4> <6> <7>", "q");
        foreach (AnalogyAccuracy got in AnalogyEvaluation.Run(questions, new WordIndex(table), new AnalogyEvaluationOptions { Methods = Enum.GetValues<AnalogyMethod>() }, _workers))
        {
            Assert.Equal("---", got.Sections[0].Answers[..3]);
            Assert.NotNull(got.Sections[0].AnswerIds[3]);
            Assert.Equal(got.Method == AnalogyMethod.Pair, got.Sections[0].AnswerIds[4] is null);
        }
    }

    [Fact]
    public void Progress_ends_at_one_and_cancelling_stops()
    {
        List<double> shares = [];
        var progress = new Recorder(shares);
        AnalogyQuestions questions = AnalogyQuestions.Parse(WordTables.Questions(5), "q");
        EmbeddingTable table = WordTables.Planted(others: 4000);
        AnalogyEvaluation.Run(questions, new WordIndex(table), new AnalogyEvaluationOptions(), _workers, progress);
        Assert.Equal(shares.Order(), shares);
        Assert.Equal(1, shares[^1]);
        Assert.Throws<OperationCanceledException>(() =>
            AnalogyEvaluation.Run(questions, new WordIndex(table), new AnalogyEvaluationOptions(), _workers, null, new CancellationToken(canceled: true)));
    }

    private AnalogyAccuracy Run(EmbeddingTable table, AnalogyQuestions questions, AnalogyEvaluationOptions options) =>
        AnalogyEvaluation.Run(questions, new WordIndex(table), options, _workers)[0];

    private static EmbeddingTable Twins(EmbeddingTable table)
    {
        int d = table.ModelDim;
        var values = new float[2 * table.Count * d];
        for (int id = 0; id < table.Count; id++)
        {
            float[] row = table.Vector(id);
            row.CopyTo(values, id * d);
            for (int c = 0; c < d; c++)
                values[(table.Count + id) * d + c] = c == id % d ? MathF.BitIncrement(row[c]) : row[c];
        }

        return WordTables.Of([.. Enumerable.Range(0, table.Count).Select(table.Text), .. Enumerable.Range(0, table.Count).Select(id => table.Text(id) + "'")], d, values);
    }

    private sealed class Recorder(List<double> shares) : IProgress<double>
    {
        public void Report(double value) => shares.Add(value);
    }
}
