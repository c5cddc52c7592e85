using Azimuth.Numerics;

namespace Azimuth.Tests.Numerics;

public class SoftmaxTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(15, 5)]
    [InlineData(17, 30)]
    [InlineData(33, 100)]
    [InlineData(1000, 10)]
    [InlineData(50_257, 20)]
    public void Probabilities_follow_the_double_formula(int length, float scale)
    {
        float[] logits = [.. GramTests.RandomFloats(length, 3).Select(x => x * scale + 700)];
        double max = logits.Max(), total = max + Math.Log(logits.Sum(x => Math.Exp(x - max)));
        Assert.Equal(total, Softmax.LogSumExp(logits), 1e-12);
        var probabilities = new float[length];
        Softmax.Apply(logits, probabilities);
        for (int i = 0; i < length; i++)
        {
            double expected = Math.Exp(logits[i] - total);
            // The documented 4e-7, or a step of the subnormal floats.
            Assert.Equal(expected, probabilities[i], 4e-7 * expected + 3e-45);
        }

        Softmax.Apply(logits, logits);
        Assert.Equal(probabilities, logits);
    }

    [Fact]
    public void Minus_infinity_gets_nothing()
    {
        float[] logits = [0, float.NegativeInfinity, 0];
        Softmax.Apply(logits, logits);
        Assert.Equal([0.5f, 0, 0.5f], logits);
        Assert.Equal(Math.Log(2), Softmax.LogSumExp([1, float.NegativeInfinity, 1]) - 1, 1e-15);
    }

    [Fact]
    public void Undefined_inputs_are_not_a_number_and_say_so()
    {
        Assert.Equal(double.NegativeInfinity, Softmax.LogSumExp([]));
        Assert.Equal(double.NegativeInfinity, Softmax.LogSumExp([float.NegativeInfinity]));
        Assert.Equal(double.PositiveInfinity, Softmax.LogSumExp([1, float.PositiveInfinity]));
        Assert.True(double.IsNaN(Softmax.LogSumExp([1, float.NaN, float.PositiveInfinity])));
        foreach (float[] logits in new float[][] { [1, float.NaN], [1, float.PositiveInfinity], [float.NegativeInfinity, float.NegativeInfinity] })
        {
            Softmax.Apply(logits, logits);
            Assert.All(logits, p => Assert.True(float.IsNaN(p)));
        }

        Assert.Throws<ArgumentException>(() => Softmax.Apply([1], []));
    }
}
