namespace Azimuth.Training.Word2Vec;

/// <summary>
/// Draws words with a probability proportional to count^0.75 (Mikolov et al. 2013, section 2.2): exactly those of the original program's table of 100 million slots, but out of an
/// alias table (Walker 1977; Vose 1991) of one entry a word, which stays in the cache.
/// </summary>
internal sealed class NegativeSampler
{
    private const double Power = 0.75;
    private const long OriginalSlots = 100_000_000;

    /// <summary>Upper half: up to where the column is its own word's. Lower half: whose the rest is.</summary>
    private readonly ulong[] _columns;

    private readonly uint[] _keptOfItself = [];

    /// <summary>
    /// For words with these counts, in falling order. With several blocks (<see cref="NegativePool"/>) words are drawn a little more often the more frequent they are, as a frequent
    /// word makes the others of its block rarer and would itself come too seldom: p/(1 − (blocks − 1)·p), at most twice p.
    /// </summary>
    public NegativeSampler(IReadOnlyList<long> counts, int blocks = 1)
        : this(SlotsPerWord(counts, Math.Max(OriginalSlots, 100L * counts.Count)), blocks)
    {
    }

    private NegativeSampler(long[] slots, int blocks)
        : this(blocks == 1 ? slots : [.. slots.Zip(Raises(slots, blocks), (count, raise) => (long)(count * raise))])
    {
        // The word itself is always in its block, any other in one dealing of so many, and it was not to be raised.
        if (blocks > 1)
            _keptOfItself = [.. Raises(slots, blocks).Select(raise => (uint)(uint.MaxValue / (blocks * raise)))];
    }

    private NegativeSampler(long[] slots)
    {
        int words = slots.Length;
        _columns = new ulong[words];
        long total = slots.Sum();
        // In units of 1/words of a slot, each column holds `total`.
        Int128[] left = [.. slots.Select(s => (Int128)s * words)];
        var small = new Stack<int>(Enumerable.Range(0, words).Where(i => left[i] < total));
        var large = new Stack<int>(Enumerable.Range(0, words).Where(i => left[i] >= total));
        while (small.Count > 0 && large.Count > 0)
        {
            int less = small.Pop(), more = large.Peek();
            _columns[less] = (ulong)((left[less] << 32) / total) << 32 | (uint)more;
            left[more] -= total - left[less];
            if (left[more] < total)
                small.Push(large.Pop());
        }

        foreach (int full in small.Concat(large))
            _columns[full] = (ulong)uint.MaxValue << 32 | (uint)full;
    }

    /// <summary>The word that 64 random bits stand for.</summary>
    public int Draw(ulong random)
    {
        ulong column = Math.BigMul(random, (ulong)_columns.Length, out ulong within);
        ulong entry = _columns[column];
        // Without a branch, which would be guessed wrong and wait for the entry each time.
        long own = (long)((within >> 32) - (entry >> 32)) >> 63;
        return (int)(uint)(((long)column & own) | ((long)entry & ~own));
    }

    /// <summary>With several blocks: whether a word that is drawn against itself stays, or another is drawn in its place.</summary>
    public bool StaysAgainstItself(int word, ulong random) => random >> 32 < _keptOfItself[word];

    private static IEnumerable<double> Raises(long[] slots, int blocks)
    {
        double total = slots.Sum();
        return slots.Select(count => 1 / Math.Max(0.5, 1 - (blocks - 1) * (count / total)));
    }

    /// <summary>count^0.75 / Σ.</summary>
    public static double[] Probabilities(IReadOnlyList<long> counts)
    {
        double[] weights = [.. counts.Select(count => Math.Pow(count, Power))];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    /// <summary>
    /// How many slots of the original program's table each word gets. Its loop asks whether a word's share is over only after it has given the word the slot: a word has one slot
    /// more here and there, and at least one. The last word takes what is left.
    /// </summary>
    public static long[] SlotsPerWord(IReadOnlyList<long> counts, long slots)
    {
        double[] probabilities = Probabilities(counts);
        var result = new long[counts.Count];
        long next = 0;
        double reached = 0;
        for (int word = 0; word < result.Length && next < slots; word++)
        {
            reached += probabilities[word];
            // The first slot from `next` on with slot/slots > reached, found from where it must be nearly.
            long last = Math.Clamp((long)(reached * slots) - 2, next, slots - 1);
            while (last < slots - 1 && !(last / (double)slots > reached))
                last++;
            if (word == result.Length - 1)
                last = slots - 1;
            result[word] = last + 1 - next;
            next = last + 1;
        }

        return result;
    }
}
