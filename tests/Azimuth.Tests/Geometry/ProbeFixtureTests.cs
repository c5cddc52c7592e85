using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

public sealed class ProbeFixtureTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Every_value_of_the_fixture_is_met_within_its_tolerance()
    {
        EmbeddingTable glove = GloVe.Table;
        var fixture = new FixtureCase("probes");
        int[] ids = [.. Strings(fixture, "words").Select(GloVe.Id)];
        string[] names = Strings(fixture, "labels"), classes = Strings(fixture, "classes");
        int[] labels = [.. names.Select(name => Array.IndexOf(classes, name))], country = [.. names.Select(name => name == "country" ? 1 : 0)];
        JsonElement parts = fixture.Inputs.GetProperty("split").GetProperty("value");
        var split = new ProbeSplit(Numbers(parts.GetProperty("train")), Numbers(parts.GetProperty("validation")), Numbers(parts.GetProperty("test")));
        int[] permutation = Numbers(fixture.Inputs.GetProperty("permutation").GetProperty("value"));
        double c = fixture.Inputs.GetProperty("C").GetProperty("value").GetDouble();
        ProbeResult softmax = Probes.Classify(glove, ids, labels, classes, split, permutation, ProbeKind.Softmax, c, _workers);
        ProbeResult logistic = Probes.Classify(glove, ids, country, ["(others)", "country"], split, permutation, ProbeKind.Logistic, c, _workers);
        foreach (string name in fixture.Names)
        {
            if (name == "weights")
            {
                fixture.CompareArray(name, [.. softmax.Probe.Weights.SelectMany(row => row)]);
                continue;
            }

            fixture.Compare(name, name switch
            {
                "intercepts" => softmax.Probe.Intercepts,
                "objective" => softmax.Objective,
                "accuracy" => softmax.Accuracy,
                "test_confusion" => softmax.TestConfusion,
                "majority_baseline_test" => softmax.MajorityBaselineTest,
                "control_accuracy" => softmax.ControlAccuracy,
                "selectivity_test" => softmax.SelectivityTest,
                "binary_country" => new { weights = logistic.Probe.Weights[0], intercept = logistic.Probe.Intercepts[0], logistic.Accuracy },
                "norm_regression" => Regression(0),
                "norm_ridge" => Regression(1),
                _ => throw new InvalidDataException($"the fixture has a value {name} that no test looks at"),
            });
        }

        object Regression(double alpha)
        {
            RegressionResult result = Probes.Regress(glove, ids, Probes.Norms(glove, ids), split, permutation, alpha, _workers);
            return new { weights = result.Regression.Weights, intercept = result.Regression.Intercept, result.R2 };
        }
    }

    private static string[] Strings(FixtureCase fixture, string name) => [.. fixture.Inputs.GetProperty(name).GetProperty("value").EnumerateArray().Select(v => v.GetString()!)];

    private static int[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(v => v.GetInt32())];
}
