using System.Runtime.InteropServices;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Training.Glove;

/// <summary>A pair as the training reads it.</summary>
/// <param name="Word">Row of the word.</param>
/// <param name="Context">Row of the context word.</param>
/// <param name="Log">ln x of the co-occurrence x.</param>
/// <param name="Weight">f(x).</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TrainedPair(int Word, int Context, float Log, float Weight)
{
    /// <summary>Size of one.</summary>
    public const int Bytes = 16;
}

/// <summary>
/// All pairs in random order, in chunks; within a chunk those of one block (group of the word, group of the context) stand together, so that threads with different groups share no
/// row. Mapped.
/// </summary>
internal sealed class PairFile
{
    /// <summary>Pairs in a chunk at most.</summary>
    public const int MostChunkPairs = 1 << 20;

    private const int Numbers = 4, HeadBytes = Numbers * sizeof(long); // pairs, blocks, words, pairs in a chunk
    private readonly StoredBytes _bytes;
    private readonly int _blocks, _chunkPairs;
    private readonly long _headerBytes;

    /// <summary>Maps a file.</summary>
    /// <exception cref="CheckpointFormatException">Missing, damaged, or of another number of blocks or words.</exception>
    public PairFile(string path, int blocks, int words)
    {
        _bytes = MappedFile.Open(path);
        _blocks = blocks;
        ReadOnlySpan<long> head = _bytes.Length >= HeadBytes ? MemoryMarshal.Cast<byte, long>(_bytes.Span(0, HeadBytes)) : default;
        bool fits = head.Length == Numbers && head[0] >= 1 && head[0] <= _bytes.Length / TrainedPair.Bytes && head[1] == blocks && head[2] == words && head[3] is >= 1 and <= MostChunkPairs;
        (Pairs, _chunkPairs) = fits ? (head[0], (int)head[3]) : (0, 1);
        Chunks = checked((int)((Pairs + _chunkPairs - 1) / _chunkPairs));
        _headerBytes = HeadBytes + (long)Chunks * blocks * blocks * sizeof(int);
        if (!fits || _bytes.Length != _headerBytes + Pairs * TrainedPair.Bytes)
            throw new CheckpointFormatException(path, "expected the pairs of this run, found a damaged or another file. Begin the run again");
    }

    /// <summary>Pairs, both orders of each.</summary>
    public long Pairs { get; }

    /// <summary>Chunks of equal size, the last one shorter.</summary>
    public int Chunks { get; }

    /// <summary>Pairs in a chunk.</summary>
    public int PairsOf(int chunk) => (int)Math.Min(_chunkPairs, Pairs - (long)chunk * _chunkPairs);

    /// <summary>The pairs of one block of a chunk.</summary>
    public ReadOnlySpan<TrainedPair> Block(int chunk, int word, int context)
    {
        ReadOnlySpan<int> ends = MemoryMarshal.Cast<byte, int>(_bytes.Span(HeadBytes + (long)chunk * _blocks * _blocks * sizeof(int), _blocks * _blocks * sizeof(int)));
        int block = word * _blocks + context, from = block == 0 ? 0 : ends[block - 1], size = PairsOf(chunk);
        if (from < 0 || ends[block] < from || ends[block] > size)
            throw new TrainingException("the file of pairs has changed since the run began. Begin the run again");
        return MemoryMarshal.Cast<byte, TrainedPair>(_bytes.Span(_headerBytes + ((long)chunk * _chunkPairs + from) * TrainedPair.Bytes, (ends[block] - from) * TrainedPair.Bytes));
    }

