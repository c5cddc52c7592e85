using Azimuth.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace Azimuth.Tests.Numerics;

public sealed class SingularValuesTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(3, 7)]
    [InlineData(40, 40)]
    [InlineData(65, 64)]
    [InlineData(130, 100)]
    public void The_values_are_another_library_s_and_the_parts_make_the_matrix(int rows, int columns)
    {
        double[] matrix = Normal(rows * columns, seed: rows + columns);
        SingularValues svd = SingularValues.Of(matrix, rows, columns, _workers);
        double[] expected = [.. Matrix<double>.Build.DenseOfRowMajor(rows, columns, matrix).Svd(computeVectors: false).S];
        Assert.Equal(expected.Length, svd.Values.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], svd.Values[i], 1e-13 * expected[0]);
        // Sums of 65 products of normal numbers, in double.
        Assert.InRange(LargestMiss(svd, matrix), 0, 1e-13);
        Assert.InRange(FarFromOrthonormal(svd.Left, svd.Values.Length, rows), 0, 1e-13);
        Assert.InRange(FarFromOrthonormal(svd.Right, svd.Values.Length, columns), 0, 1e-13);
        Assert.Equal(Math.Min(rows, columns), svd.Rank);
    }

    [Fact]
    public void Small_singular_values_survive_the_squaring()
    {
        // Q1 diag Q2 with values down to 1e-13: their squares are far below what a Gram matrix of doubles can hold beside 1.
        const int n = 24;
        double[] q1 = Orthogonal(n, 1), q2 = Orthogonal(n, 2), matrix = new double[n * n];
        double[] values = [.. Enumerable.Range(0, n).Select(i => Math.Pow(10, -13.0 * i / (n - 1)))];
        for (int i = 0; i < n; i++)
        {
            for (int r = 0; r < n; r++)
            {
                for (int c = 0; c < n; c++)
                    matrix[r * n + c] += values[i] * q1[i * n + r] * q2[i * n + c];
            }
        }

        SingularValues svd = SingularValues.Of(matrix, n, n, _workers);
        for (int i = 0; i < n; i++)
            Assert.Equal(values[i], svd.Values[i], 1e-15);
        Assert.InRange(FarFromOrthonormal(svd.Left, n, n), 0, 1e-13);
    }

    [Fact]
    public void Columns_that_shrink_over_eight_decades_are_no_obstacle()
    {
        const int n = 256;
        double[] matrix = Normal(n * n, seed: 1);
        for (int i = 0; i < matrix.Length; i++)
            matrix[i] *= Math.Pow(10, -8.0 * (i % n) / n);
        SingularValues svd = SingularValues.Of(matrix, n, n, _workers);
        double[] expected = [.. Matrix<double>.Build.DenseOfRowMajor(n, n, matrix).Svd(computeVectors: false).S];
        for (int i = 0; i < n; i++)
            Assert.Equal(expected[i], svd.Values[i], 1e-14 * expected[0]);
        Assert.Equal(n, svd.Rank);
        Assert.InRange(FarFromOrthonormal(svd.Left, n, n), 0, 1e-13);
    }

    [Fact]
    public void Directions_the_matrix_does_not_have_are_completed_to_an_orthonormal_set()
    {
        const int n = 12;
        double[] a = Normal(n * 3, seed: 5), b = Normal(n * 3, seed: 6), matrix = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                for (int k = 0; k < 3; k++)
                    matrix[i * n + j] += a[i * 3 + k] * b[j * 3 + k];
            }
        }

        SingularValues svd = SingularValues.Of(matrix, n, n, _workers);
        Assert.Equal(3, svd.Rank);
        Assert.Equal(new double[n - 3], svd.Values[3..]);
        Assert.InRange(FarFromOrthonormal(svd.Left, n, n), 0, 1e-13);
        Assert.InRange(FarFromOrthonormal(svd.Right, n, n), 0, 1e-13);
        SingularValues zero = SingularValues.Of(new double[16], 4, 4, _workers);
        Assert.Equal(0, zero.Rank);
        Assert.Equal(0, FarFromOrthonormal(zero.Left, 4, 4));
    }

    [Theory]
    [InlineData(1e-200)]
    [InlineData(1e200)]
    public void Very_small_and_very_large_matrices_keep_their_digits(double scale)
    {
        double[] matrix = Normal(36, seed: 3);
        double[] plain = SingularValues.Of(matrix, 6, 6, _workers).Values;
        double[] scaled = SingularValues.Of(Array.ConvertAll(matrix, v => v * scale), 6, 6, _workers).Values;
        for (int i = 0; i < 6; i++)
            Assert.Equal(1, scaled[i] / (plain[i] * scale), 1e-13);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using Workers one = new(1), three = new(3);
        double[] matrix = Normal(70 * 70, seed: 8);
        SingularValues alone = SingularValues.Of(matrix, 70, 70, one), together = SingularValues.Of(matrix, 70, 70, three);
        Assert.Equal(alone.Values, together.Values);
        Assert.Equal(alone.Left, together.Left);
        Assert.Equal(alone.Right, together.Right);
    }

    [Fact]
    public void What_has_no_singular_values_is_refused()
    {
        Assert.Throws<ArgumentException>(() => SingularValues.Of([1, double.NaN, 2, 3], 2, 2, _workers));
        Assert.Throws<ArgumentException>(() => SingularValues.Of([1, 2, 3], 2, 2, _workers));
        Assert.Empty(SingularValues.Of([], 0, 0, _workers).Values);
    }

    [Fact]
    public void A_cancellation_is_heard() =>
        Assert.ThrowsAny<OperationCanceledException>(() => SingularValues.Of([1, 2, 3, 4], 2, 2, _workers, new CancellationToken(true)));

    private static double LargestMiss(SingularValues svd, double[] matrix)
    {
        double worst = 0;
        for (int r = 0; r < svd.Rows; r++)
        {
            for (int c = 0; c < svd.Columns; c++)
            {
                double sum = 0;
                for (int i = 0; i < svd.Values.Length; i++)
                    sum += svd.Values[i] * svd.Left[i * svd.Rows + r] * svd.Right[i * svd.Columns + c];
                worst = Math.Max(worst, Math.Abs(sum - matrix[r * svd.Columns + c]));
            }
        }

        return worst;
    }

    private static double FarFromOrthonormal(double[] rows, int count, int length)
    {
        double worst = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                for (int c = 0; c < length; c++)
                    sum += rows[i * length + c] * rows[j * length + c];
                worst = Math.Max(worst, Math.Abs(sum - (i == j ? 1 : 0)));
            }
        }

        return worst;
    }

    private static double[] Orthogonal(int n, int seed) => [.. Matrix<double>.Build.DenseOfRowMajor(n, n, Normal(n * n, seed)).QR().Q.ToRowMajorArray()];

    private static double[] Normal(int count, int seed)
    {
        SeededRandom random = new((ulong)seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextGaussian())];
    }
}
