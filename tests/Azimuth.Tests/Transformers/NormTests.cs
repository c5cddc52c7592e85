using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Blocks;

namespace Azimuth.Tests.Transformers;

public class NormTests
{
    private static readonly float[] Gain = [1, 2, 3, 4, 5], Bias = [10, 20, 30, 40, 50];
    private static readonly float[] Row = [1000.5f, 1001, 1002, 998, 999];

    [Theory]
    [InlineData(NormKind.LayerNorm)]
    [InlineData(NormKind.RmsNorm)]
    public void A_norm_equals_its_formula_in_double(NormKind kind)
    {
        var norm = new Norm(new NormConfig { Kind = kind, Epsilon = 1e-5f, HasBias = true }, Gain, Bias);
        var found = new float[5];
        norm.Apply(Row, found);
        double mean = kind == NormKind.LayerNorm ? Row.Average(v => (double)v) : 0;
        double spread = Math.Sqrt(Row.Average(v => (v - mean) * (v - mean)) + 1e-5);
        // A mean of 1000 over a spread of 1.4 leaves float32 about four digits fewer than it has.
        Near.Equal("norm", [.. Row.Select((v, i) => (v - mean) / spread * Gain[i] + Bias[i])], found, 2e-3);
    }

    [Fact]
    public void A_gain_stored_as_offset_counts_from_one()
    {
        var config = new NormConfig { Kind = NormKind.RmsNorm, Epsilon = 1e-6f };
        float[] plain = new float[5], offset = new float[5];
        new Norm(config, Gain, null).Apply(Row, plain);
        new Norm(config with { GainIsOffset = true }, [.. Gain.Select(g => g - 1)], null).Apply(Row, offset);
        Assert.Equal(plain, offset);
    }

    [Theory]
    [InlineData(NormKind.LayerNorm)]
    [InlineData(NormKind.RmsNorm)]
    public void Linear_parts_add_up_to_the_norm_less_its_bias(NormKind kind)
    {
        var norm = new Norm(new NormConfig { Kind = kind, Epsilon = 1e-5f, HasBias = true }, Gain, Bias);
        float[] first = [0.3f, -1.2f, 0.7f, 2.1f, -0.4f], second = [1.1f, 0.2f, -0.9f, 0.4f, 0.8f];
        float[] whole = [.. first.Zip(second, (a, b) => a + b)], normed = new float[5], partOne = new float[5], partTwo = new float[5];
        norm.Apply(whole, normed);
        float scale = 1 / norm.Spread(whole);
        norm.ApplyLinearly(first, scale, partOne);
        norm.ApplyLinearly(second, scale, partTwo);
        Near.Equal("sum", [.. normed.Select((v, i) => (double)v - Bias[i])], [.. partOne.Zip(partTwo, (a, b) => a + b)], 1e-5);
    }

    [Fact]
    public void Zero_and_constant_rows_stay_finite()
    {
        var found = new float[5];
        new Norm(new NormConfig { Kind = NormKind.RmsNorm, Epsilon = 1e-6f }, Gain, null).Apply(new float[5], found);
        Assert.All(found, value => Assert.Equal(0, value));
        new Norm(new NormConfig { Kind = NormKind.LayerNorm, Epsilon = 1e-5f }, Gain, null).Apply([7, 7, 7, 7, 7], found);
        Assert.All(found, value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_row_longer_than_a_tile_has_the_variance_of_its_formula()
    {
        var random = new SeededRandom(5);
        float[] row = [.. Enumerable.Range(0, 1000).Select(_ => (float)(random.NextDouble() + 3))];
        double mean = row.Average(v => (double)v);
        var norm = new Norm(new NormConfig { Kind = NormKind.LayerNorm, Epsilon = 0 }, null, null);
        Assert.Equal(Math.Sqrt(row.Average(v => (v - mean) * (v - mean))), norm.Spread(row), 1e-6);
    }
}
