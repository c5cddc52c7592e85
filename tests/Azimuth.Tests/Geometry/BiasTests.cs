using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

public sealed class BiasTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData(BiasMethod.Difference)]
    [InlineData(BiasMethod.Pca)]
    public void A_planted_direction_is_found_and_its_words_lie_on_their_sides(BiasMethod method)
    {
        EmbeddingTable table = WordTables.Planted();
        (int, int)[] pairs = [.. Enumerable.Range(0, 20).Select(p => (2 * p + 1, 2 * p))];
        BiasDirection got = BiasDirection.Of(table, pairs, method, _workers);
        Assert.Equal(1, got.Vector.Sum(v => v * v), 1e-12);
        for (int p = 20; p < 30; p++)
            Assert.True(got.Projection(2 * p + 1) > got.Projection(2 * p));
        Assert.True(got.Projection(1) > 0);
        BiasDirection turned = BiasDirection.Of(table, [.. pairs.Select(p => (p.Item2, p.Item1))], method, _workers);
        Assert.Equal(-got.Projection(7)!.Value, turned.Projection(7)!.Value, 1e-12);
    }

    [Fact]
    public void Neutralised_rows_are_unit_and_at_right_angles_to_the_direction()
    {
        EmbeddingTable table = Tables.Of(40, 12, Tables.Normal(480, seed: 8));
        BiasDirection direction = BiasDirection.Of(table, [(0, 1), (2, 3)], BiasMethod.Difference, _workers);
        for (int id = 0; id < 40; id++)
        {
            double[] row = direction.Neutralised(id)!;
            Assert.Equal(1, row.Sum(v => v * v), 1e-12);
            Assert.Equal(0, row.Zip(direction.Vector, (a, b) => a * b).Sum(), 1e-12);
            Assert.InRange(direction.Projection(id)!.Value, -1, 1);
        }

        Assert.Equal(1, direction.DirectBias([4, 5, 6], 0));
        Assert.True(direction.DirectBias([4, 5, 6], 2) <= direction.DirectBias([4, 5, 6], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => direction.DirectBias([4], -1));
    }

    [Fact]
    public void All_rows_give_the_projections_of_a_word_their_scale()
    {
        EmbeddingTable table = Tables.Of(500, 12, [.. Tables.Normal(6000, seed: 8).Select((v, i) => i % 12 == 0 ? v + 3 : v)]);
        BiasDirection direction = BiasDirection.Of(table, [(0, 1), (2, 3)], BiasMethod.Difference, _workers);
        var (mean, deviation) = direction.OfAllRows(_workers);
        double[] each = [.. Enumerable.Range(0, 500).Select(id => direction.Projection(id)!.Value)];
        Assert.Equal(each.Average(), mean, 1e-12);
        Assert.Equal(Math.Sqrt(each.Average(v => (v - mean) * (v - mean))), deviation, 1e-12);
    }

    [Fact]
    public void Pairs_without_direction_and_rows_without_direction_are_named()
    {
        float[] values = Tables.Normal(40, seed: 4);
        values.AsSpan(12, 4).Clear();
        EmbeddingTable table = Tables.Of(10, 4, values);
        foreach (BiasMethod method in Enum.GetValues<BiasMethod>())
        {
            Assert.Throws<ArgumentException>(() => BiasDirection.Of(table, [], method, _workers));
            Assert.Contains("<3>", Assert.Throws<ArgumentException>(() => BiasDirection.Of(table, [(0, 3)], method, _workers)).Message, StringComparison.Ordinal);
            Assert.Contains("no direction", Assert.Throws<ArgumentException>(() => BiasDirection.Of(table, [(1, 1)], method, _workers)).Message, StringComparison.Ordinal);
        }

        Assert.Contains("cancel", Assert.Throws<ArgumentException>(() => BiasDirection.Of(table, [(0, 1), (1, 0)], BiasMethod.Difference, _workers)).Message, StringComparison.Ordinal);
        Assert.Null(BiasDirection.Of(table, [(0, 1)], BiasMethod.Pca, _workers).Projection(3));
        Assert.Throws<ArgumentException>(() => WordAssociation.Of(table, [0], [1], [3], [2]));
        Assert.Throws<ArgumentException>(() => WordAssociation.Of(table, [], [1], [4], [2]));
    }

    [Fact]
    public void Counting_by_halves_is_counting_all_splits()
    {
        var random = new SeededRandom(3);
        for (int n = 1; n <= 6; n++)
        {
            // Small whole numbers, so that many splits tie.
            double[] first = [.. Enumerable.Range(0, n).Select(_ => (double)random.NextInt32(5))], second = [.. Enumerable.Range(0, n).Select(_ => (double)random.NextInt32(5))];
            double[] all = [.. first, .. second];
            long greater = 0, equal = 0, partitions = 0;
            for (int mask = 0; mask < 1 << (2 * n); mask++)
            {
                if (System.Numerics.BitOperations.PopCount((uint)mask) != n)
                    continue;
                partitions++;
                double sum = all.Where((_, i) => (mask >> i & 1) == 1).Sum();
                greater += sum > first.Sum() ? 1 : 0;
                equal += sum == first.Sum() ? 1 : 0;
            }

            PartitionTest got = PartitionCount.Test(first, second);
            Assert.Equal((partitions, greater, equal), ((long)got.Partitions, got.Greater, got.EqualIncludingTheObserved));
            Assert.Equal((double)(greater + equal) / partitions, got.PGreaterOrEqual);
            // Tenths are no binary numbers: equal sums differ in the last bits, and count as equal all the same.
            PartitionTest tenths = PartitionCount.Test([.. first.Select(v => v * 0.1)], [.. second.Select(v => v * 0.1)]);
            Assert.Equal((got.Greater, got.EqualIncludingTheObserved), (tenths.Greater, tenths.EqualIncludingTheObserved));
        }
    }

    [Fact]
    public void A_sample_agrees_with_the_exact_count_and_repeats_itself()
    {
        double[] values = Array.ConvertAll(Tables.Normal(24, seed: 2), v => (double)v);
        double[] first = [.. values.Take(12).Select(v => v + 0.4)], second = values[12..];
        PartitionTest exact = PartitionCount.Test(first, second), sampled = PartitionCount.Test(first, second, samples: 200_000, seed: 9, mostExact: 0);
        Assert.Equal(2_704_156, exact.Partitions);
        // Five standard errors, as the fixture asks for sampled results.
        Assert.True(Math.Abs(exact.PStrict - sampled.PStrict) <= 5 * Math.Sqrt(exact.PStrict * (1 - exact.PStrict) / 200_000));
        Assert.Equal(sampled, PartitionCount.Test(first, second, samples: 200_000, seed: 9, mostExact: 0));
        Assert.Equal((200_000, 9UL), (sampled.Sampled!.Value, sampled.Seed!.Value));
        Assert.True(PartitionCount.Test([9, 9, 9], [0, 0, 0], samples: 1000, mostExact: 0).PGreaterOrEqual > 0);
        Assert.NotNull(PartitionCount.Test(new double[40], new double[40], samples: 10).Sampled);
    }

    [Fact]
    public void Lists_that_cannot_be_split_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PartitionCount.Test([], []));
        Assert.Throws<ArgumentException>(() => PartitionCount.Test([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => PartitionCount.Test([double.NaN], [1]));
    }

    [Fact]
    public void The_longer_target_list_is_cut_and_equal_associations_have_no_effect_size()
    {
        EmbeddingTable table = WordTables.Of(["x", "y", "a", "b", "z"], 2, [1, 1, 1, 1, 1, 0, 0, 1, 1, 1]);
        var got = WordAssociation.Of(table, [0, 4], [1], [2], [3]);
        Assert.Equal(1, got.TargetCount);
        Assert.Equal(["z"], got.CutOff.Select(t => t.Text));
        Assert.Equal(double.NaN, got.EffectSizeSampleSd);
        Assert.Equal((2, 0, 2), ((int)got.Permutation.Partitions, (int)got.Permutation.Greater, (int)got.Permutation.EqualIncludingTheObserved));
    }

    [Fact]
    public void Word_groups_say_what_became_of_every_word()
    {
        EmbeddingTable table = WordTables.Of(["a", " a", "b", "flat", "bad"], 2, [1, 1, 2, 1, 1, 0, 0, 0, float.NaN, 1]);
        WordGroup got = WordGroup.Of(new WordIndex(table), ["a", "b", "none", " a", "flat", "bad", "id:0", "b"]);
        Assert.Equal([1, 2, 0], got.Ids);
        Assert.Equal(["none"], got.Missing);
        Assert.Equal(["flat"], got.WithoutDirection);
        Assert.Equal(["bad"], got.NotFinite);
        Assert.Equal([" a", "b"], got.Repeated);
        Assert.Equal("X: left out none (out of vocabulary); flat (without direction); bad (not finite);  a, b (repeated)", got.LeftOut("X"));
        Assert.Null(WordGroup.Of(new WordIndex(table), ["a"]).LeftOut("X"));
    }
}
