using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

public sealed class ProbeTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void A_planted_class_is_found_and_shuffled_labels_are_not()
    {
        var (table, labels) = Planted(classes: 3, each: 60, columns: 16);
        int[] ids = [.. Enumerable.Range(0, labels.Length)];
        ProbeResult got = Probes.Classify(table, ids, labels, ["a", "b", "c"], ProbeSplit.Random(labels, 0.2, 0.2, 1), ProbeSplit.Permutation(180, 2), ProbeKind.Softmax, null, _workers);
        Assert.Equal((36, 36), (got.Accuracy.Test.Correct, got.Accuracy.Test.Of));
        Assert.True(got.ControlAccuracy.Test.Share < 0.6);
        Assert.Equal(1.0 / 3, got.MajorityBaselineTest, 1e-12);
        Assert.Equal([12, 12, 12], got.TestConfusion.Select((row, i) => row[i]));
        Assert.Equal(got.Accuracy.Test.Share - got.ControlAccuracy.Test.Share, got.SelectivityTest, 1e-12);
        Assert.Equal(Probes.Strengths, got.Tried.Select(t => t.C));
        Assert.Equal(got.Tried.Max(t => t.Validation.Correct), got.Accuracy.Validation.Correct);
        Assert.NotEqual("", JsonSerializer.Serialize(got));
    }

    [Theory]
    [InlineData(ProbeKind.Softmax, 3)]
    [InlineData(ProbeKind.Logistic, 2)]
    public void The_gradient_vanishes_at_the_fit(ProbeKind kind, int classes)
    {
        var (table, labels) = Planted(classes, each: 25, columns: 9);
        float[] features = Rows(table);
        LinearProbe probe = LinearProbe.Fit(features, labels, classes, kind, 0.7, _workers);
        Assert.True(probe.LargestGradient < 1e-6, $"{probe.LargestGradient} after {probe.Steps} steps");
        double at = Loss(probe.Weights, probe.Intercepts);
        Assert.Equal(at, probe.Objective, 1e-9 * at);
        // A minimum from every side: convex, so no direction leads down.
        var random = new SeededRandom(5);
        for (int trial = 0; trial < 20; trial++)
        {
            double[][] weights = [.. probe.Weights.Select(row => row.Select(w => w + 1e-3 * random.NextGaussian()).ToArray())];
            Assert.True(Loss(weights, [.. probe.Intercepts.Select(b => b + 1e-3 * random.NextGaussian())]) > at);
        }

        double Loss(double[][] weights, double[] intercepts)
        {
            double sum = 0;
            for (int i = 0; i < labels.Length; i++)
            {
                double[] logits = [.. weights.Select((row, k) => intercepts[k] + row.Select((w, c) => w * features[i * 9 + c]).Sum())];
                if (kind == ProbeKind.Logistic)
                    logits = [0, logits[0]];
                sum += Math.Log(logits.Sum(Math.Exp)) - logits[labels[i]];
            }

            return 0.7 * sum + weights.Sum(row => row.Sum(w => w * w)) / 2;
        }
    }

    [Fact]
    public void A_class_without_training_examples_is_never_predicted()
    {
        var (table, labels) = Planted(classes: 2, each: 20, columns: 5);
        LinearProbe probe = LinearProbe.Fit(Rows(table), labels, 4, ProbeKind.Softmax, 1, _workers);
        Assert.Equal([double.NegativeInfinity, double.NegativeInfinity], probe.Intercepts[2..]);
        Assert.Equal(new double[5], probe.Weights[3]);
        Assert.All(Enumerable.Range(0, 40), id => Assert.InRange(probe.Predict(table.Vector(id)), 0, 1));
        Assert.Equal(0, probe.Intercepts[..2].Sum(), 1e-9);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        var (table, labels) = Planted(classes: 3, each: 300, columns: 7);
        using Workers one = new(1), three = new(3);
        LinearProbe a = LinearProbe.Fit(Rows(table), labels, 3, ProbeKind.Softmax, 1, one), b = LinearProbe.Fit(Rows(table), labels, 3, ProbeKind.Softmax, 1, three);
        Assert.Equal(a.Weights.SelectMany(row => row), b.Weights.SelectMany(row => row));
        Assert.Equal(a.Intercepts, b.Intercepts);
    }

    [Fact]
    public void Splits_are_stratified_disjoint_and_repeatable()
    {
        int[] labels = [.. Enumerable.Range(0, 100).Select(i => i % 10 == 0 ? 1 : 0), 2, 3, 3];
        ProbeSplit got = ProbeSplit.Random(labels, 0.2, 0.3, 7);
        Assert.Equal(Enumerable.Range(0, 103), got.Train.Concat(got.Validation).Concat(got.Test).Order());
        Assert.Equal(3, got.Test.Count(i => labels[i] == 1));
        Assert.Equal(2, got.Validation.Count(i => labels[i] == 1));
        Assert.Contains(100, got.Train);
        Assert.Single(got.Test, i => labels[i] == 3);
        Assert.Equal(got.Test, ProbeSplit.Random(labels, 0.2, 0.3, 7).Test);
        Assert.NotEqual(got.Test, ProbeSplit.Random(labels, 0.2, 0.3, 8).Test);
        Assert.Throws<ArgumentOutOfRangeException>(() => ProbeSplit.Random(labels, 0.5, 0.5, 1));
        Assert.Equal(Enumerable.Range(0, 50), ProbeSplit.Permutation(50, 3).Order());
    }

    [Fact]
    public void Regression_finds_a_planted_plane_and_shrinks_with_the_penalty()
    {
        float[] features = Tables.Normal(200 * 6, seed: 12);
        double[] weights = [1, -2, 0.5, 0, 3, 0.25];
        double[] targets = [.. Enumerable.Range(0, 200).Select(i => 4 + weights.Select((w, c) => w * features[i * 6 + c]).Sum())];
        RidgeRegression exact = RidgeRegression.Fit(features, targets, 0, _workers), strong = RidgeRegression.Fit(features, targets, 1000, _workers);
        for (int c = 0; c < 6; c++)
            Assert.Equal(weights[c], exact.Weights[c], 1e-10);
        Assert.Equal(4, exact.Intercept, 1e-10);
        Assert.True(strong.Weights.Sum(w => w * w) < exact.Weights.Sum(w => w * w));
        // More columns than examples: the shortest of all exact solutions.
        RidgeRegression wide = RidgeRegression.Fit(features.AsSpan(0, 24), [1, 2, 3, 5], 0, _workers);
        for (int i = 0; i < 4; i++)
            Assert.Equal(new double[] { 1, 2, 3, 5 }[i], wide.Predict(features.AsSpan(i * 6, 6)), 1e-9);
        Assert.Equal(1, RidgeRegression.RSquared([1, 2, 4], [1, 2, 4]));
        Assert.Equal(double.NaN, RidgeRegression.RSquared([2, 2], [1, 2]));
        Assert.Equal(double.NaN, RidgeRegression.RSquared([], []));
    }

    [Fact]
    public void What_cannot_be_fitted_is_refused()
    {
        float[] features = Tables.Normal(12, seed: 1);
        Assert.Throws<ArgumentException>(() => LinearProbe.Fit(features, [0, 0, 0, 0], 2, ProbeKind.Softmax, 1, _workers));
        Assert.Throws<ArgumentException>(() => LinearProbe.Fit(features, [0, 1, 2, 0], 3, ProbeKind.Logistic, 1, _workers));
        Assert.Throws<ArgumentException>(() => LinearProbe.Fit(features, [0, 1, 5, 0], 3, ProbeKind.Softmax, 1, _workers));
        Assert.Throws<ArgumentException>(() => LinearProbe.Fit(features, [0, 1, 0, 1, 0], 2, ProbeKind.Softmax, 1, _workers));
        Assert.Throws<ArgumentOutOfRangeException>(() => LinearProbe.Fit(features, [0, 1, 0, 1], 2, ProbeKind.Softmax, 0, _workers));
        Assert.Throws<ArgumentException>(() => RidgeRegression.Fit(features, [1, 2, double.NaN, 1], 1, _workers));
        features[5] = float.NaN;
        Assert.Throws<ArgumentException>(() => LinearProbe.Fit(features, [0, 1, 0, 1], 2, ProbeKind.Softmax, 1, _workers));
        EmbeddingTable table = Tables.Of(4, 3, features);
        var split = new ProbeSplit([0, 1], [2], [3]);
        Assert.Contains("<1>", Assert.Throws<CheckpointFormatException>(() =>
            Probes.Classify(table, [0, 1, 2, 3], [0, 1, 0, 1], ["a", "b"], split, [0, 1, 2, 3], ProbeKind.Logistic, 1, _workers)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Probes.Classify(table, [0, 1, 2], [0, 1, 0, 1], ["a", "b"], split, [0, 1, 2, 3], ProbeKind.Logistic, 1, _workers));
        Assert.Throws<ArgumentException>(() => Probes.Regress(table, [0, 2], [0, 1], new ProbeSplit([0], [], [0]), [0, 1], 1, _workers));
        Assert.Throws<ArgumentException>(() => Probes.Regress(table, [0, 2], [0, 1], new ProbeSplit([0], [], [1]), [0, 0], 1, _workers));
    }

    [Fact]
    public void More_classes_than_memory_is_meant_for_are_refused_before_it_is_taken()
    {
        Assert.Equal(737, Probes.MostClasses(20_000, 2304)); // 79 blocks of examples with a sum of 2305 numbers a class
        Assert.Equal(2, Probes.MostClasses(1 << 27, 1));
        int[] labels = [.. Enumerable.Range(0, 12_000)];
        var error = Assert.Throws<ArgumentException>(() => LinearProbe.Fit(new float[12_000], labels, labels.Length, ProbeKind.Softmax, 1, _workers));
        Assert.Contains("found 12000; are they numbers?", error.Message, StringComparison.Ordinal);
    }

    private static (EmbeddingTable Table, int[] Labels) Planted(int classes, int each, int columns)
    {
        float[] values = Tables.Normal((classes * each + classes) * columns, seed: 21);
        int[] labels = [.. Enumerable.Range(0, classes * each).Select(i => i % classes)];
        for (int i = 0; i < labels.Length; i++)
        {
            for (int c = 0; c < columns; c++)
                values[i * columns + c] += 2 * values[(labels.Length + labels[i]) * columns + c];
        }

        return (Tables.Of(labels.Length, columns, values[..(labels.Length * columns)]), labels);
    }

    private static float[] Rows(EmbeddingTable table) => [.. Enumerable.Range(0, table.Count).SelectMany(table.Vector)];
}
