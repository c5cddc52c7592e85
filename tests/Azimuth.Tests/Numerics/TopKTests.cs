using Azimuth.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace Azimuth.Tests.Numerics;

public class TopKTests
{
    // Few distinct values, so that ties are common; NaN and infinities among them.
    private static readonly float[] Values = [0, -0f, 1, 2, 2.5f, -1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1e-40f];

    private static Arbitrary<float[]> Vectors => Gen.Elements(Values).ListOf().Select(list => list.ToArray()).ToArbitrary();

    [Fact]
    public void The_largest_are_those_of_a_full_sort() =>
        Prop.ForAll(Vectors, Gen.Choose(0, 60).ToArbitrary(), (values, count) =>
        {
            Scored[] expected = [.. Sorted(values).Take(count)];
            Assert.Equal(expected, TopK.Largest(values, count));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_rank_is_the_place_in_a_full_sort() =>
        Prop.ForAll(Vectors, values =>
        {
            var sorted = Sorted(values);
            for (int place = 0; place < sorted.Length; place++)
                Assert.Equal(place + 1, TopK.Rank(values, sorted[place].Index));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(50_000)]
    public void Long_vectors_agree_with_a_full_sort(int count)
    {
        float[] values = GramTests.RandomFloats(50_000, 7);
        for (int i = 0; i < values.Length; i += 3)
            values[i] = MathF.Round(values[i] * 100);
        Assert.Equal([.. Sorted(values).Take(count)], TopK.Largest(values, count));
        var sorted = Sorted(values);
        foreach (int place in new[] { 0, 1, 17, 25_000, 49_999 })
            Assert.Equal(place + 1, TopK.Rank(values, sorted[place].Index));
    }

    [Fact]
    public void Offers_in_any_order_keep_the_same()
    {
        float[] values = [.. Enumerable.Range(0, 300).Select(i => (float)(i * 7 % 13))];
        RunningTop forward = new(20), backward = new(20), merged = new(20);
        forward.Offer(values, 0);
        for (int i = values.Length - 1; i >= 0; i--)
            backward.Offer(new Scored(i, values[i]));
        var second = new RunningTop(20);
        second.Offer(values.AsSpan(150), 150);
        merged.Offer(values.AsSpan(0, 150), 0);
        second.Merge(merged);
        Assert.Equal(forward.Sorted(), backward.Sorted());
        Assert.Equal(forward.Sorted(), second.Sorted());
    }

    [Fact]
    public void Negative_counts_and_missing_indices_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TopK.Largest([1], -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => TopK.Rank([1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => TopK.Rank([1], -1));
    }

    private static Scored[] Sorted(float[] values)
    {
        var all = values.Select((v, i) => new Scored(i, v)).ToList();
        // LINQ's sort is stable: equal values stay in the order of their indices.
        return [.. all.Where(s => !float.IsNaN(s.Value)).OrderByDescending(s => s.Value == 0 ? 0 : s.Value), .. all.Where(s => float.IsNaN(s.Value))];
    }
}
