using System.Globalization;
using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Tests.Geometry;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

/// <summary>Every value of the gradient fixture, within its own tolerance.</summary>
public sealed class GradientFixtureTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Every_value_is_the_reference_s()
    {
        string folder = TestFiles.Fixture("geometry", "gradient");
        using var fixture = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        JsonElement inputs = fixture.RootElement.GetProperty("inputs");
        Dictionary<string, LossGradient> gradients = Gradients(folder, inputs);
        Dictionary<string, float[]> logits = inputs.GetProperty("logits").GetProperty("value").EnumerateObject().ToDictionary(l => l.Name, l => l.Value.EnumerateArray().Select(v => (float)Number(v)).ToArray());
        int values = 0;
        foreach (JsonProperty entry in fixture.RootElement.GetProperty("values").EnumerateObject())
        {
            values++;
            JsonElement tolerance = entry.Value.GetProperty("tolerance");
            double absolute = tolerance.TryGetProperty("absolute", out JsonElement t) ? t.GetDouble() : 0, relative = tolerance.TryGetProperty("relative", out t) ? t.GetDouble() : 0;
            double[] want = entry.Value.TryGetProperty("file", out JsonElement file) ? Npy.Read(Path.Combine(folder, file.GetString()!)).Values : [.. Leaves(entry.Value.GetProperty("value"))];
            double[] got = Found(entry, gradients, logits);
            Assert.True(want.Length == got.Length, $"{entry.Name}: expected {want.Length} numbers, found {got.Length}");
            for (int i = 0; i < want.Length; i++)
            {
                Assert.True(
                    want[i].Equals(got[i]) || Math.Abs(got[i] - want[i]) <= absolute + relative * Math.Abs(want[i]),
                    FormattableString.Invariant($"{entry.Name}[{i}]: expected {want[i]:R}, found {got[i]:R}"));
            }
        }

        Assert.Equal(25, values);
    }

    private Dictionary<string, LossGradient> Gradients(string folder, JsonElement inputs)
    {
        var (rows, width, values) = Npy.Read(Path.Combine(folder, "U.npy"));
        var table = StoredMatrix.FromFloats(Array.ConvertAll(values, v => (float)v), rows, width);
        float[] h = [.. Leaves(inputs.GetProperty("h").GetProperty("value")).Select(v => (float)v)];
        float[] bias = [.. Leaves(inputs.GetProperty("bias").GetProperty("value")).Select(v => (float)v)];
        int[] targets = [.. Leaves(inputs.GetProperty("targets").GetProperty("value")).Select(v => (int)v)];
        var first = new Matrix(1, width, h[..width]);
        return new Dictionary<string, LossGradient>
        {
            ["plain"] = LossGradient.Of(table, [], first, targets[..1], new LogitShape(), _workers),
            ["bias"] = LossGradient.Of(table, bias, first, targets[..1], new LogitShape(), _workers),
            ["temperature_0"] = LossGradient.Of(table, [], first, targets[..1], new LogitShape(Temperature: 0.5), _workers),
            ["batch"] = LossGradient.Of(table, [], new Matrix(3, width, h), targets, new LogitShape(), _workers),
        };
    }

    private static double[] Found(JsonProperty entry, Dictionary<string, LossGradient> gradients, Dictionary<string, float[]> logits)
    {
        int dot = entry.Name.IndexOf('.', StringComparison.Ordinal);
        string group = dot < 0 ? entry.Name : entry.Name[..dot], name = entry.Name[(entry.Name.LastIndexOf('.') + 1)..];
        if (group == "length")
            return [.. entry.Value.GetProperty("value").EnumerateArray().SelectMany(point => Length(logits["random"], Number(point.GetProperty("length"))))];
        if (group == "temperature")
            return [.. entry.Value.GetProperty("value").EnumerateArray().SelectMany(point => Temperature(logits[name], Number(point.GetProperty("temperature"))))];
        LossGradient gradient = gradients[group];
        return name switch
        {
            "loss_nats" => [gradient.LossNats],
            "probabilities" => gradient.Probabilities[0],
            "row_gradient" => [.. Enumerable.Range(0, 50).SelectMany(gradient.RowGradient)],
            "h_gradient" => gradient.VectorGradient(0),
            "bias_gradient" => gradient.BiasGradient,
            "largest_rows" => [.. gradient.LargestRows(5).Select(id => (double)id)],
            _ => throw new InvalidDataException($"the fixture has an unknown value {entry.Name}"),
        };
    }

    /// <summary>The members of one point in the file's order: what the sweep says of each token in turn.</summary>
    private static IEnumerable<double> Temperature(float[] logits, double temperature)
    {
        TemperaturePoint[] each = [.. logits.Select((_, id) => TemperatureSweep.Of(logits, id, [temperature])[0])];
        TemperaturePoint[] limit = [.. logits.Select((_, id) => TemperatureSweep.LimitAtZero(logits, id))];
        IEnumerable<double> before = temperature == 0 ? [.. limit.Select(point => point.ProbabilityTarget), limit[0].EntropyNats] : [];
        return [temperature, .. before, .. each.Select(point => point.ProbabilityTarget), each[0].EntropyNats, each[0].EntropyBits, each[0].ProbabilityTop];
    }

    private static IEnumerable<double> Length(float[] logits, double scale)
    {
        LengthPoint[] each = [.. logits.Select((_, id) => LengthSweep.Of(logits, id, [scale])[0])];
        return [scale, .. each.Select(point => point.ProbabilityTarget), each[0].EntropyNats];
    }

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetDouble();

    private static IEnumerable<double> Leaves(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Leaves),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Leaves(member.Value)),
        _ => [Number(value)],
    };
}
