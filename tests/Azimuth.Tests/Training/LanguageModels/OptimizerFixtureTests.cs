using System.Globalization;
using System.Text.Json;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Training.LanguageModels;

namespace Azimuth.Tests.Training.LanguageModels;

/// <summary>Ten updates by AdamW against the reference's. Tolerances are those of the fixtures' README.</summary>
public sealed class OptimizerFixtureTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("adamw")]
    [InlineData("adamw-cosine-accumulate")]
    public void Ten_steps_equal_the_reference(string name)
    {
        string folder = TestFiles.Fixture("training", "gpt2-tiny"), run = Path.Combine(folder, name);
        JsonElement expected = GradientFixtureTests.Read(Path.Combine(run, "expected.json")), settings = expected.GetProperty("optimizer");
        int accumulate = settings.GetProperty("accumulate").GetInt32();
        var rate = new LearningRate
        {
            Shape = accumulate == 1 ? RateShape.Constant : RateShape.Cosine,
            Peak = settings.GetProperty("lr").GetDouble(),
            Lowest = accumulate == 1 ? 0 : settings.GetProperty("min_lr").GetDouble(),
            WarmUpSteps = accumulate == 1 ? 0 : settings.GetProperty("warmup_steps").GetInt32(),
            Steps = 10,
        };
        int[][][] batches = Batches(Path.Combine(run, "batches.json"));
        using var workers = new Workers(2);
        using TrainedModel model = TrainedModel.Open(folder, batches[0].Length * batches[0][0].Length, workers);
        var before = model.Weights.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Values.ToArray());
        var optimizer = new Optimizer(model.Weights.Tensors, new OptimizerSettings(), workers);
        int batch = 0;
        double largestLoss = 0, largestNorm = 0;
        foreach ((int step, JsonElement values) in expected.GetProperty("steps").EnumerateArray().Index())
        {
            model.Weights.ClearGradients();
            for (int micro = 0; micro < accumulate; micro++)
            {
                (int[] inputs, int[] targets) = TrainedModel.Shifted(batches[batch++]);
                double loss = model.Pass.LossAndGradient(inputs, targets, inputs.Length / (batches[0][0].Length - 1), 1.0 / accumulate);
                largestLoss = Math.Max(largestLoss, Math.Abs(loss - values.GetProperty("micro_losses_nats")[micro].GetDouble()));
            }

            Assert.Equal(values.GetProperty("lr").GetDouble(), rate.At(step), 1e-15);
            double norm = optimizer.GradientNorm(), wanted = values.GetProperty("grad_norm_before_clip").GetDouble();
            largestNorm = Math.Max(largestNorm, Math.Abs(norm - wanted) / wanted);
            optimizer.Update(rate.At(step), norm);
            model.Prepare();
            double weights = Math.Sqrt(model.Weights.Tensors.Sum(tensor => Math.Pow(Vectors.Norm(tensor.Values), 2)));
            Assert.Equal(values.GetProperty("weight_norm_after").GetDouble(), weights, 1e-5);
            if (step == 0 && File.Exists(Path.Combine(run, "after-step-1.safetensors")))
                RequireWeights(model, before, Path.Combine(run, "after-step-1.safetensors"));
        }

        Assert.Equal(batches.Length, batch);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: losses {largestLoss:e1}, norms {largestNorm:e1} relative"));
        Assert.True(largestLoss <= 5e-6, $"losses differ by {largestLoss}");
        Assert.True(largestNorm <= 1e-5, $"norms differ by {largestNorm} relative");
        RequireWeights(model, before, Path.Combine(run, "final.safetensors"));
        if (File.Exists(Path.Combine(run, "optimizer.safetensors")))
            RequireMoments(optimizer, Path.Combine(run, "optimizer.safetensors"));
    }

    private void RequireWeights(TrainedModel model, Dictionary<string, float[]> before, string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        int near = 0, all = 0;
        double largest = 0, moved = 0;
        foreach (ParameterTensor tensor in model.Weights.Tensors)
        {
            float[] reference = GradientFixtureTests.Values(file, tensor.Name), values = tensor.Values.ToArray();
            Assert.Equal(reference.Length, values.Length);
            int width = model.Config.ModelDim;
            for (int i = 0; i < values.Length; i++)
            {
                // The keys' biases have no gradient but rounding noise, which Adam divides by its own size.
                if (tensor.Name.EndsWith("attn.c_attn.bias", StringComparison.Ordinal) && i >= width && i < 2 * width)
                {
                    moved = Math.Max(moved, Math.Abs(values[i] - before[tensor.Name][i]));
                    continue;
                }

                double difference = Math.Abs((double)reference[i] - values[i]);
                largest = Math.Max(largest, difference);
                near += difference <= 1e-6 ? 1 : 0;
                all++;
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}: largest {largest:e1}, {all - near} of {all} beyond 1e-6, key biases moved {moved:e1}"));
        Assert.True(largest <= 1e-4, $"weights differ by {largest}");
        Assert.True(near >= 0.999 * all, $"only {near} of {all} weights are within 1e-6");
        Assert.True(moved <= 1e-2, $"key biases moved by {moved}");
    }

    /// <summary>Moments are sums of gradients, within their tolerance.</summary>
    private static void RequireMoments(Optimizer optimizer, string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        SafetensorsEntry[] saved = [.. optimizer.Save()];
        Assert.Equal(file.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), saved.Select(entry => entry.Name).Order(StringComparer.Ordinal));
        foreach (SafetensorsEntry entry in saved)
        {
            using var bytes = new MemoryStream();
            entry.Bytes.WriteTo(bytes, CancellationToken.None);
            float[] values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.ToArray()).ToArray();
            Assert.True(GradientFixtureTests.Largest(GradientFixtureTests.Values(file, entry.Name), values) <= 1e-6, entry.Name);
        }
    }

    private static int[][][] Batches(string path)
    {
        JsonElement json = GradientFixtureTests.Read(path);
        if (json.ValueKind == JsonValueKind.Object)
            json = json.EnumerateObject().First().Value;
        // [step][row][id], or [step][micro-batch][row][id].
        return json[0][0][0].ValueKind == JsonValueKind.Number
            ? json.Deserialize<int[][][]>()!
            : [.. json.Deserialize<int[][][][]>()!.SelectMany(step => step)];
    }
}
