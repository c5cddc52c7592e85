using Azimuth.Numerics;
using Azimuth.Tests.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Running;
using Azimuth.Transformers.Tracing;
using Azimuth.Transformers.Weights;

namespace Azimuth.Tests.Transformers;

/// <summary>What is read off logits on their way through the cache is what all the logits say.</summary>
public sealed class NextTokenTests
{
    /// <summary>Of ln Σ exp: sums of doubles in another order.</summary>
    private const double Tolerance = 1e-13;

    // With a bias, projections, soft cap, logit scale, a head for masked tokens.
    [Theory]
    [InlineData("gpt2")]
    [InlineData("gpt-j")]
    [InlineData("opt-350m-style")]
    [InlineData("gemma2")]
    [InlineData("cohere")]
    [InlineData("bert")]
    public void They_are_those_of_a_models_logits(string family)
    {
        using var workers = new Workers(2);
        var model = LanguageModel.Load(TestFiles.Fixture("families", family), workers);
        int[] tokens = [9, 77, 130, 2, 41, 17, 0];
        Trace trace = model.Trace([5, 9, 77, 130, 2, 41, 17], TraceSites.FinalNorm | TraceSites.Logits, TestContext.Current.CancellationToken);
        Equal(trace.Logits, tokens, 7, model.Parts.Predict(trace.FinalNorm, tokens, 7));
        Assert.All(model.Parts.Predict(trace.FinalNorm, tokens), row => Assert.Empty(row.Top));
        Assert.Throws<ArgumentException>(() => model.Parts.Predict(trace.FinalNorm, tokens[1..]));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Parts.Predict(trace.FinalNorm, [.. tokens[1..], model.Config.VocabSize]));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Parts.Predict(trace.FinalNorm, tokens, -1));
    }

    [Theory]
    [InlineData(1, 1, 1, 3)]
    [InlineData(2, 512, 7, 1)]
    [InlineData(97, 1300, 24, 12)]
    [InlineData(1100, 1057, 8, 2)] // more rows than are kept sums of at a time
    [InlineData(7, 9000, 16, 5)] // several portions in a part
    [InlineData(3, 6000, 4, 6000)]
    public void Many_portions_are_put_together_on_any_number_of_threads(int count, int vocab, int width, int top)
    {
        var random = new Random(vocab);
        float[] table = [.. Enumerable.Range(0, vocab * width).Select(_ => random.NextSingle() - 0.5f)], rows = [.. Enumerable.Range(0, count * width).Select(_ => random.NextSingle() * 8)];
        // Equal logits in different portions.
        float[] bias = new float[vocab];
        table.AsSpan(0, width).CopyTo(table.AsSpan((vocab - 1) * width));
        table.AsSpan(0, width).CopyTo(table.AsSpan(vocab / 2 * width));
        bias[vocab / 3] = 1;
        var linear = new Linear([StoredMatrix.FromFloats(table, vocab, width)], bias: bias);
        int[] tokens = [.. Enumerable.Range(0, count).Select(row => row % 4 == 0 ? vocab - 1 : random.Next(vocab))];
        using var three = new Workers(3);
        linear.Prepare(three);
        var logits = new Matrix(count, vocab);
        linear.Apply(rows, count, logits.Values, three);
        Halve(logits.Values);
        NextToken[] found = new VocabularyScan(linear, Halve, rows, tokens, top).Run(three, TestContext.Current.CancellationToken);
        Equal(logits, tokens, top, found);
        using var alone = new Workers(1);
        Assert.Equal(found.Select(row => row.LogSumExp), new VocabularyScan(linear, Halve, rows, tokens, top).Run(alone, TestContext.Current.CancellationToken).Select(row => row.LogSumExp));

        static void Halve(Span<float> logits)
        {
            foreach (ref float logit in logits)
                logit /= 2;
        }
    }

    [Fact]
    public void Infinities_and_NaN_go_through()
    {
        float[] table = [1, float.NaN, 2, float.NegativeInfinity, float.PositiveInfinity];
        using var workers = new Workers(1);
        foreach (int size in new[] { 1, 2, 5 })
        {
            var linear = new Linear([StoredMatrix.FromFloats(table[..size], size, 1)]);
            linear.Prepare(workers);
            var logits = new Matrix(2, size);
            linear.Apply([1, -1], 2, logits.Values, workers);
            for (int token = 0; token < size; token++)
                Equal(logits, [token, token], 4, new VocabularyScan(linear, _ => { }, [1, -1], [token, token], 4).Run(workers, TestContext.Current.CancellationToken));
        }
    }

    /// <summary>Values that are no numbers in any portion, in a table of each stored type.</summary>
    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.BF16)]
    [InlineData(TensorType.Q8_0)]
    [InlineData(TensorType.Q4_1)]
    public void So_do_they_anywhere_in_a_table_of_any_type(TensorType type)
    {
        const int Vocab = 5000;
        using Workers one = new(1), two = new(2);
        var linear = new Linear([MatrixProductTests.RandomStored(type, Vocab, 32, 5)], bias: new float[Vocab]);
        linear.Prepare(two);
        float[] rows = GramTests.RandomFloats(4 * 32, 6);
        foreach ((int at, float value) in new[] { (0, 0f), (4999, float.NaN), (700, float.PositiveInfinity), (2600, float.NegativeInfinity) })
        {
            linear.Bias![at] = value;
            var logits = new Matrix(4, Vocab);
            linear.Apply(rows, 4, logits.Values, two);
            foreach (Workers workers in new[] { one, two })
                Equal(logits, [4999, 700, 2600, 1], 3, new VocabularyScan(linear, _ => { }, rows, [4999, 700, 2600, 1], 3).Run(workers, TestContext.Current.CancellationToken));
            linear.Bias[at] = 0;
        }

        Assert.ThrowsAny<OperationCanceledException>(() => new VocabularyScan(linear, _ => { }, rows, [1, 2, 3, 4], 3).Run(two, new CancellationToken(true)));
    }

    [Fact]
    public void A_model_without_an_output_says_so_and_projects_nothing()
    {
        using var workers = new Workers(1);
        var model = LanguageModel.Load(TestFiles.Fixture("families", "electra"), workers);
        Matrix final = model.Trace([1, 2], TraceSites.FinalNorm, TestContext.Current.CancellationToken).FinalNorm;
        Assert.Contains("without a head", Assert.Throws<NotSupportedException>(() => model.Parts.Predict(final, [1, 2])).Message, StringComparison.Ordinal);
        Assert.Contains("without a head", Assert.Throws<NotSupportedException>(() => model.Parts.Logits(final)).Message, StringComparison.Ordinal);
        Assert.Equal(final.Values, model.Parts.ApplyOutputProjection(final).Values);
    }

    private static void Equal(Matrix logits, int[] tokens, int top, NextToken[] found)
    {
        Assert.Equal(tokens.Length, found.Length);
        for (int row = 0; row < tokens.Length; row++)
        {
            ReadOnlySpan<float> all = logits.Row(row);
            double total = Softmax.LogSumExp(all);
            Assert.Equal(all[tokens[row]], found[row].Logit);
            Assert.Equal(TopK.Rank(all, tokens[row]), found[row].Rank);
            Assert.Equal(TopK.Largest(all, top), found[row].Top);
            if (double.IsFinite(total))
                Assert.InRange(found[row].LogSumExp, total - Tolerance * Math.Max(1, Math.Abs(total)), total + Tolerance * Math.Max(1, Math.Abs(total)));
            else
                Assert.Equal(total, found[row].LogSumExp);
        }
    }
}
