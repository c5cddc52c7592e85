using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.Glove;

/// <summary>The pairs of words of a text with how often they meet, in random order, in a file of the run's folder: what the passes of <see cref="GloveTrainer"/> go through.</summary>
public sealed class GlovePairs
{
    private const int MostBlocks = 64, CountedAtOnce = 1 << 20, MostPiles = 900;
    private const double CountingShare = 0.6, DealingShare = 0.25;
    private const string FileName = "pairs";

    private GlovePairs(IReadOnlyList<string> words, PairFile file) => (Words, File) = (words, file);

    /// <summary>The vocabulary by falling count, equal counts by text, as the original program has it.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Pairs with a co-occurrence above 0, both orders of each.</summary>
    public long Count => File.Pairs;

    internal PairFile File { get; }

    /// <summary>Threads that learn, and groups that words are dealt out to: all that a result depends on the number of threads by.</summary>
    public static int Blocks(int threads) => Math.Min(threads, MostBlocks);

    /// <summary>Opens what <see cref="Prepare"/> left in a folder; null when it never came to its end there.</summary>
    /// <exception cref="CheckpointFormatException">The file is damaged, or of another text or number of threads.</exception>
    public static GlovePairs? Open(TrainingText text, string folder, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(workers);
        RemoveScratch(folder);
        string path = Path.Combine(folder, FileName);
        return System.IO.File.Exists(path)
            ? new GlovePairs(Array.ConvertAll(Order(text), word => text.Words[word]), new PairFile(path, Blocks(workers.ThreadCount), text.Words.Count))
            : null;
    }

    /// <summary>Counts, puts the pairs in random order, and writes the file.</summary>
    /// <param name="text">Ready for many passes.</param>
    /// <param name="options">Window, memory, weights and seed.</param>
    /// <param name="folder">Where the file goes: 16 bytes a pair, twice that meanwhile.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="progress">Told what is done and its share of the whole.</param>
    /// <param name="cancellation">Leaves no file behind.</param>
    /// <exception cref="TrainingException">No two words meet: one sentence.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static GlovePairs Prepare(TrainingText text, GloveOptions options, string folder, Workers workers, Action<string, double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        options.Validate();
        if (text.Words.Count > 1 << PairEvents.IndexBits)
            throw new TrainingException(FormattableString.Invariant($"expected at most {1 << PairEvents.IndexBits:N0} words, found {text.Words.Count:N0}. Raise the minimum count"));
        // The stage begins before its tables are made, which takes a second where they are large.
        progress?.Invoke("counting pairs", 0);
        RemoveScratch(folder);
        text.Ids.Check(text.Words.Count, cancellation);
        int blocks = Blocks(workers.ThreadCount);
        using (PairPiles piles = Dealt(text, options, folder, blocks, workers, progress, cancellation, out long[] perWord))
        {
            GC.Collect(); // what the counts took, before the piles come in its place
            if (perWord.Sum() == 0)
                throw new TrainingException("no two words of the vocabulary meet on a line. Give text with several words a line, or lower the minimum count");
            PairFile.Write(Path.Combine(folder, FileName), Groups(perWord, blocks), blocks, piles, options, workers,
                share => progress?.Invoke("shuffling pairs", CountingShare + DealingShare + (1 - CountingShare - DealingShare) * share), cancellation);
        }