    /// <summary>Writes a file: pairs come in any order, and leave in a random one that depends on the seed and the number of threads.</summary>
    /// <param name="path">Written whole or not at all.</param>
    /// <param name="group">Of each word, below <paramref name="blocks"/>.</param>
    /// <param name="blocks">Groups of words.</param>
    /// <param name="piles">Every pair is on a random one.</param>
    /// <param name="options">Start of the random numbers, size of a chunk, and the memory that the piles shuffled at the same time take.</param>
    /// <param name="workers">The threads to use; the result does not depend on their number.</param>
    /// <param name="progress">Told the share done.</param>
    /// <param name="cancellation">Checked between piles.</param>
    public static void Write(string path, byte[] group, int blocks, PairPiles piles, GloveOptions options, Workers workers, Action<double> progress, CancellationToken cancellation)
    {
        long[] sizes = [.. Enumerable.Range(0, piles.Count).Select(piles.SizeOf)];
        long pairs = sizes.Sum();
        int chunkPairs = options.ChunkPairs, chunks = checked((int)((pairs + chunkPairs - 1) / chunkPairs)), largest = checked((int)sizes.Max());
        var ends = new int[(long)chunks * blocks * blocks];
        AtomicFile.Write(path, stream =>
        {
            stream.Write(MemoryMarshal.AsBytes<long>([pairs, blocks, group.Length, chunkPairs]));
            long headerAt = stream.Position;
            stream.Position = headerAt + (long)ends.Length * sizeof(int);
            var chunk = new TrainedPair[(int)Math.Min(chunkPairs, pairs)];
            var sorted = new TrainedPair[chunk.Length];
            int filled = 0, done = 0;
            var loaded = new TrainedPair[Together(largest, options.MemoryBytes, Math.Min(workers.ThreadCount, piles.Count))][];
            for (int i = 0; i < loaded.Length; i++)
                loaded[i] = new TrainedPair[largest];
            for (int first = 0; first < piles.Count; first += loaded.Length)
            {
                cancellation.ThrowIfCancellationRequested();
                int from = first, count = Math.Min(loaded.Length, piles.Count - first);
                workers.Run(count, i => Shuffle(from + i, loaded[i].AsSpan(0, (int)sizes[from + i])));
                for (int i = 0; i < count; i++)
                    Append(loaded[i].AsSpan(0, (int)sizes[first + i]));
                progress((double)(first + count) / piles.Count);
            }

            if (filled > 0)
                Flush();
            stream.Position = headerAt;
            stream.Write(MemoryMarshal.AsBytes(ends.AsSpan()));
            stream.Position = stream.Length;

            void Append(ReadOnlySpan<TrainedPair> pile)
            {
                while (pile.Length > 0)
                {
                    ReadOnlySpan<TrainedPair> part = pile[..Math.Min(chunk.Length - filled, pile.Length)];
                    part.CopyTo(chunk.AsSpan(filled));
                    pile = pile[part.Length..];
                    filled += part.Length;
                    if (filled == chunk.Length)
                        Flush();
                }
            }

            void Flush()
            {
                Span<int> chunkEnds = ends.AsSpan(done++ * blocks * blocks, blocks * blocks);
                SortByBlock(chunk.AsSpan(0, filled), sorted, group, blocks, chunkEnds);
                stream.Write(MemoryMarshal.AsBytes(sorted.AsSpan(0, filled)));
                filled = 0;
            }
        });

        void Shuffle(int pile, Span<TrainedPair> into)
        {
            piles.Read(pile, into);
            new SeededRandom(options.Seed + (ulong)pile).Shuffle(into, into.Length);
        }
    }

    /// <summary>Piles that are in memory at the same time: one for each thread, or as many as fit.</summary>
    internal static int Together(int largest, long memoryBytes, int threads) => (int)Math.Clamp(memoryBytes / TrainedPair.Bytes / largest, 1, threads);

    /// <summary>Pairs of one block keep their order.</summary>
    private static void SortByBlock(ReadOnlySpan<TrainedPair> pairs, Span<TrainedPair> sorted, byte[] group, int blocks, Span<int> ends)
    {
        ends.Clear();
        foreach (TrainedPair pair in pairs)
            ends[group[pair.Word] * blocks + group[pair.Context]]++;
        int place = 0;
        for (int block = 0; block < ends.Length; block++)
            (ends[block], place) = (place, place + ends[block]);
        // Beginnings become ends as the pairs are laid down.
        foreach (TrainedPair pair in pairs)
            sorted[ends[group[pair.Word] * blocks + group[pair.Context]]++] = pair;
    }
}
