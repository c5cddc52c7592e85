using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Tests.Embeddings;

public sealed class NearestRowsTests : IDisposable
{
    private static readonly SimilarityMetric[] Metrics = [SimilarityMetric.Cosine, SimilarityMetric.Dot, SimilarityMetric.Euclidean];

    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("A", 10)]
    [InlineData("B", 10)]
    [InlineData("B", 299)]
    [InlineData("B", 1000)]
    [InlineData("C", 10)]
    [InlineData("ties", 10)]
    [InlineData("awkward", 5)]
    public void Lists_of_the_fixture_s_tables_are_those_of_comparing_every_row_in_double(string name, int count) => SameAsExhaustive(Of(name), count);

    [Theory]
    [InlineData(700, 1, 10)]
    [InlineData(1500, 300, 10)]
    [InlineData(1200, 37, 200)]
    public void Lists_of_random_rows_are_those_of_comparing_every_row_in_double(int rows, int columns, int count)
    {
        float[] values = Tables.Normal(rows * columns, seed: rows);
        var random = new Random(3);
        for (int i = 0; i < rows; i++)
        {
            // Lengths over twelve orders of magnitude, a common direction, some rows equal to an earlier one or a bit away from it.
            float scale = MathF.Pow(10, random.Next(-6, 7));
            for (int c = 0; c < columns; c++)
                values[i * columns + c] = (values[i * columns + c] + 2) * (i % 3 == 0 ? scale : 1);
            if (i % 11 == 10)
                values.AsSpan((i - 7) * columns, columns).CopyTo(values.AsSpan(i * columns));
            if (i % 22 == 10)
                values[i * columns] = MathF.BitIncrement(values[i * columns]);
        }

        SameAsExhaustive(Tables.Of(rows, columns, values), count);
    }

    [Fact]
    public void Thousands_of_equal_rows_give_the_lowest_ids_and_do_not_hide_the_others()
    {
        const int rows = 6000, columns = 8;
        float[] values = Tables.Normal(rows * columns, seed: 8);
        for (int i = 0; i < 5000; i++)
            values.AsSpan(5000 * columns, columns).CopyTo(values.AsSpan(i * columns));
        EmbeddingTable table = Tables.Of(rows, columns, values);
        int[] queries = [0, 1, 4999, 5000, 5001, 5500, 5999, 17];
        foreach (SimilarityMetric metric in Metrics)
            Same(table, queries, 12, metric, NearestRows.Find(table.Rows, queries, 12, metric, _workers, null, TestContext.Current.CancellationToken));
        Assert.Equal([1, 2, 3], NearestRows.Find(table.Rows, queries, 3, SimilarityMetric.Cosine, _workers, null, TestContext.Current.CancellationToken)[0]);
    }

    [Fact]
    public void Numbers_near_the_ends_of_single_precision_keep_their_order()
    {
        float[] values = Tables.Normal(60 * 5, seed: 4);
        for (int i = 0; i < 20 * 5; i++)
            (values[i], values[100 + i]) = (values[i] * 1e37f, values[100 + i] * 1e-41f);
        SameAsExhaustive(Tables.Of(60, 5, values), 7);
    }

    [Fact]
    public void Zero_rows_have_no_cosine_and_rows_with_NaN_no_neighbours_at_all()
    {
        float[] values = Tables.Normal(50 * 4, seed: 5);
        values.AsSpan(7 * 4, 4).Clear();
        values[9 * 4 + 1] = float.NaN;
        values[11 * 4] = float.PositiveInfinity;
        EmbeddingTable table = Tables.Of(50, 4, values);
        int[] all = [.. Enumerable.Range(0, 50)];
        foreach (SimilarityMetric metric in Metrics)
        {
            int[][] lists = NearestRows.Find(table.Rows, all, 60, metric, _workers, null, TestContext.Current.CancellationToken);
            Same(table, all, 60, metric, lists);
            Assert.Empty(lists[9]);
            Assert.Empty(lists[11]);
            bool cosine = metric == SimilarityMetric.Cosine;
            Assert.Equal(cosine ? 0 : 47, lists[7].Length);
            Assert.Equal(cosine ? 46 : 47, lists[0].Length);
            Assert.DoesNotContain(9, lists[0]);
            Assert.DoesNotContain(11, lists[0]);
        }
    }

    [Fact]
    public void One_row_has_no_neighbours_and_no_queries_give_no_lists()
    {
        EmbeddingTable table = Tables.Of(1, 3, [1, 2, 3]);
        Assert.Empty(Assert.Single(NearestRows.Find(table.Rows, [0], 5, SimilarityMetric.Dot, _workers, null, TestContext.Current.CancellationToken)));
        Assert.Empty(NearestRows.Find(table.Rows, [], 5, SimilarityMetric.Dot, _workers, null, TestContext.Current.CancellationToken));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => NearestRows.Find(table.Rows, [1], 5, SimilarityMetric.Dot, _workers, null, TestContext.Current.CancellationToken));
        Assert.Contains("the matrix has 1 rows", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        EmbeddingTable table = Tables.Of(300, 8, Tables.Normal(300 * 8, seed: 5));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => NearestRows.Find(table.Rows, [.. Enumerable.Range(0, 300)], 5, SimilarityMetric.Cosine, _workers, null, cancelled.Token));
    }

    [Fact]
    public void Comparing_every_row_hears_a_cancellation()
    {
        EmbeddingTable table = Tables.Of(40, 2, Tables.Normal(80, seed: 1));
        double[] norms = TableScan.Norms(table.Rows, _workers, TestContext.Current.CancellationToken);
        Assert.ThrowsAny<OperationCanceledException>(() => NearestRows.Exhaustive(table.Rows, norms, [1], 3, SimilarityMetric.Dot, _workers, null, new CancellationToken(true)));
    }

    private static EmbeddingTable Of(string name) => name switch
    {
        "C" => Tables.Stories(),
        "ties" => Tables.OfNpy(TestFiles.Fixture("geometry", "similarity", "tie_table.npy")),
        "awkward" => Tables.OfNpy(TestFiles.Fixture("geometry", "similarity", "vectors.npy")),
        _ => Tables.OfNpy(TestFiles.Fixture("geometry", "tables", name + ".npy")),
    };

    private void SameAsExhaustive(EmbeddingTable table, int count)
    {
        int[] all = [.. Enumerable.Range(0, table.Count)];
        foreach (SimilarityMetric metric in Metrics)
            Same(table, all, count, metric, NearestRows.Find(table.Rows, all, count, metric, _workers, null, TestContext.Current.CancellationToken));
    }

    private void Same(EmbeddingTable table, int[] queries, int count, SimilarityMetric metric, int[][] got)
    {
        double[] norms = TableScan.Norms(table.Rows, _workers, TestContext.Current.CancellationToken);
        int[][] exact = NearestRows.Exhaustive(table.Rows, norms, queries, count, metric, _workers, null, TestContext.Current.CancellationToken);
        for (int q = 0; q < queries.Length; q++)
        {
            int[] want = exact[q];
            Assert.True(want.SequenceEqual(got[q]), $"{metric} of row {queries[q]}: expected {string.Join(' ', want.Take(20))}, found {string.Join(' ', got[q].Take(20))}");
        }
    }
}
