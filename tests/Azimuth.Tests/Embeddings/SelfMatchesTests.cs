using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Tests.Embeddings;

public sealed class SelfMatchesTests : IDisposable
{
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(1, 3, 0.0)]
    [InlineData(700, 5, 0.0)]
    [InlineData(3000, 40, 0.0)]
    [InlineData(3000, 40, 0.3)]
    [InlineData(1500, 150, 1.5)]
    public void Counting_agrees_with_comparing_every_pair(int rows, int columns, double commonDirection)
    {
        float[] values = Tables.Normal(rows * columns, seed: rows + columns);
        for (int i = 0; i < rows; i++)
        {
            values[i * columns] += (float)(commonDirection * 10);
            if (i % 50 == 49) // a repeated row now and then, and one that differs in its last bit
            {
                values.AsSpan((i - 20) * columns, columns).CopyTo(values.AsSpan(i * columns));
                if (i % 100 == 99)
                    values[i * columns] = MathF.BitIncrement(values[i * columns]);
            }
        }

        EmbeddingTable table = Tables.Of(rows, columns, values);
        RoundTrip trips = RoundTrip.Prepare(table, _workers, TestContext.Current.CancellationToken);
        TableRoundTrip fast = trips.OfTable(null, TestContext.Current.CancellationToken);

        Assert.Equal(LostByTranspose(table), fast.Lost.Transpose);
        int sample = 0, lost = 0;
        for (int id = 0; id < rows; id += rows > 1000 ? 97 : 7)
        {
            sample++;
            lost += trips.OfToken(id, 0).LeftInverse.Rank > 1 ? 1 : 0;
        }

        // The left inverse of a sample, one by one, bounds what the fast count may say.
        Assert.InRange(fast.Lost.LeftInverse, lost, rows - (sample - lost));
    }

    [Fact]
    public void One_thread_and_many_give_the_same()
    {
        EmbeddingTable table = Tables.Of(2500, 48, Tables.Normal(2500 * 48, seed: 9));
        using var one = new Workers(1);
        TableRoundTrip alone = RoundTrip.Prepare(table, one, TestContext.Current.CancellationToken).OfTable(null, TestContext.Current.CancellationToken);
        TableRoundTrip together = RoundTrip.Prepare(table, _workers, TestContext.Current.CancellationToken).OfTable(null, TestContext.Current.CancellationToken);
        Assert.Equal(alone.Lost, together.Lost);
        Assert.Equal(alone.LeverageSum, together.LeverageSum);
    }

    private static int LostByTranspose(EmbeddingTable table)
    {
        float[][] rows = [.. Enumerable.Range(0, table.Count).Select(table.Vector)];
        return Enumerable.Range(0, rows.Length).AsParallel().Count(t =>
        {
            double own = Vectors.DotDouble(rows[t], rows[t]);
            return Enumerable.Range(0, rows.Length).Any(j => Vectors.DotDouble(rows[t], rows[j]) is double score && (score > own || (score == own && j < t)));
        });
    }
}
