using System.Text.Json;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

public sealed class TemperatureSweepTests
{
    [Fact]
    public void Zero_takes_the_lowest_of_the_largest_and_infinity_makes_all_equal()
    {
        float[] logits = [1, 3, 3, -2, 0];
        IReadOnlyList<TemperaturePoint> first = TemperatureSweep.Of(logits, 1, [0, double.PositiveInfinity]);
        Assert.Equal(new TemperaturePoint(0, 1, 1, 0, 1), first[0]);
        Assert.Equal(0.2, first[1].ProbabilityTarget);
        Assert.Equal(Math.Log(5), first[1].EntropyNats, 1e-15);
        Assert.Equal(5, first[1].TokensFor90Percent);
        Assert.Equal(0, TemperatureSweep.Of(logits, 2, [0])[0].ProbabilityTarget);
    }

    [Fact]
    public void One_is_plain_softmax()
    {
        float[] logits = [0.5f, -1, 2, 0.25f];
        double[] weights = [.. logits.Select(v => Math.Exp(v))];
        double[] p = [.. weights.Select(w => w / weights.Sum())];
        TemperaturePoint got = TemperatureSweep.Of(logits, 3, [1])[0];
        Assert.Equal(p[3], got.ProbabilityTarget, 1e-15);
        Assert.Equal(p[2], got.ProbabilityTop, 1e-15);
        Assert.Equal(-p.Sum(v => v * Math.Log(v)), got.EntropyNats, 1e-14);
        Assert.Equal(3, got.TokensFor90Percent); // 0.69 + 0.15 + 0.12 is the first sum above 0.9
    }

    [Theory]
    [InlineData(1e-300)]
    [InlineData(1e-12)]
    [InlineData(1e12)]
    [InlineData(1e300)]
    public void Extreme_temperatures_stay_finite(double temperature)
    {
        float[] logits = [1e30f, -1e30f, 3, float.NegativeInfinity, 1e30f];
        TemperaturePoint got = TemperatureSweep.Of(logits, 0, [temperature])[0];
        Assert.InRange(got.ProbabilityTarget, 0.25 - 1e-9, 0.5);
        Assert.InRange(got.EntropyNats, Math.Log(2) - 1e-9, Math.Log(4) + 1e-9);
        Assert.Equal(0, TemperatureSweep.Of(logits, 3, [temperature])[0].ProbabilityTarget);
    }

    [Fact]
    public void A_masked_token_stays_at_zero_when_the_temperature_is_infinite()
    {
        float[] logits = [1, float.NegativeInfinity, 2, 0];
        Assert.Equal(0, TemperatureSweep.Of(logits, 1, [double.PositiveInfinity])[0].ProbabilityTarget);
        Assert.Equal(1.0 / 3, TemperatureSweep.Of(logits, 0, [double.PositiveInfinity])[0].ProbabilityTarget);
    }

    [Fact]
    public void A_vector_s_times_as_long_is_temperature_one_over_s()
    {
        float[] logits = [0.5f, -1, 2, 0.25f];
        foreach (double scale in new[] { 0, 0.25, 1, 3, double.PositiveInfinity })
            Assert.Equal(TemperatureSweep.Of(logits, 1, [1 / scale])[0].ProbabilityTarget, LengthSweep.Of(logits, 1, [scale])[0].ProbabilityTarget);
    }

    [Fact]
    public void What_has_no_softmax_is_refused()
    {
        Assert.Throws<ArgumentException>(() => TemperatureSweep.Of([1, float.NaN], 0, [1]));
        Assert.Throws<ArgumentException>(() => TemperatureSweep.Of([1, float.PositiveInfinity], 0, [1]));
        Assert.Throws<ArgumentException>(() => LengthSweep.Of([float.NegativeInfinity], 0, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => TemperatureSweep.Of([1, 2], 2, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => TemperatureSweep.Of([1, 2], 0, [-0.5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => TemperatureSweep.Of([1, 2], 0, [double.NaN]));
        Assert.Throws<ArgumentOutOfRangeException>(() => LengthSweep.Of([1, 2], 0, [-1]));
    }

    [Fact]
    public void Json_writes_an_infinite_temperature_as_a_string_and_reads_it_back()
    {
        string json = JsonSerializer.Serialize(TemperatureSweep.Of([1, 2], 0, [2, double.PositiveInfinity]));
        Assert.Contains("\"Temperature\":\"inf\"", json, StringComparison.Ordinal);
        TemperaturePoint[] back = JsonSerializer.Deserialize<TemperaturePoint[]>(json)!;
        Assert.Equal([2, double.PositiveInfinity], back.Select(p => p.Temperature));
    }
}
