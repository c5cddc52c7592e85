using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Tests.Embeddings;

public sealed class AnalogiesTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(AnalogyMethod.Add)]
    [InlineData(AnalogyMethod.Mul)]
    [InlineData(AnalogyMethod.Pair)]
    public void A_planted_relation_is_found(AnalogyMethod method)
    {
        EmbeddingTable table = WordTables.Planted();
        AnalogyResult got = Analogies.Solve(table, 0, 1, 8, new AnalogyOptions { Method = method, Expected = 9 }, _workers);
        Assert.Equal("b4", got.Answers[0].Text);
        Assert.Equal(1, got.Expected!.Rank);
        Assert.Equal(got.Answers[0].Score, got.Expected.Score);
        Assert.True(got.Expected.OffsetCosineUnitRows > 0.8);
        Assert.Contains(Analogies.OneExampleNote, got.Conventions.Notes);
        Assert.DoesNotContain(got.Answers, answer => answer.Id is 0 or 1 or 8);
    }

    [Theory]
    [InlineData(AnalogyMethod.Add)]
    [InlineData(AnalogyMethod.Mul)]
    [InlineData(AnalogyMethod.Pair)]
    public void Row_lengths_and_rotations_change_no_answer(AnalogyMethod method)
    {
        EmbeddingTable table = WordTables.Planted();
        int d = table.ModelDim;
        var changed = new float[table.Count * d];
        for (int id = 0; id < table.Count; id++)
        {
            float[] row = table.Vector(id);
            float[] turned = [.. Enumerable.Range(0, d).Select(c => row[(c + 5) % d] * (c % 2 == 0 ? 1 : -1))]; // a rotation: permutation and signs
            for (int c = 0; c < d; c++)
                changed[id * d + c] = turned[c] * (1 << (id % 5));
        }

        EmbeddingTable other = WordTables.Of([.. Enumerable.Range(0, table.Count).Select(table.Text)], d, changed);
        var options = new AnalogyOptions { Method = method, Top = 25 };
        var before = Analogies.Solve(table, 4, 5, 10, options, _workers).Answers;
        var after = Analogies.Solve(other, 4, 5, 10, options, _workers).Answers;
        Assert.Equal(before.Select(a => a.Id), after.Select(a => a.Id));
        for (int i = 0; i < before.Count; i++)
            Assert.Equal(before[i].Score, after[i].Score, 1e-12);
    }

    [Fact]
    public void Without_exclusion_the_question_s_own_words_come_first()
    {
        AnalogyResult got = Analogies.Solve(WordTables.Planted(), 0, 1, 8, new AnalogyOptions { ExcludeQuestion = false, Top = 3, Expected = 1 }, _workers);
        Assert.Contains(got.Answers, answer => answer.Id is 1 or 8);
        Assert.NotNull(got.Expected!.Rank);
    }

    [Fact]
    public void Several_pairs_average_their_offsets()
    {
        EmbeddingTable table = WordTables.Planted(noise: 0.5);
        (int, int)[] pairs = [.. Enumerable.Range(0, 10).Select(p => (2 * p, 2 * p + 1))];
        foreach (AnalogyMethod method in new[] { AnalogyMethod.Add, AnalogyMethod.Pair })
            Assert.Equal("b20", Analogies.Solve(table, pairs, 40, new AnalogyOptions { Method = method }, _workers).Answers[0].Text);
        var error = Assert.Throws<ArgumentException>(() => Analogies.Solve(table, pairs, 40, new AnalogyOptions { Method = AnalogyMethod.Mul }, _workers));
        Assert.Contains("3CosMul", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_relation_s_pairs_are_answered_from_the_others()
    {
        EmbeddingTable table = WordTables.Planted();
        (int, int)[] pairs = [.. Enumerable.Range(0, 30).Select(p => (2 * p, 2 * p + 1))], none = [.. Enumerable.Range(0, 30).Select(p => (60 + p, 100 + p))];
        HeldOutResult got = RelationTest.HeldOut(table, pairs, AnalogyMethod.Add, _workers);
        Assert.True(got.Correct >= 28, $"{got.Correct} of {got.Of}");
        Assert.Equal(30, got.Of);
        HeldOutResult chance = RelationTest.HeldOut(table, none, AnalogyMethod.Add, _workers);
        Assert.True(chance.Correct <= 2, $"{chance.Correct} of {chance.Of} without a relation");
        Assert.True(RelationTest.Consistency(table, pairs).MeanOffsetCosine > 0.9);
        Assert.True(Math.Abs(RelationTest.Consistency(table, none).MeanOffsetCosine) < 0.1);
        // A held-out rank is the rank that the answer has when it is asked for with the other pairs.
        AnalogyResult asked = Analogies.Solve(table, [.. none.Skip(1)], none[0].Item1, new AnalogyOptions { ExcludeQuestion = false, AlsoExcluded = [none[0].Item1], Expected = none[0].Item2 }, _workers);
        Assert.Equal(asked.Expected!.Rank, chance.Pairs[0].Rank);
    }

    [Fact]
    public void Consistency_of_pairs_is_the_mean_over_all_pairs_of_offsets()
    {
        EmbeddingTable table = Tables.Of(12, 5, Tables.Normal(60, seed: 2));
        (int, int)[] pairs = [(0, 1), (2, 3), (4, 5), (6, 6), (7, 8), (9, 10)];
        double[][] offsets = [.. pairs.Where(p => p.Item1 != p.Item2).Select(p => table.Vector(p.Item2).Zip(table.Vector(p.Item1), (t, f) => (double)t - f).ToArray())];
        double sum = 0;
        int n = 0;
        for (int i = 0; i < offsets.Length; i++)
        {
            for (int j = 0; j < i; j++, n++)
                sum += Cosine(offsets[i], offsets[j]);
        }

        RelationConsistency got = RelationTest.Consistency(table, pairs);
        Assert.Equal(sum / n, got.MeanOffsetCosine, 1e-12);
        double[] mean = [.. Enumerable.Range(0, 5).Select(c => offsets.Average(o => o[c]))];
        Assert.Equal(offsets.Average(o => Cosine(o, mean)), got.MeanCosineToMeanOffset, 1e-12);
        Assert.Equal((6, 1), (got.Pairs, got.ZeroOffsets));
        Assert.Equal(double.NaN, RelationTest.Consistency(table, [(0, 1)]).MeanOffsetCosine);
        Assert.Equal(double.NaN, RelationTest.Consistency(table, []).MeanCosineToMeanOffset);

        static double Cosine(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));
    }

    [Fact]
    public void Rows_without_direction_are_no_answers_and_no_questions()
    {
        float[] values = Tables.Normal(20 * 4, seed: 3);
        values.AsSpan(3 * 4, 4).Clear();
        values[7 * 4] = float.NaN;
        EmbeddingTable table = Tables.Of(20, 4, values);
        foreach (AnalogyMethod method in Enum.GetValues<AnalogyMethod>())
        {
            AnalogyResult got = Analogies.Solve(table, 0, 1, 2, new AnalogyOptions { Method = method, Top = 100, Expected = 3 }, _workers);
            Assert.Equal(15, got.Answers.Count);
            Assert.DoesNotContain(got.Answers, answer => answer.Id is 3 or 7);
            Assert.Null(got.Expected!.Rank);
        }

        Assert.Contains("<3>", Assert.Throws<ArgumentException>(() => Analogies.Solve(table, 3, 1, 2, new AnalogyOptions(), _workers)).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointFormatException>(() => Analogies.Solve(table, 0, 7, 2, new AnalogyOptions(), _workers));
        Assert.Throws<ArgumentOutOfRangeException>(() => Analogies.Solve(table, 0, 1, 20, new AnalogyOptions(), _workers));
        Assert.Throws<ArgumentException>(() => Analogies.Solve(table, 4, 4, 2, new AnalogyOptions { Method = AnalogyMethod.Pair }, _workers));
        Assert.Throws<ArgumentOutOfRangeException>(() => Analogies.Solve(table, 0, 1, 2, new AnalogyOptions { Top = 0 }, _workers));
        Assert.Throws<ArgumentOutOfRangeException>(() => Analogies.Solve(table, 0, 1, 2, new AnalogyOptions { Epsilon = 0 }, _workers));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        EmbeddingTable table = Tables.Of(3000, 40, Tables.Normal(3000 * 40, seed: 6));
        using Workers one = new(1), three = new(3);
        foreach (AnalogyMethod method in Enum.GetValues<AnalogyMethod>())
        {
            var options = new AnalogyOptions { Method = method, Top = 50 };
            Assert.Equal(Analogies.Solve(table, 1, 2, 3, options, one).Answers, Analogies.Solve(table, 1, 2, 3, options, three).Answers);
        }
    }
}
