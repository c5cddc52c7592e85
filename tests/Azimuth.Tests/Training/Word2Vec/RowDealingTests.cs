using Azimuth.Training.Word2Vec;

namespace Azimuth.Tests.Training.Word2Vec;

/// <summary>Rows dealt out to blocks, and negatives drawn from one block.</summary>
public sealed class RowDealingTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    public void Any_two_rows_meet_in_one_dealing_of_as_many_as_there_are_blocks(int blocks)
    {
        const int Dealings = 20_000;
        foreach (var (a, b) in new[] { (0, 1), (0, 65_536), (7, 7 + (1 << 30)), (1, int.MaxValue), (123, 128_012) })
        {
            int met = 0;
            for (ulong seed = 0; seed < Dealings; seed++)
            {
                var dealing = new RowDealing(blocks, seed);
                Assert.InRange(dealing.BlockOf(a), 0, blocks - 1);
                met += dealing.BlockOf(a) == dealing.BlockOf(b) ? 1 : 0;
            }

            // Five standard deviations of as many throws.
            Assert.Equal(1.0 / blocks, (double)met / Dealings, 5 * Math.Sqrt(1.0 / blocks / Dealings));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Over_many_dealings_words_are_drawn_for_a_word_as_often_as_the_table_has_them(int blocks)
    {
        long[] counts = [.. Enumerable.Range(1, 4000).Select(rank => 1_000_000L / (rank + 3))];
        Assert.True(NegativePool.IsFair(counts, blocks));
        var sampler = new NegativeSampler(counts, blocks);
        double[] expected = NegativeSampler.Probabilities(counts);
        const int Dealings = 4000, Draws = 100;
        var random = new OriginalRandom(3);
        foreach (int word in new[] { 0, 200 })
        {
            var drawn = new double[counts.Length];
            for (ulong seed = 0; seed < Dealings; seed++)
            {
                var dealing = new RowDealing(blocks, seed);
                var pool = new NegativePool(sampler, dealing);
                for (int i = 0; i < Draws; i++)
                {
                    int negative = pool.Draw(word, ref random);
                    Assert.Equal(dealing.BlockOf(word), dealing.BlockOf(negative));
                    drawn[negative] += 1.0 / (Dealings * Draws);
                }
            }

            // Of 400,000 draws: five standard deviations of the first word's 2 %, and as much again for what dealings differ by.
            Assert.Equal(expected[0], drawn[0], 0.08 * expected[0]);
            double[] parts = [.. expected.Skip(1).Chunk(200).Select(part => part.Sum())], drawnParts = [.. drawn.Skip(1).Chunk(200).Select(part => part.Sum())];
            for (int i = 0; i < parts.Length - 1; i++)
                Assert.Equal(parts[i], drawnParts[i], 0.06 * parts[i]);
        }
    }

    [Fact]
    public void Negatives_come_from_all_blocks_where_one_would_not_be_like_all()
    {
        Assert.False(NegativePool.IsFair([10, 8, 5], 2));
        Assert.False(NegativePool.IsFair([.. Enumerable.Repeat(10L, 1999)], 2));
        Assert.True(NegativePool.IsFair([.. Enumerable.Repeat(10L, 2000)], 2));
        Assert.False(NegativePool.IsFair([1_000_000_000, .. Enumerable.Repeat(10L, 100_000)], 2));
    }

    [Fact]
    public void A_word_that_is_alone_in_its_block_is_drawn_itself()
    {
        var sampler = new NegativeSampler([1_000_000, 1], 2);
        RowDealing dealing = Enumerable.Range(0, 100).Select(seed => new RowDealing(2, (ulong)seed)).First(d => d.BlockOf(0) != d.BlockOf(1));
        var random = new OriginalRandom(1);
        Assert.Equal(1, new NegativePool(sampler, dealing).Draw(1, ref random));
    }
}
