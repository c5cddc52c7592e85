using System.Globalization;
using System.Text.Json;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Training.LanguageModels;

namespace Azimuth.Tests.Training.LanguageModels;

/// <summary>Loss and every gradient against the reference's, which were computed in float64. Tolerances are those of the fixtures' README.</summary>
public sealed class GradientFixtureTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("gpt2-tiny", 1)]
    [InlineData("gpt2-tiny", 2)]
    [InlineData("llama-tiny", 1)]
    [InlineData("llama-tiny", 2)]
    public void Loss_and_gradients_equal_the_reference(string name, int threads)
    {
        string folder = TestFiles.Fixture("training", name);
        int[][] ids = Read(Path.Combine(folder, "batch.json")).GetProperty("input_ids").Deserialize<int[][]>()!;
        JsonElement expected = Read(Path.Combine(folder, "expected.json"));
        (int[] inputs, int[] targets) = TrainedModel.Shifted(ids);
        using var workers = new Workers(threads);
        using TrainedModel model = TrainedModel.Open(folder, inputs.Length, workers);
        var losses = new double[inputs.Length];
        double loss = model.Pass.LossAndGradient(inputs, targets, ids.Length, 1, losses);

        double[] positions = [.. expected.GetProperty("per_position_loss_nats").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(value => value.GetDouble())];
        Assert.Equal(positions.Length, losses.Length);
        double lossDifference = Math.Abs(loss - expected.GetProperty("loss_nats").GetDouble());
        double positionDifference = positions.Zip(losses, (a, b) => Math.Abs(a - b)).Max();
        SafetensorsFile gradients = SafetensorsFile.Open(Path.Combine(folder, "grads.safetensors"));
        Assert.Equal(gradients.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), model.Weights.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        double largest = 0;
        foreach (ParameterTensor tensor in model.Weights.Tensors)
        {
            float[] reference = Values(gradients, tensor.Name);
            double difference = Largest(reference, tensor.InFileOrder(tensor.Gradient));
            Assert.True(difference <= 1e-6, $"{tensor.Name}: gradients differ by {difference}");
            largest = Math.Max(largest, difference);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: loss {lossDifference:e1}, positions {positionDifference:e1}, gradients {largest:e1}"));
        Assert.True(lossDifference <= 5e-6, $"loss differs by {lossDifference}");
        Assert.True(positionDifference <= 5e-6, $"a position's loss differs by {positionDifference}");
    }

    [Fact]
    public void Gradients_are_the_same_bits_with_any_number_of_threads()
    {
        string folder = TestFiles.Fixture("training", "llama-tiny");
        (int[] inputs, int[] targets) = TrainedModel.Shifted(Read(Path.Combine(folder, "batch.json")).GetProperty("input_ids").Deserialize<int[][]>()!);
        float[][] runs = [.. new[] { 1, 2, 3, 5 }.Select(threads =>
        {
            using var workers = new Workers(threads);
            using TrainedModel model = TrainedModel.Open(folder, inputs.Length, workers);
            model.Pass.LossAndGradient(inputs, targets, 3, 1);
            return model.Weights.Tensors.SelectMany(tensor => tensor.Gradient.ToArray()).ToArray();
        })];
        Assert.All(runs, run => Assert.Equal(runs[0], run));
    }

    [Theory]
    [InlineData(TrainedPart.AllButTables)]
    [InlineData(TrainedPart.OnlyTables)]
    public void What_is_frozen_has_no_gradient_and_the_rest_the_same_one(TrainedPart part)
    {
        string folder = TestFiles.Fixture("training", "gpt2-tiny");
        (int[] inputs, int[] targets) = TrainedModel.Shifted(Read(Path.Combine(folder, "batch.json")).GetProperty("input_ids").Deserialize<int[][]>()!);
        using var workers = new Workers(2);
        using TrainedModel all = TrainedModel.Open(folder, inputs.Length, workers), some = TrainedModel.Open(folder, inputs.Length, workers, part);
        all.Pass.LossAndGradient(inputs, targets, 4, 1);
        some.Pass.LossAndGradient(inputs, targets, 4, 1);
        foreach ((ParameterTensor whole, ParameterTensor tensor) in all.Weights.Tensors.Zip(some.Weights.Tensors))
        {
            Assert.Equal(tensor.Role == ParameterRole.Table == (part == TrainedPart.OnlyTables), tensor.Trains);
            if (tensor.Trains)
                Assert.Equal(whole.Gradient.ToArray(), tensor.Gradient.ToArray());
        }
    }

    internal static JsonElement Read(string path) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(path));

    internal static float[] Values(SafetensorsFile file, string name)
    {
        if (file.Find(name)!.Shape.Count == 1)
            return file.Vector(name);
        StoredMatrix matrix = file.Matrix(name);
        var values = new float[matrix.Rows * matrix.Columns];
        matrix.ReadRows(0, (int)matrix.Rows, values);
        return values;
    }

    internal static double Largest(float[] a, float[] b)
    {
        Assert.Equal(a.Length, b.Length);
        return a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();
    }
}