        return Open(text, folder, workers)!;
    }

    /// <summary>Numbers of the text in the order of this vocabulary.</summary>
    internal static int[] Order(TrainingText text) =>
        [.. Enumerable.Range(0, text.Words.Count).OrderByDescending(word => text.Counts[word]).ThenBy(word => text.Words[word], StringComparer.Ordinal)];

    /// <summary>What a killed process left of its counting and shuffling: rare-pairs.3, pairs.0.</summary>
    private static void RemoveScratch(string folder)
    {
        foreach (string path in Directory.GetFiles(folder))
        {
            string[] parts = Path.GetFileName(path).Split('.');
            if (parts is ["rare-pairs" or FileName, { Length: > 0 } number] && number.All(char.IsAsciiDigit))
                System.IO.File.Delete(path);
        }
    }

    /// <summary>Counts the whole text.</summary>
    internal static PairCounter Counted(TrainingText text, GloveOptions options, string folder, Workers workers, Action<double> progress, CancellationToken cancellation)
    {
        int[] order = Order(text), rank = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
            rank[order[i]] = i;
        var counter = new PairCounter(order.Length, options.Window, text.WordCount * options.Window, options.MemoryBytes, folder, Blocks(workers.ThreadCount));
        try
        {
            for (long from = 0, to; from < text.Ids.Length; from = to)
            {
                cancellation.ThrowIfCancellationRequested();
                to = Math.Min(text.Ids.Length, from + CountedAtOnce);
                counter.Count(text.Ids, from, (int)(to - from), rank, workers);
                progress((double)to / text.Ids.Length);
            }

            counter.Finish(workers);
            return counter;
        }
        catch
        {
            counter.Dispose();
            throw;
        }
    }

    /// <summary>Counts, and puts both orders of every pair on random piles: afterwards the counts take no more memory.</summary>
    private static PairPiles Dealt(TrainingText text, GloveOptions options, string folder, int blocks, Workers workers, Action<string, double>? progress, CancellationToken cancellation, out long[] perWord)
    {
        using PairCounter counter = Counted(text, options, folder, workers, share => progress?.Invoke("counting pairs", CountingShare * share), cancellation);
        progress?.Invoke("shuffling pairs", CountingShare);
        // Both orders of each pair. Small enough to be shuffled in the processor's cache, but no more files than a process may usually have open.
        int count = (int)Math.Clamp(2 * TrainedPair.Bytes * counter.MostPairs / options.PileBytes, 1, MostPiles), words = text.Words.Count;
        var piles = new PairPiles(folder, count, blocks, options.MemoryBytes / 2);
        try
        {
            var perThread = new long[blocks][];
            workers.Run(blocks, thread => perThread[thread] = Deal(counter.Pairs(thread), options, piles, thread, words, cancellation));
            perWord = [.. Enumerable.Range(0, words).Select(word => perThread.Sum(counts => counts[word]))];
            return piles;
        }
        catch
        {
            piles.Dispose();
            throw;
        }
    }

    /// <returns>Pairs of each word.</returns>
    private static long[] Deal(IEnumerable<PairCount> pairs, GloveOptions options, PairPiles piles, int thread, int words, CancellationToken cancellation)
    {
        double logMaximum = Math.Log(options.MaximumCount);
        var random = new SeededRandom(options.Seed ^ ((ulong)(thread + 1) << 32));
        var counts = new long[words];
        foreach (PairCount pair in pairs)
        {
            double log = Math.Log(pair.Value);
            (float target, float weight) = ((float)log, (float)GloveOptions.Weight(log, logMaximum, options.Power));
            Put(new TrainedPair(pair.Row, pair.Column, target, weight));
            if (pair.Row != pair.Column)
                Put(new TrainedPair(pair.Column, pair.Row, target, weight));
        }

        piles.Finish(thread);
        return counts;

        void Put(TrainedPair pair)
        {
            counts[pair.Word]++;
            if (piles.Add(thread, random.NextInt32(piles.Count), pair))
                cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Groups with about as many pairs each: every word, the one with most pairs first, goes to the group that has fewest.</summary>
    private static byte[] Groups(long[] perWord, int blocks)
    {
        var groups = new byte[perWord.Length];
        var sums = new long[blocks];
        foreach (int word in Enumerable.Range(0, perWord.Length).OrderByDescending(word => perWord[word]))
        {
            int least = Array.IndexOf(sums, sums.Min());
            groups[word] = (byte)least;
            sums[least] += perWord[word];
        }

        return groups;
    }
}
