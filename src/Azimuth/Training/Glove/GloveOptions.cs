using System.Text.Json.Nodes;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.Glove;

/// <summary>Settings of <see cref="GloveTrainer"/>. Defaults are those of the original program (Pennington, Socher and Manning 2014).</summary>
public sealed record GloveOptions
{
    /// <summary>Numbers in a vector; at least 1.</summary>
    public int Dimensions { get; init; } = 50;

    /// <summary>Words to each side that count, those at distance k with 1/k; 1 to 255.</summary>
    public int Window { get; init; } = 15;

    /// <summary>Passes over the pairs.</summary>
    public int Epochs { get; init; } = 25;

    /// <summary>Learning rate of AdaGrad. Where it is too high for the text, the run stops at a cost that is 100 times that of vectors of zeros, and one a pair, or more.</summary>
    public double Rate { get; init; } = 0.05;

    /// <summary>Co-occurrence from which on a pair weighs 1.</summary>
    public double MaximumCount { get; init; } = 100;

    /// <summary>Pairs below weigh (x/maximum)^this.</summary>
    public double Power { get; init; } = 0.75;

    /// <summary>Memory for counting and then for shuffling, whatever the number of threads; what does not fit is put on the disk. A nine-hundredth of the pairs, at 16 bytes, is needed at least.</summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>Start of the random numbers.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How the vocabulary is made; phrases are not joined. Words and lines are those of the original program.</summary>
    public VocabularyOptions Vocabulary { get; init; } = new() { AsciiBlanks = true, WholeLines = true };

    /// <summary>All of it and the number of threads, in a fixed order: what a run is recognised by.</summary>
    public JsonObject Settings(int threads, JsonArray corpus) => new()
    {
        ["corpus"] = corpus,
        ["dimensions"] = Dimensions,
        ["window"] = Window,
        ["epochs"] = Epochs,
        ["rate"] = Rate,
        ["maximumCount"] = MaximumCount,
        ["power"] = Power,
        ["memoryBytes"] = MemoryBytes,
        ["minCount"] = Vocabulary.MinCount,
        ["maxVocabulary"] = Vocabulary.MaxWords,
        ["seed"] = Seed,
        ["threads"] = GlovePairs.Blocks(threads),
    };

    /// <summary>Pairs that are learned in one step: about a tenth of a second. Others are for tests.</summary>
    internal int ChunkPairs { get; init; } = PairFile.MostChunkPairs;

    /// <summary>Pairs that are shuffled together fit into the processor's cache. Others are for tests.</summary>
    internal int PileBytes { get; init; } = 1 << 21;

    /// <summary>f(x) = (x / maximum)^power below the maximum, from the logarithms of both, as they are there: e^(power · (ln x − ln maximum)).</summary>
    internal static double Weight(double log, double logMaximum, double power) => log < logMaximum ? Math.Exp(power * (log - logMaximum)) : 1;

    /// <exception cref="ArgumentOutOfRangeException">A setting without meaning.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Window, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Window, (1 << PairEvents.DistanceBits) - 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumCount);
    }
}
