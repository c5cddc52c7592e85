using Azimuth.Numerics;
using Azimuth.Training.Corpora;
using Azimuth.Training.Glove;

namespace Azimuth.Tests.Training.Glove;

public sealed class PairCounterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 1L << 62)]
    [InlineData(3, 1L << 62)]
    [InlineData(3, 1L << 20)]
    public void No_thread_counts_more_pairs_in_place_than_an_array_holds(int threads, long cells)
    {
        var (dense, offsets, sizes) = PairCounter.Layout(140_000, cells, threads); // 9.8 billion pairs
        Assert.All(sizes, size => Assert.InRange(size, Math.Min(cells, Array.MaxLength) / threads / 2, Array.MaxLength));
        Assert.InRange(sizes.Sum(), 0, cells);
        Assert.Equal(dense.Sum(columns => (long)columns), sizes.Sum());
        Assert.All(Enumerable.Range(0, dense.Length), row => Assert.InRange(offsets[row] + dense[row], 0, sizes[row % threads]));
    }

    /// <summary>Places for a third of the pairs at most, so that both ways of counting are in it; with little memory several runs are merged.</summary>
    [Theory]
    [InlineData(1, 1 << 20)]
    [InlineData(3, 1 << 20)]
    [InlineData(2, 1 << 10)]
    public void Sums_are_those_of_a_plain_count_whatever_parts_the_text_is_read_in(int threads, int memoryBytes)
    {
        const int Words = 60, Window = 7;
        SeededRandom random = new(5);
        int[] text = [.. Enumerable.Range(0, 20_000).Select(_ => random.NextInt32(12) == 0 ? IdFile.LineEnd : Math.Min(random.NextInt32(Words), random.NextInt32(Words))), IdFile.LineEnd];
        var expected = new double[Words, Words];
        for (int at = 0, start = 0; at < text.Length; at++)
        {
            if (text[at] == IdFile.LineEnd)
                start = at + 1;
            for (int before = Math.Max(start, at - Window); before < at; before++)
            {
                expected[text[at], text[before]] += 1.0 / (at - before);
                expected[text[before], text[at]] += 1.0 / (at - before);
            }
        }

        string path = Path.Combine(_folder, "ids");
        using (FileStream stream = File.Create(path))
        {
            var writer = new IdWriter(stream);
            Array.ForEach(text, writer.Add);
            writer.Flush();
        }

        var ids = new IdFile(path);
        using var workers = new Workers(threads);
        int[] rank = [.. Enumerable.Range(0, Words)];
        foreach (int part in (int[])[1, 5, 777, text.Length])
        {
            using var counter = new PairCounter(Words, Window, 8 * 600, memoryBytes, _folder, threads);
            for (int from = 0; from < text.Length; from += part)
                counter.Count(ids, from, Math.Min(part, text.Length - from), rank, workers);
            counter.Finish(workers);
            PairCount[] pairs = [.. Enumerable.Range(0, threads).SelectMany(counter.Pairs)];
            // Sums of a few thousand terms of at most 1.
            Assert.All(pairs, pair => Assert.Equal(expected[pair.Row, pair.Column], pair.Value, 1e-10));
            Assert.Equal(Enumerable.Range(0, Words * Words).Count(i => i / Words <= i % Words && expected[i / Words, i % Words] > 0), pairs.Distinct().Count());
            Assert.Equal(pairs.Length, pairs.DistinctBy(pair => pair.Key).Count());
            Assert.True(counter.SpilledBytes > 0 && counter.MostPairs >= pairs.Length, "all pairs were counted in place: the test tests less than it says");
        }
    }
}
