using Azimuth.Numerics;
using MathNet.Numerics;

namespace Azimuth.Tests.Numerics;

public class ActivationsTests
{
    private delegate void InPlace(Span<float> values);

    // name, function, double reference, relative tolerance in units of 2⁻²⁴ (half a unit in the last place or better)
    private static readonly (string Name, InPlace Function, Func<double, double> Reference, double Units)[] Functions =
    [
        ("gelu", Activations.Gelu, x => x * 0.5 * SpecialFunctions.Erfc(-x / Math.Sqrt(2)), 10),
        // The exponent's own rounding is multiplied by its size, up to 88, in the lower tail.
        ("gelu tanh", Activations.GeluTanh, x => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))), 400),
        ("gelu quick", Activations.GeluQuick, x => x / (1 + Math.Exp(-1.702f * x)), 200),
        ("silu", Activations.Silu, x => x / (1 + Math.Exp(-x)), 6),
        ("relu", Activations.Relu, x => Math.Max(x, 0), 0),
        ("sigmoid", Activations.Sigmoid, x => 1 / (1 + Math.Exp(-x)), 6),
        ("tanh", Activations.Tanh, Math.Tanh, 4),
    ];

    [Fact]
    public void Every_function_follows_its_double_formula()
    {
        // −100 … 100 finely, and magnitudes down to 1e-30.
        float[] inputs = [.. Enumerable.Range(-40_000, 80_001).Select(i => i / 400f), .. Enumerable.Range(0, 600).SelectMany(i => new[] { MathF.Pow(10, -i / 20f), -MathF.Pow(10, -i / 20f) })];
        foreach (var (name, function, reference, units) in Functions)
        {
            float[] found = [.. inputs];
            function(found);
            for (int i = 0; i < inputs.Length; i++)
            {
                double expected = reference(inputs[i]);
                // Where e⁻ˣ overflows, below x = −88.7, the sigmoid is zero instead of at most 2⁻¹²⁸; |x| multiplies that.
                double tolerance = units * Math.ScaleB(1, -24) * Math.Abs(expected) + Math.ScaleB(1, -121);
                Assert.True(Math.Abs(found[i] - expected) <= tolerance, $"{name}({inputs[i]:R}) is {found[i]:R}, expected {expected:R}");
            }
        }
    }

    [Fact]
    public void Limits_and_not_a_number_are_kept()
    {
        foreach (var (name, function, _, _) in Functions)
        {
            float[] values = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, float.MaxValue, -float.MaxValue];
            function(values);
            bool bounded = name is "sigmoid" or "tanh";
            float low = name == "tanh" ? -1 : 0;
            Assert.True(float.IsNaN(values[0]), $"{name}(NaN) is {values[0]}");
            Assert.Equal(bounded ? 1 : float.PositiveInfinity, values[1]);
            Assert.Equal(low, values[2]);
            Assert.Equal(name == "sigmoid" ? 0.5f : 0, values[3]);
            Assert.Equal(bounded ? 1 : float.MaxValue, values[4]);
            Assert.Equal(low, values[5]);
        }
    }

    [Fact]
    public void A_value_gives_the_same_bits_at_every_place_and_length()
    {
        float[] inputs = GramTests.RandomFloats(50, 1);
        foreach (var (name, function, _, _) in Functions)
        {
            float[] whole = [.. inputs.Select(x => 6 * x)];
            float[] given = [.. whole];
            function(whole);
            for (int length = 0; length <= 50; length++)
            {
                float[] part = given[^length..];
                function(part);
                Assert.True(part.AsSpan().SequenceEqual(whole.AsSpan(50 - length)), $"{name} of the last {length} values");
            }
        }
    }
}
