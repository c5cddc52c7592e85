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
internal readonly record struct TrainedPair(int Word, int Context, float Log, float Weight);

/// <summary>
/// All pairs in random order, in chunks; within a chunk those of one block (group of the word, group of the context) stand together, so that threads with different groups share no
/// row. Mapped.
/// </summary>
internal sealed class PairFile
{
    /// <summary>Pairs in a chunk: about a tenth of a second of training.</summary>
    public const int ChunkPairs = 1 << 20;

    private readonly StoredBytes _bytes;
    private readonly int _blocks;
    private readonly long _headerBytes;

    /// <summary>Maps a file.</summary>
    /// <exception cref="CheckpointFormatException">Missing, damaged, or of another number of blocks or words.</exception>
    public PairFile(string path, int blocks, int words)
    {
        _bytes = MappedFile.Open(path);
        _blocks = blocks;
        ReadOnlySpan<long> head = _bytes.Length >= 3 * sizeof(long) ? MemoryMarshal.Cast<byte, long>(_bytes.Span(0, 3 * sizeof(long))) : default;
        bool fits = head.Length == 3 && head[0] >= 1 && head[0] <= _bytes.Length / 16 && head[1] == blocks && head[2] == words;
        Pairs = fits ? head[0] : 0;
        Chunks = checked((int)((Pairs + ChunkPairs - 1) / ChunkPairs));
        _headerBytes = 3 * sizeof(long) + (long)Chunks * blocks * blocks * sizeof(int);
        if (!fits || _bytes.Length != _headerBytes + Pairs * 16)
            throw new CheckpointFormatException(path, "expected the pairs of this run, found a damaged or another file. Begin the run again");
    }

    /// <summary>Pairs, both orders of each.</summary>
    public long Pairs { get; }

    /// <summary>Chunks of <see cref="ChunkPairs"/>, the last one shorter.</summary>
    public int Chunks { get; }

    /// <summary>Pairs in a chunk.</summary>
    public int PairsOf(int chunk) => (int)Math.Min(ChunkPairs, Pairs - (long)chunk * ChunkPairs);

    /// <summary>The pairs of one block of a chunk.</summary>
    public ReadOnlySpan<TrainedPair> Block(int chunk, int word, int context)
    {
        ReadOnlySpan<int> ends = MemoryMarshal.Cast<byte, int>(_bytes.Span(3 * sizeof(long) + (long)chunk * _blocks * _blocks * sizeof(int), _blocks * _blocks * sizeof(int)));
        int block = word * _blocks + context, from = block == 0 ? 0 : ends[block - 1], size = PairsOf(chunk);
        if (from < 0 || ends[block] < from || ends[block] > size)
            throw new TrainingException("the file of pairs has changed since the run began. Begin the run again");
        return MemoryMarshal.Cast<byte, TrainedPair>(_bytes.Span(_headerBytes + ((long)chunk * ChunkPairs + from) * 16, (ends[block] - from) * 16));
    }

    /// <summary>Writes a file: pairs come in any order, and leave in a random one that depends on the seed and the number of threads.</summary>
    /// <param name="path">Written whole or not at all.</param>
    /// <param name="group">Of each word, below <paramref name="blocks"/>.</param>
    /// <param name="blocks">Groups of words.</param>
    /// <param name="piles">Piles of pairs, every pair in a random one; each of several files.</param>
    /// <param name="seed">Start of the random numbers.</param>
    /// <param name="workers">The threads to use; the result does not depend on their number.</param>
    /// <param name="progress">Told the share done.</param>
    /// <param name="cancellation">Checked between piles.</param>
    public static void Write(string path, byte[] group, int blocks, IReadOnlyList<string[]> piles, ulong seed, Workers workers, Action<double> progress, CancellationToken cancellation)
    {
        long pairs = piles.Sum(SizeOf);
        int chunks = checked((int)((pairs + ChunkPairs - 1) / ChunkPairs));
        var ends = new int[(long)chunks * blocks * blocks];
        AtomicFile.Write(path, stream =>
        {
            stream.Write(MemoryMarshal.AsBytes<long>([pairs, blocks, group.Length]));
            long headerAt = stream.Position;
            stream.Position = headerAt + (long)ends.Length * sizeof(int);
            var chunk = new TrainedPair[(int)Math.Min(ChunkPairs, pairs)];
            var sorted = new TrainedPair[chunk.Length];
            int filled = 0, done = 0;
            for (int first = 0; first < piles.Count; first += workers.ThreadCount)
            {
                cancellation.ThrowIfCancellationRequested();
                var loaded = new TrainedPair[Math.Min(workers.ThreadCount, piles.Count - first)][];
                int from = first;
                workers.Run(loaded.Length, i => loaded[i] = Shuffled(piles[from + i], seed + (ulong)(from + i)));
                foreach (TrainedPair[] pile in loaded)
                {
                    for (int at = 0; at < pile.Length;)
                    {
                        int taken = Math.Min(chunk.Length - filled, pile.Length - at);
                        Array.Copy(pile, at, chunk, filled, taken);
                        (at, filled) = (at + taken, filled + taken);
                        if (filled == chunk.Length)
                            Flush();
                    }
                }

                progress((double)(first + loaded.Length) / piles.Count);
            }

            if (filled > 0)
                Flush();
            stream.Position = headerAt;
            stream.Write(MemoryMarshal.AsBytes(ends.AsSpan()));
            stream.Position = stream.Length;

            void Flush()
            {
                Span<int> chunkEnds = ends.AsSpan(done++ * blocks * blocks, blocks * blocks);
                SortByBlock(chunk.AsSpan(0, filled), sorted, group, blocks, chunkEnds);
                stream.Write(MemoryMarshal.AsBytes(sorted.AsSpan(0, filled)));
                filled = 0;
            }
        });
    }

    private static long SizeOf(string[] pile) => pile.Sum(path => new FileInfo(path).Length / 16);

    private static TrainedPair[] Shuffled(string[] pile, ulong seed)
    {
        var pairs = new TrainedPair[checked((int)SizeOf(pile))];
        Span<byte> left = MemoryMarshal.AsBytes(pairs.AsSpan());
        foreach (string path in pile)
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            int length = checked((int)stream.Length);
            stream.ReadExactly(left[..length]);
            left = left[length..];
        }

        new SeededRandom(seed).Shuffle(pairs.AsSpan(), pairs.Length);
        return pairs;
    }

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
