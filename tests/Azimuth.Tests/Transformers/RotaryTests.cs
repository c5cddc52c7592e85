using Azimuth.Numerics;
using Azimuth.Transformers.Positions;

namespace Azimuth.Tests.Transformers;

public class RotaryTests
{
    private const int HeadDim = 16;

    private static readonly RotaryConfig Plain = new() { Base = 10000, Dim = HeadDim };

    public static IEnumerable<TheoryDataRow<RotaryConfig>> Configs() => new[]
    {
        Plain,
        Plain with { Pairing = RotaryPairing.Neighbours },
        Plain with { Dim = 12 },
        Plain with { Scaling = new RotaryScaling.Linear(4) },
        Plain with { Scaling = new RotaryScaling.Llama3(8, 1, 4, 16) },
        Plain with { Scaling = new RotaryScaling.Divisors([1, 1, 2, 2, 3, 3, 4, 4]) },
    }.Select(config => new TheoryDataRow<RotaryConfig>(config));

    [Theory]
    [MemberData(nameof(Configs))]
    public void Rotation_keeps_the_norm_and_position_zero_changes_nothing(RotaryConfig config)
    {
        RotaryTable table = RotaryTable.Create(config, 64);
        float[] heads = Random(2 * HeadDim, 1), turned = [.. heads];
        table.Rotate(turned, HeadDim, 0);
        Assert.Equal(heads, turned);
        table.Rotate(turned, HeadDim, 41);
        Assert.NotEqual(heads, turned);
        for (int head = 0; head < 2; head++)
            Assert.Equal(Vectors.Norm(heads.AsSpan(head * HeadDim, HeadDim)), Vectors.Norm(turned.AsSpan(head * HeadDim, HeadDim)), 1e-6);
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void Products_depend_only_on_the_distance(RotaryConfig config)
    {
        RotaryTable table = RotaryTable.Create(config, 64);
        float[] query = Random(HeadDim, 2), key = Random(HeadDim, 3);
        double Product(int queryPosition, int keyPosition)
        {
            float[] q = [.. query], k = [.. key];
            table.Rotate(q, HeadDim, queryPosition);
            table.Rotate(k, HeadDim, keyPosition);
            return Vectors.DotDouble(q, k);
        }

        Assert.Equal(Product(9, 2), Product(47, 40), 1e-5); // products of 16 values of about one
        Assert.True(Math.Abs(Product(9, 2) - Product(9, 5)) > 1e-3);
    }

    [Fact]
    public void Neighbours_are_halves_in_another_order()
    {
        float[] halves = Random(HeadDim, 4), neighbours = new float[HeadDim];
        for (int i = 0; i < HeadDim / 2; i++)
            (neighbours[2 * i], neighbours[2 * i + 1]) = (halves[i], halves[i + HeadDim / 2]);
        RotaryTable.Create(Plain, 64).Rotate(halves, HeadDim, 13);
        RotaryTable.Create(Plain with { Pairing = RotaryPairing.Neighbours }, 64).Rotate(neighbours, HeadDim, 13);
        for (int i = 0; i < HeadDim / 2; i++)
            Assert.Equal((halves[i], halves[i + HeadDim / 2]), (neighbours[2 * i], neighbours[2 * i + 1]));
    }

    [Fact]
    public void Only_the_first_values_of_a_head_turn_where_the_rotation_is_partial()
    {
        float[] head = Random(HeadDim, 5), turned = [.. head];
        RotaryTable.Create(Plain with { Dim = 4 }, 64).Rotate(turned, HeadDim, 7);
        Assert.Equal(head[4..], turned[4..]);
        Assert.All(Enumerable.Range(0, 4), i => Assert.NotEqual(head[i], turned[i]));
    }

    [Fact]
    public void Linear_scaling_turns_position_8_as_far_as_2_is_turned_without()
    {
        float[] scaled = Random(HeadDim, 6), plain = [.. scaled];
        RotaryTable.Create(Plain with { Scaling = new RotaryScaling.Linear(4) }, 64).Rotate(scaled, HeadDim, 8);
        RotaryTable.Create(Plain, 64).Rotate(plain, HeadDim, 2);
        Near.Equal("turned", [.. plain.Select(v => (double)v)], scaled, 1e-6);
    }

    [Fact]
    public void Dynamic_scaling_starts_beyond_the_original_context()
    {
        RotaryConfig config = Plain with { Scaling = new RotaryScaling.Dynamic(2, 12) };
        Assert.Equal(RotaryFrequencies.Of(Plain, 12), RotaryFrequencies.Of(config, 12));
        double[] stretched = RotaryFrequencies.Of(config, 24);
        Assert.Equal(1, stretched[0]);
        // Base · (factor · length / original − (factor − 1))^(dim / (dim − 2)): the lowest frequency falls by exactly that bracket, 3.
        Assert.Equal(RotaryFrequencies.Of(Plain, 24)[^1] / 3, stretched[^1], 1e-12);
    }

    [Fact]
    public void Yarn_keeps_high_frequencies_and_divides_low_ones()
    {
        var config = new RotaryConfig { Base = 10000, Dim = 128, Scaling = new RotaryScaling.Yarn(4, 4096, 32, 1, 0.1 * Math.Log(4) + 1, true) };
        double[] plain = RotaryFrequencies.Of(config with { Scaling = RotaryScaling.None }, 1), scaled = RotaryFrequencies.Of(config, 1);
        for (int i = 0; i < plain.Length; i++)
        {
            double turns = 4096 * plain[i] / (2 * Math.PI);
            if (turns > 40)
                Assert.Equal(plain[i], scaled[i]);
            else if (turns < 0.8)
                Assert.Equal(plain[i] / 4, scaled[i], 1e-15);
            else
                Assert.InRange(scaled[i], plain[i] / 4, plain[i]);
        }
    }

    [Fact]
    public void Long_factors_are_chosen_by_the_length_of_the_run()
    {
        RotaryConfig config = Plain with { Scaling = new RotaryScaling.Long([1, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2, 2, 2], 16, 1.2) };
        Assert.Equal(RotaryFrequencies.Of(Plain, 1), RotaryFrequencies.Of(config, 16));
        Assert.Equal([.. RotaryFrequencies.Of(Plain, 1).Select(f => f / 2)], RotaryFrequencies.Of(config, 17));
        float[] head = Random(HeadDim, 7), turned = [.. head];
        RotaryTable.Create(config, 8).Rotate(turned, HeadDim, 3);
        Assert.Equal(1.2 * Vectors.Norm(head), Vectors.Norm(turned), 1e-6);
    }

    [Theory]
    [InlineData(8, new[] { 0.5f, 0.25f, 0.125f, 0.0625f, 0.03125f, 0.015625f, 0.0078125f, 0.00390625f })]
    [InlineData(3, new[] { 0.0625f, 0.00390625f, 0.25f })]
    public void Alibi_slopes_are_those_of_the_paper(int heads, float[] slopes) => Assert.Equal(slopes, Alibi.Slopes(heads));

    [Fact]
    public void Sinusoidal_rows_are_sines_then_cosines()
    {
        float[] row = SinusoidalTable.Create(5, 8).Row(3);
        Assert.Equal((float)Math.Sin(3), row[0]);
        Assert.Equal((float)Math.Cos(3), row[4]);
        Assert.Equal((float)Math.Sin(3e-4), row[3], 1e-9f); // the last frequency is 1/10000
    }

    private static float[] Random(int count, ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(2 * random.NextDouble() - 1))];
    }
}
