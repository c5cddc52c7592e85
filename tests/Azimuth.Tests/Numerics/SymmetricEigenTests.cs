using Azimuth.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace Azimuth.Tests.Numerics;

public class SymmetricEigenTests
{
    private const double UnitRoundoff = 1.1102230246251565e-16; // 2⁻⁵³

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(31)]
    [InlineData(64)]
    [InlineData(130)]
    [InlineData(257)]
    public void Eigenvalues_and_vectors_rebuild_a_random_matrix_and_agree_with_MathNet(int n)
    {
        using var workers = new Workers(2);
        double[] matrix = RandomSymmetric(n, n);
        var eigen = SymmetricEigen.Decompose(matrix, n, workers);
        AssertDecomposes(matrix, n, eigen);
        var expected = Matrix<double>.Build.DenseOfRowMajor(n, n, matrix).Evd(Symmetricity.Symmetric).EigenValues;
        for (int i = 0; i < n; i++)
            Assert.Equal(expected[n - 1 - i].Real, eigen.Values[i], Tolerance(matrix, n));
        double[] valuesOnly = SymmetricEigen.ValuesOf(matrix, n, workers);
        for (int i = 0; i < n; i++)
            Assert.Equal(eigen.Values[i], valuesOnly[i]);
    }

    [Theory]
    [InlineData("rank 40 of 330", 330)]
    [InlineData("glued Wilkinson", 21 * 16)]
    [InlineData("Toeplitz", 350)]
    [InlineData("graded over 30 decades", 300)]
    [InlineData("three values many times", 300)]
    [InlineData("blocks that nothing joins", 260)]
    public void Values_in_clusters_and_of_all_sizes_keep_their_vectors_orthonormal(string kind, int n)
    {
        using var workers = new Workers(2);
        double[] matrix = Difficult(kind, n);
        var eigen = SymmetricEigen.Decompose(matrix, n, workers);
        AssertDecomposes(matrix, n, eigen);
        Assert.Equal(eigen.Values, SymmetricEigen.ValuesOf(matrix, n, workers));
    }

    [Theory]
    [InlineData(5, 2)]
    [InlineData(300, 1)]
    [InlineData(300, 50)]
    [InlineData(300, 299)]
    public void A_few_vectors_are_the_first_of_all(int n, int largest)
    {
        using var workers = new Workers(2);
        double[] matrix = RandomSymmetric(n, 6);
        SymmetricEigen all = SymmetricEigen.Decompose(matrix, n, workers), few = SymmetricEigen.Decompose(matrix, n, largest, workers);
        Assert.Equal(all.Values, few.Values);
        Assert.Equal(all.Vectors[..(largest * n)], few.Vectors);
        Assert.Throws<ArgumentOutOfRangeException>(() => SymmetricEigen.Decompose(matrix, n, n + 1, workers));
    }

    [Fact]
    public void Results_do_not_depend_on_the_number_of_threads()
    {
        const int n = 600;
        double[] matrix = RandomSymmetric(n, 5);
        using var one = new Workers(1);
        using var three = new Workers(3);
        var a = SymmetricEigen.Decompose(matrix, n, one);
        var b = SymmetricEigen.Decompose(matrix, n, three);
        Assert.Equal(a.Values, b.Values);
        Assert.Equal(a.Vectors, b.Vectors);
    }

    [Theory]
    [InlineData(1e-200)]
    [InlineData(1e200)]
    public void Extreme_scales_neither_overflow_nor_underflow(double scale)
    {
        const int n = 20;
        using var workers = new Workers(1);
        double[] matrix = RandomSymmetric(n, 9);
        double[] scaled = [.. matrix.Select(x => x * scale)];
        double[] expected = SymmetricEigen.ValuesOf(matrix, n, workers);
        double[] found = SymmetricEigen.ValuesOf(scaled, n, workers);
        for (int i = 0; i < n; i++)
            Assert.Equal(expected[i], found[i] / scale, 1e-13);
    }

    [Fact]
    public void Repeated_and_zero_eigenvalues_keep_orthonormal_vectors()
    {
        const int n = 60;
        using var workers = new Workers(2);
        // Identity plus a rank-one matrix: eigenvalues 61 and 59 times 1.
        var matrix = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                matrix[i * n + j] = (i == j ? 1 : 0) + 1;
        }

        var eigen = SymmetricEigen.Decompose(matrix, n, workers);
        AssertDecomposes(matrix, n, eigen);
        Assert.Equal(n + 1, eigen.Values[0], 1e-12);
        Assert.All(eigen.Values[1..], v => Assert.Equal(1, v, 1e-12));

        var zero = SymmetricEigen.Decompose(new double[n * n], n, workers);
        Assert.All(zero.Values, v => Assert.Equal(0, v));
        AssertDecomposes(new double[n * n], n, zero);
    }

    [Fact]
    public void Small_eigenvalues_of_a_graded_diagonal_are_kept_relative_to_themselves()
    {
        const int n = 12;
        using var workers = new Workers(1);
        var matrix = new double[n * n];
        for (int i = 0; i < n; i++)
            matrix[i * n + i] = Math.Pow(10, -2 * i);
        double[] values = SymmetricEigen.ValuesOf(matrix, n, workers);
        for (int i = 0; i < n; i++)
            Assert.Equal(1, values[i] / Math.Pow(10, -2 * i), 1e-15);
    }

    [Fact]
    public void A_matrix_of_order_zero_has_no_eigenvalues()
    {
        using var workers = new Workers(1);
        Assert.Empty(SymmetricEigen.Decompose([], 0, workers).Values);
    }

    [Fact]
    public void Not_a_number_is_refused_with_its_place()
    {
        using var workers = new Workers(1);
        var error = Assert.Throws<ArgumentException>(() => SymmetricEigen.Decompose([1, 2, double.NaN, 1], 2, workers));
        Assert.Contains("[1, 0] is NaN", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SymmetricEigen.Decompose([1, 2, 3], 2, workers));
    }

    private static double[] Difficult(string kind, int n)
    {
        var matrix = new double[n * n];
        double[] random = RandomSymmetric(n, 3);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                matrix[i * n + j] = kind switch
                {
                    "rank 40 of 330" => Enumerable.Range(0, 40).Sum(k => random[k * n + i] * random[k * n + j]),
                    "glued Wilkinson" => i == j ? Math.Abs(i % 21 - 10) : Math.Abs(i - j) != 1 ? 0 : Math.Max(i, j) % 21 == 0 ? 1e-10 : 1,
                    "Toeplitz" => i == j ? 2 : Math.Abs(i - j) == 1 ? -1 : 0,
                    "graded over 30 decades" => random[i * n + j] * Math.Pow(10, -15.0 * (i + j) / n),
                    "three values many times" => (i == j ? i % 3 : 0) + 2e-15 * random[i * n + j],
                    "blocks that nothing joins" => i / 13 == j / 13 ? random[i * n + j] : 0,
                    _ => throw new ArgumentException(kind, nameof(kind)),
                };
            }
        }

        return matrix;
    }

    internal static double[] RandomSymmetric(int n, int seed)
    {
        var random = new Random(seed);
        var matrix = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
                matrix[i * n + j] = matrix[j * n + i] = random.NextDouble() * 2 - 1;
        }

        return matrix;
    }

    /// <summary>Backward error bound n·ε·|A|, with |A| bounded by its Frobenius norm.</summary>
    private static double Tolerance(double[] matrix, int n) => 4 * n * UnitRoundoff * Math.Max(1, Math.Sqrt(matrix.Sum(x => x * x)));

    private static void AssertDecomposes(double[] matrix, int n, SymmetricEigen eigen)
    {
        double tolerance = Tolerance(matrix, n);
        for (int i = 0; i < n; i++)
        {
            Assert.True(i == 0 || eigen.Values[i - 1] >= eigen.Values[i], "eigenvalues are sorted, largest first");
            for (int j = 0; j < n; j++)
            {
                double rebuilt = 0, product = 0;
                for (int k = 0; k < n; k++)
                {
                    rebuilt += eigen.Vector(k)[i] * eigen.Values[k] * eigen.Vector(k)[j];
                    product += eigen.Vector(i)[k] * eigen.Vector(j)[k];
                }

                Assert.Equal(matrix[i * n + j], rebuilt, tolerance);
                Assert.Equal(i == j ? 1 : 0, product, 4 * n * UnitRoundoff);
            }
        }
    }
}
