using Azimuth.Numerics;
using static Azimuth.Numerics.DoubleProduct;

namespace Azimuth.Tests.Numerics;

public sealed unsafe class DoubleProductTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(8, 24, 256)]
    [InlineData(9, 25, 257)]
    [InlineData(70, 50, 600)]
    [InlineData(200, 7, 33)]
    [InlineData(3, 4, 0)]
    public void Every_layout_and_every_way_to_join_is_the_sum_of_the_products(int m, int n, int k)
    {
        using Workers one = new(1), three = new(3);
        double[] a = Random(m * k, 1), b = Random(k * n, 2), old = Random(m * n, 3);
        foreach (Into how in Enum.GetValues<Into>())
        {
            double[] straight = Result(how, a, b, old, m, n, k, turned: false, one);
            for (int i = 0; i < m; i++)
            {
                for (int j = how == Into.SubtractUpper ? i / 8 * 8 : 0; j < n; j++)
                {
                    double sum = Enumerable.Range(0, k).Sum(x => a[i * k + x] * b[x * n + j]);
                    double expected = how switch { Into.Set => sum, Into.Add => old[i * n + j] + sum, _ => old[i * n + j] - sum };
                    // Sums of 600 products of numbers up to 1.
                    Assert.Equal(expected, straight[i * n + j], 600 * Math.ScaleB(1, -50));
                }
            }

            Assert.Equal(straight, Result(how, a, b, old, m, n, k, turned: true, three));
        }
    }

    private static double[] Result(Into how, double[] a, double[] b, double[] old, int m, int n, int k, bool turned, Workers workers)
    {
        double[] left = turned ? SingularValues.Transposed(a, m, k) : a, right = turned ? SingularValues.Transposed(b, k, n) : b, result = [.. old];
        fixed (double* x = left, y = right, z = result)
        {
            View first = turned ? new View(x, 1, m) : new View(x, k, 1), second = turned ? new View(y, 1, k) : new View(y, n, 1);
            Run(how, first, second, z, n, m, n, k, workers);
        }

        return result;
    }

    private static double[] Random(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() * 2 - 1)];
    }
}
