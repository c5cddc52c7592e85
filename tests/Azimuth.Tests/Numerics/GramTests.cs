using Azimuth.Numerics;

namespace Azimuth.Tests.Numerics;

public class GramTests
{
    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 1)]
    [InlineData(3, 15)]
    [InlineData(17, 16)]
    [InlineData(127, 17)]
    [InlineData(128, 24)]
    [InlineData(129, 31)]
    [InlineData(300, 33)]
    [InlineData(1000, 50)]
    public void Sums_and_means_agree_with_decimal_by_decimal_summation(int rows, int columns)
    {
        using var workers = new Workers(2);
        float[] values = RandomFloats(rows * columns, 3);
        var gram = Gram.Of(StoredMatrix.FromFloats(values, rows, columns), workers);
        Assert.Equal(rows, gram.RowCount);
        for (int i = 0; i < columns; i++)
        {
            double mean = 0;
            for (int r = 0; r < rows; r++)
                mean += values[r * columns + i];
            Assert.Equal(rows == 0 ? 0 : mean / rows, gram.Mean[i], 1e-13);
            for (int j = 0; j < columns; j++)
            {
                double sum = 0;
                for (int r = 0; r < rows; r++)
                    sum += (double)values[r * columns + i] * values[r * columns + j];
                // Values are within ±1: at most rows · 2⁻⁵³ · rows of rounding, far less in practice.
                Assert.Equal(sum, gram.Products[i * columns + j], 1e-12 * Math.Max(1, rows));
                Assert.Equal(gram.Products[i * columns + j], gram.Products[j * columns + i]);
            }
        }
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        float[] values = RandomFloats(777 * 95, 8);
        var matrix = StoredMatrix.FromFloats(values, 777, 95);
        using var one = new Workers(1);
        using var three = new Workers(3);
        Gram a = Gram.Of(matrix, one), b = Gram.Of(matrix, three);
        Assert.Equal(a.Products, b.Products);
        Assert.Equal(a.Mean, b.Mean);
    }

    [Fact]
    public void Covariance_is_the_population_form_about_the_mean()
    {
        using var workers = new Workers(1);
        // Rows (1, 2), (3, 6): mean (2, 4), deviations ∓(1, 2).
        var gram = Gram.Of(StoredMatrix.FromFloats([1, 2, 3, 6], 2, 2), workers);
        Assert.Equal([1.0, 2, 2, 4], gram.Covariance());
        Assert.Throws<InvalidOperationException>(() => Gram.Of(StoredMatrix.FromFloats([], 0, 2), workers).Covariance());
    }

    [Fact]
    public void Not_a_number_reaches_only_the_products_of_its_column()
    {
        using var workers = new Workers(1);
        var gram = Gram.Of(StoredMatrix.FromFloats([1, float.NaN, 3, 1, 1, 1], 2, 3), workers);
        Assert.True(double.IsNaN(gram.Products[1]) && double.IsNaN(gram.Products[4]) && double.IsNaN(gram.Mean[1]));
        Assert.Equal(2, gram.Products[0]);
        Assert.Equal(4, gram.Products[2]);
    }

    [Theory]
    [InlineData(40, 12)]
    [InlineData(5, 12)]
    public void The_pseudo_inverse_of_a_gram_matrix_satisfies_the_Penrose_conditions(int rows, int columns)
    {
        using var workers = new Workers(2);
        var gram = Gram.Of(StoredMatrix.FromFloats(RandomFloats(rows * columns, 4), rows, columns), workers);
        var solver = LeastSquares.Of(gram.Products, columns, workers);
        Assert.Equal(Math.Min(rows, columns), solver.Rank);
        double[] g = gram.Products, p = solver.PseudoInverse(workers);
        // The condition number is below 10³ here, so 1e-11 leaves 1e-16 · 10³ · n.
        AssertClose(g, Product(Product(g, p, columns), g, columns), 1e-11);
        AssertClose(p, Product(Product(p, g, columns), p, columns), 1e-11 * solver.Eigen.Values[0]);

        double[] y = [.. Enumerable.Range(1, columns).Select(i => 1.0 / i)], solution = solver.Solve(y);
        double[] whitening = solver.WhiteningRows();
        double quadratic = 0, whitened = 0;
        for (int i = 0; i < columns; i++)
        {
            double expected = 0;
            for (int j = 0; j < columns; j++)
                expected += p[i * columns + j] * y[j];
            Assert.Equal(expected, solution[i], 1e-11 * Math.Max(1, Math.Abs(expected)));
            quadratic += expected * y[i];
        }

        for (int e = 0; e < solver.Rank; e++)
        {
            double along = 0;
            for (int j = 0; j < columns; j++)
                along += whitening[e * columns + j] * y[j];
            whitened += along * along;
        }

        Assert.Equal(quadratic, whitened, 1e-11 * quadratic);
    }

    internal static float[] RandomFloats(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(random.NextDouble() * 2 - 1);
        return values;
    }

    private static double[] Product(double[] a, double[] b, int n)
    {
        var product = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                for (int k = 0; k < n; k++)
                    product[i * n + j] += a[i * n + k] * b[k * n + j];
            }
        }

        return product;
    }

    private static void AssertClose(double[] expected, double[] found, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], tolerance);
    }
}
