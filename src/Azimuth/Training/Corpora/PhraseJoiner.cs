namespace Azimuth.Training.Corpora;

/// <summary>
/// Joins neighbouring words that come together more often than their counts explain, as the original word2phrase does (Mikolov et al. 2013, section 4): score
/// (c(ab) − minimum)/(c(a)·c(b))·N above a threshold, both words at the minimum count at least. From left to right; a joined pair is not joined again in the same pass. Unlike in that
/// program no pair reaches over the end of a line. Takes about 40 bytes a different pair.
/// </summary>
internal static class PhraseJoiner
{
    /// <summary>One pass.</summary>
    /// <param name="words">Gets the phrases; counts are those of the new text afterwards.</param>
    /// <param name="ids">The text.</param>
    /// <param name="minCount">Both the least count of a word and what is taken off a pair's.</param>
    /// <param name="threshold">Pairs with a higher score are joined.</param>
    /// <param name="output">Takes the new text.</param>
    /// <param name="cancellation">Checked now and then.</param>
    public static void Join(WordTable words, IdFile ids, long minCount, double threshold, Stream output, CancellationToken cancellation)
    {
        long[] counts = words.Counts.ToArray();
        Dictionary<ulong, long> pairs = Count(ids, counts, minCount, cancellation);
        double total = counts.Sum();
        var phrases = new Dictionary<ulong, int>(new PairHash());
        foreach (var (pair, count) in pairs)
        {
            if ((count - minCount) / (double)counts[First(pair)] / counts[Second(pair)] * total > threshold)
                phrases.Add(pair, -1);
        }

        for (int word = 0; word < counts.Length; word++)
            words.CountOf(word) = 0;
        var writer = new IdWriter(output);
        int previous = IdFile.LineEnd;
        for (long at = 0; at < ids.Length; at += Step)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (int id in ids.Slice(at, (int)Math.Min(Step, ids.Length - at)))
            {
                // `previous` waits for its neighbour.
                if (previous >= 0 && id >= 0 && phrases.TryGetValue(Pair(previous, id), out int joined))
                {
                    joined = joined >= 0 ? joined : phrases[Pair(previous, id)] = NumberOf(words, previous, id);
                    words.CountOf(joined)++;
                    writer.Add(joined);
                    previous = IdFile.LineEnd;
                    continue;
                }

                if (previous >= 0)
                {
                    words.CountOf(previous)++;
                    writer.Add(previous);
                }

                if (id < 0)
                    writer.Add(IdFile.LineEnd);
                previous = id;
            }
        }

        writer.Flush();
    }

    private const int Step = 1 << 16;

    private static Dictionary<ulong, long> Count(IdFile ids, long[] counts, long minCount, CancellationToken cancellation)
    {
        var pairs = new Dictionary<ulong, long>(new PairHash());
        int previous = IdFile.LineEnd;
        for (long at = 0; at < ids.Length; at += Step)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (int id in ids.Slice(at, (int)Math.Min(Step, ids.Length - at)))
            {
                if (previous >= 0 && id >= 0 && counts[previous] >= minCount && counts[id] >= minCount)
                    System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(pairs, Pair(previous, id), out _)++;
                previous = id;
            }
        }

        return pairs;
    }

    /// <summary>The phrase's number; it may be a word of the text already.</summary>
    private static int NumberOf(WordTable words, int first, int second)
    {
        int number = words.Add([.. words.Bytes(first), (byte)'_', .. words.Bytes(second)]);
        words.CountOf(number)--;
        return number;
    }

    private static ulong Pair(int first, int second) => (ulong)(uint)first << 32 | (uint)second;

    private static int First(ulong pair) => (int)(pair >> 32);

    private static int Second(ulong pair) => (int)(uint)pair;

    /// <summary>The runtime's own is first xor second: the same for very many pairs of neighbours.</summary>
    private sealed class PairHash : IEqualityComparer<ulong>
    {
        public bool Equals(ulong x, ulong y) => x == y;

        public int GetHashCode(ulong obj) => (int)(unchecked(obj * 0x9E3779B97F4A7C15) >> 32);
    }
}
