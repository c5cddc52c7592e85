using Azimuth.Numerics;
using Azimuth.Training.Glove;

namespace Azimuth.Tests.Training.Glove;

public sealed class PairFileTests : IDisposable
{
    private const int Words = 50, Threads = 3;
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_file_depends_neither_on_memory_nor_on_which_thread_was_faster()
    {
        byte[] expected = Written("a", 1L << 30, [0, 1, 2], workers: 4);
        Assert.Equal(expected, Written("b", 1, [0, 1, 2], workers: 4));
        Assert.Equal(expected, Written("c", 1 << 16, [2, 0, 1], workers: 1));
        Assert.Equal(["a", "b", "c"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Piles_in_memory_at_the_same_time_keep_to_its_limit()
    {
        Assert.Equal(16, PairFile.Together(largest: 1 << 16, memoryBytes: 1L << 30, threads: 16));
        Assert.Equal(29, PairFile.Together(largest: 2_300_000, memoryBytes: 1L << 30, threads: 64));
        Assert.Equal(1, PairFile.Together(largest: int.MaxValue, memoryBytes: 1 << 20, threads: 64));
    }

    [Fact]
    public void A_full_disk_is_one_sentence_with_advice()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");
        File.CreateSymbolicLink(Path.Combine(_folder, "pairs.0"), "/dev/full");
        using (var piles = new PairPiles(_folder, 1, 1, 0))
        {
            piles.Add(0, 0, new TrainedPair(1, 2, 3, 4));
            Assert.Contains("pairs.0: the disk is full. Make room", Assert.Throws<IOException>(() => piles.Finish(0)).Message, StringComparison.Ordinal);
        }

        string rare = Path.Combine(_folder, "rare-pairs.0");
        File.CreateSymbolicLink(rare, "/dev/full");
        using (var events = new PairEvents(Words, 0, rare))
        {
            events.Add(1, 2, 3);
            Assert.Contains("rare-pairs.0: the disk is full. Make room", Assert.Throws<IOException>(events.Finish).Message, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(_folder));
    }

    private byte[] Written(string name, long memory, int[] order, int workers)
    {
        var options = new GloveOptions { MemoryBytes = memory, ChunkPairs = 1000 };
        byte[] group = [.. Enumerable.Range(0, Words).Select(word => (byte)(word % Threads))];
        using var piles = new PairPiles(_folder, 7, Threads, memory);
        foreach (int thread in order)
        {
            var random = new SeededRandom((ulong)thread);
            for (int i = 0; i < 8000; i++)
                piles.Add(thread, random.NextInt32(piles.Count), new TrainedPair(random.NextInt32(Words), random.NextInt32(Words), thread, i));
            piles.Finish(thread);
        }

        string path = Path.Combine(_folder, name);
        using var pool = new Workers(workers);
        PairFile.Write(path, group, Threads, piles, options, pool, _ => { }, TestContext.Current.CancellationToken);
        return File.ReadAllBytes(path);
    }
}
