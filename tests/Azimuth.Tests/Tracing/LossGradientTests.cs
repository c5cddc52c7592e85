using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

public sealed class LossGradientTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(1, 1.0f, null, 1.0)]
    [InlineData(3, 1.0f, null, 0.7)]
    [InlineData(2, 0.25f, 5.0f, 1.0)]
    [InlineData(1, 3.0f, 2.0f, 2.0)]
    public void The_formula_is_the_difference_quotient_of_the_loss(int positions, float scale, float? cap, double temperature)
    {
        LossGradient gradient = Random(positions, new LogitShape(scale, cap, temperature));
        GradientCheck check = gradient.Check();
        Assert.True(check.RowEntries >= 30 && check.VectorEntries == 8, $"{check.RowEntries} and {check.VectorEntries} entries");
        Assert.True(check.LargestEntry > 1e-3);
        // Central differences with a step of 1e-4 in the logits: a truncation error of about 1e-8.
        Assert.InRange(check.LargestDifference / check.LargestEntry, 0, 1e-7);
        Assert.True(check.Passed);
    }

    [Fact]
    public void Rows_pull_and_push_as_much_as_each_other()
    {
        LossGradient gradient = Random(2, new LogitShape());
        Assert.Equal(0, gradient.BiasGradient.Sum(), 1e-15);
        for (int c = 0; c < 8; c++)
            Assert.Equal(0, Enumerable.Range(0, 60).Sum(id => gradient.RowGradient(id)[c]), 1e-14);
    }

    [Fact]
    public void A_small_step_lowers_the_loss_by_the_squared_gradient()
    {
        LossGradient gradient = Random(2, new LogitShape());
        const double eta = 1e-6;
        GradientStep step = gradient.Step(eta);
        double squares = gradient.RowLengths.Sum(length => length * length);
        Assert.Equal(squares, (step.LossBefore - step.LossAfter) / eta, 1e-4 * squares);
        Assert.True(step.Targets[0].LogitAfter > step.Targets[0].LogitBefore);
        Assert.Equal(step.LossBefore, gradient.Step(0).LossAfter, 1e-14);
    }

    [Theory]
    [InlineData("gemma2")]
    [InlineData("granite")]
    [InlineData("opt-350m-style")]
    [InlineData("gpt-j")]
    [InlineData("gpt2")]
    public void A_model_s_scale_cap_projection_and_bias_are_in_it(string family)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", family), _workers);
        int[] ids = [5, 17, 3, 44];
        Matrix final = model.Trace(ids, TraceSites.FinalNorm, TestContext.Current.CancellationToken).FinalNorm;
        LossGradient gradient = LossGradient.Of(model, final, [17, 3, 44, 9]);
        Matrix logits = model.Logits(ids);
        double loss = 0;
        for (int p = 0; p < 4; p++)
        {
            int target = p < 3 ? ids[p + 1] : 9;
            double total = Softmax.LogSumExp(logits.Row(p));
            loss += (total - logits[p, target]) / 4;
            for (int i = 0; i < logits.Columns; i++)
                Assert.Equal(Math.Exp(logits[p, i] - total), gradient.Probabilities[p][i], 1e-6); // float logits against double ones
        }

        Assert.Equal(loss, gradient.LossNats, 1e-5);
        Assert.True(gradient.Check().Passed);
    }

    [Fact]
    public void What_has_no_gradient_is_refused()
    {
        var table = StoredMatrix.FromFloats([1, 2, 3, 4], 2, 2);
        var vector = new Matrix(1, 2, [1, 1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => LossGradient.Of(table, [], vector, [2], new LogitShape(), _workers));
        Assert.Throws<ArgumentOutOfRangeException>(() => LossGradient.Of(table, [], vector, [0], new LogitShape(Temperature: 0), _workers));
        Assert.Throws<ArgumentException>(() => LossGradient.Of(table, [], vector, [], new LogitShape(), _workers));
        Assert.Throws<ArgumentException>(() => LossGradient.Of(table, [1], vector, [0], new LogitShape(), _workers));
        Assert.Throws<ArgumentException>(() => LossGradient.Of(table, [], new Matrix(1, 2, [1, float.NaN]), [0], new LogitShape(), _workers));
    }

    private LossGradient Random(int positions, LogitShape shape)
    {
        var table = StoredMatrix.FromFloats(Tables.Normal(60 * 8, seed: 1), 60, 8);
        return LossGradient.Of(table, Tables.Normal(60, seed: 2), new Matrix(positions, 8, Tables.Normal(positions * 8, seed: 3)), [.. Enumerable.Range(7, positions)], shape, _workers);
    }
}
