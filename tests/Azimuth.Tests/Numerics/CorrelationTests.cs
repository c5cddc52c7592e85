using Azimuth.Numerics;

namespace Azimuth.Tests.Numerics;

public sealed class CorrelationTests
{
    [Fact]
    public void Ranks_of_equal_values_are_shared() => Assert.Equal([1.5, 4, 1.5, 3, 5], Correlation.Ranks([2, 7, 2, 5, double.PositiveInfinity]));

    [Fact]
    public void Spearman_sees_only_the_order()
    {
        double[] x = [1, 2, 3, 4, 5], y = [1, 8, 27, 64, 1e9];
        Assert.Equal(1, Correlation.Spearman(x, y));
        Assert.Equal(-1, Correlation.Spearman(x, [.. y.Reverse()]));
        Assert.True(Correlation.Pearson(x, y) < 0.8);
    }

    [Fact]
    public void Pearson_keeps_tiny_and_huge_values()
    {
        double[] x = [1e-200, 2e-200, 4e-200], y = [3e-200, 5e-200, 4e-200];
        Assert.Equal(Correlation.Pearson([1, 2, 4], [3, 5, 4]), Correlation.Pearson([.. x.Select(v => v * 1e60)], [.. y.Select(v => v * 1e60)]), 1e-12);
    }

    [Fact]
    public void Undefined_correlations_are_NaN()
    {
        Assert.Equal(double.NaN, Correlation.Pearson([1, 1, 1], [1, 2, 3]));
        Assert.Equal(double.NaN, Correlation.Spearman([1], [1]));
        Assert.Equal(double.NaN, Correlation.Spearman([1, double.NaN, 2], [1, 2, 3]));
        Assert.Equal(double.NaN, Correlation.PValue(0.5, 2));
        Assert.Throws<ArgumentException>(() => Correlation.Pearson([1, 2], [1]));
    }

    // scipy.stats.t.sf(|t|, n - 2) * 2 with t = r sqrt((n - 2) / (1 - r²)), scipy 1.10.1
    [Theory]
    [InlineData(0.0, 10, 1.0)]
    [InlineData(0.5, 3, 2.0 / 3)]
    [InlineData(0.3, 50, 0.03428618003292995)]
    [InlineData(-0.9, 12, 6.644441406249992e-05)]
    [InlineData(0.05, 3000, 0.006159174822528457)]
    [InlineData(0.7409, 29, 4.29684357213348e-06)]
    [InlineData(1.0, 9, 0.0)]
    public void P_values_are_those_of_Student_s_distribution(double r, int n, double expected) =>
        Assert.Equal(expected, Correlation.PValue(r, n), 1e-11 * Math.Max(expected, 1e-3));
}
