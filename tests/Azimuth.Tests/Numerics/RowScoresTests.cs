using Azimuth.Numerics;

namespace Azimuth.Tests.Numerics;

public class RowScoresTests
{
    private static readonly TensorType[] Types = [TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(239)]
    [InlineData(1003)]
    public void Scores_of_one_query_are_the_dot_products(int rows)
    {
        const int columns = 96;
        using var workers = new Workers(3);
        float[] query = GramTests.RandomFloats(columns, 1);
        foreach (var type in Types)
        {
            var matrix = MatrixProductTests.RandomStored(type, rows, columns, 2);
            float[] single = RowScores.Dot(query, matrix, workers);
            double[] exact = RowScores.DotDouble(query, matrix, workers);
            for (int r = 0; r < rows; r++)
            {
                Assert.Equal(Vectors.Dot(query, matrix.Row(r)), single[r]);
                Assert.Equal(Vectors.DotDouble(query, matrix.Row(r)), exact[r]);
            }
        }
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(5, 10)]
    [InlineData(6, 1)]
    [InlineData(33, 12)]
    [InlineData(600, 3)]
    public void The_largest_are_those_of_a_sort_by_double_scores(int queries, int count)
    {
        const int rows = 1001, columns = 64;
        using var one = new Workers(1);
        using var three = new Workers(3);
        float[] vectors = GramTests.RandomFloats(queries * columns, 1), scales = [.. GramTests.RandomFloats(rows, 5).Select(s => s + 2)];
        foreach (var type in Types)
        {
            var matrix = MatrixProductTests.RandomStored(type, rows, columns, 2);
            foreach (float[] rowScales in new[] { [], scales })
            {
                var found = RowScores.Largest(vectors, queries, matrix, count, three, rowScales);
                Assert.Equal(found, RowScores.Largest(vectors, queries, matrix, count, one, rowScales));
                for (int q = 0; q < queries; q += 7)
                {
                    double[] exact = RowScores.DotDouble(vectors.AsSpan(q * columns, columns), matrix, one);
                    if (rowScales.Length > 0)
                        exact = [.. exact.Zip(rowScales, (s, f) => s * f)];
                    Assert.Equal(exact.Select((s, r) => new Scored(r, (float)s)).OrderByDescending(s => exact[s.Index]).Take(count), found[q]);
                }
            }
        }
    }

    [Fact]
    public void Equal_rows_come_in_their_order_and_not_a_number_is_left_out()
    {
        const int rows = 300, columns = 32;
        using var workers = new Workers(2);
        var values = new float[rows * columns];
        Array.Fill(values, 1f);
        values[5 * columns] = float.NaN;
        var matrix = StoredMatrix.FromFloats(values, rows, columns);
        foreach (int queries in new[] { 1, 8 })
        {
            float[] vectors = new float[queries * columns];
            Array.Fill(vectors, 0.5f);
            var found = RowScores.Largest(vectors, queries, matrix, 7, workers);
            Assert.All(found, best => Assert.Equal([0, 1, 2, 3, 4, 6, 7], best.Select(s => s.Index)));
            Assert.All(found, best => Assert.All(best, s => Assert.Equal(16f, s.Value)));
            Assert.Equal(rows - 1, RowScores.Largest(vectors, queries, matrix, 1000, workers)[0].Length);
        }

        Assert.Empty(RowScores.Largest([], 0, matrix, 7, workers));
        Assert.Throws<ArgumentException>(() => RowScores.Largest(new float[31], 1, matrix, 7, workers));
        Assert.Throws<ArgumentException>(() => RowScores.Largest(new float[32], 1, matrix, 7, workers, new float[2]));
    }
}
