using Azimuth.Numerics;

namespace Azimuth.Tests.Numerics;

public class SeededRandomTests
{
    [Fact]
    public void The_generators_give_their_authors_sequences()
    {
        // SplitMix64 from 1234567, and xoshiro256** from the state 1, 2, 3, 4: the values of the published test vectors.
        ulong state = 1234567;
        Assert.Equal(new ulong[] { 6457827717110365317, 3203168211198807973, 9817491932198370423 }, new[] { SeededRandom.SplitMix(ref state), SeededRandom.SplitMix(ref state), SeededRandom.SplitMix(ref state) });
        var random = new SeededRandom(1, 2, 3, 4);
        ulong[] expected = [11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600, 16172922978634559625];
        Assert.Equal(expected, Enumerable.Range(0, expected.Length).Select(_ => random.NextUInt64()));
    }

    [Fact]
    public void A_seed_gives_one_sequence_and_another_seed_another()
    {
        SeededRandom a = new(42), b = new(42), c = new(43);
        Assert.Equal(Take(a), Take(b));
        Assert.NotEqual(Take(a), Take(c));

        static List<double> Take(SeededRandom random) => [.. Enumerable.Range(0, 50).Select(i => i % 2 == 0 ? random.NextDouble() : random.NextGaussian())];
    }

    [Fact]
    public void Uniform_numbers_fill_the_unit_interval_evenly()
    {
        var random = new SeededRandom(0);
        var counts = new int[20];
        const int draws = 200_000;
        for (int i = 0; i < draws; i++)
        {
            double u = random.NextDouble();
            Assert.True(u is >= 0 and < 1);
            counts[(int)(u * 20)]++;
        }

        // χ² with 19 degrees of freedom exceeds 43.8 once in a thousand sequences; this sequence is fixed.
        Assert.True(counts.Sum(c => Math.Pow(c - draws / 20.0, 2) / (draws / 20.0)) < 43.8);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1_500_000_000)]
    public void Whole_numbers_stay_below_their_limit_and_are_even(int below)
    {
        var random = new SeededRandom(5);
        var counts = new int[Math.Min(below, 3)];
        for (int i = 0; i < 90_000; i++)
        {
            int n = random.NextInt32(below);
            Assert.InRange(n, 0, below - 1);
            counts[(long)n * counts.Length / below]++;
        }

        if (below == 3 || below > 7)
            Assert.All(counts, c => Assert.InRange(c, 29_400, 30_600)); // four standard deviations of 141
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt32(0));
    }

    [Fact]
    public void Gaussian_numbers_have_the_moments_of_the_normal_distribution()
    {
        var random = new SeededRandom(9);
        const int draws = 200_000;
        double sum = 0, square = 0, fourth = 0;
        for (int i = 0; i < draws; i++)
        {
            double g = random.NextGaussian();
            sum += g;
            square += g * g;
            fourth += g * g * g * g;
        }

        // Four standard errors: of the mean 1/√n, of the square √2/√n, of the fourth power √96/√n.
        double step = 4 / Math.Sqrt(draws);
        Assert.Equal(0, sum / draws, step);
        Assert.Equal(1, square / draws, Math.Sqrt(2) * step);
        Assert.Equal(3, fourth / draws, Math.Sqrt(96) * step);
    }

    [Fact]
    public void A_shuffle_keeps_every_item_and_makes_every_order_equally_often()
    {
        var random = new SeededRandom(8);
        var orders = new Dictionary<string, int>();
        for (int n = 0; n < 6000; n++)
        {
            char[] items = ['a', 'b', 'c'];
            random.Shuffle<char>(items, 3);
            string order = new(items);
            orders[order] = orders.GetValueOrDefault(order) + 1;
        }

        Assert.Equal(6, orders.Count); // and so every item is in each of them
        Assert.All(orders.Values, count => Assert.InRange(count, 850, 1150)); // 1,000 expected, standard deviation 29
    }

    [Fact]
    public void A_sample_is_the_first_places_of_a_shuffle()
    {
        int[] some = [.. Enumerable.Range(0, 20)], all = [.. some];
        new SeededRandom(3).Shuffle<int>(some, 5);
        new SeededRandom(3).Shuffle<int>(all, 20);
        Assert.Equal(all[..5], some[..5]);
        Assert.Equal(Enumerable.Range(0, 20), some.Order());
        Assert.Throws<ArgumentOutOfRangeException>(() => new SeededRandom(3).Shuffle<int>(new int[3], 4));
    }
}
