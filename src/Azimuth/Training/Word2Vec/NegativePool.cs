namespace Azimuth.Training.Word2Vec;

/// <summary>
/// Words drawn ahead and kept by the block that their row is in, so that all negatives of a position can come from one block. What was drawn for another block waits for a position
/// that wants it: nothing is drawn in vain.
/// </summary>
internal sealed class NegativePool
{
    private const int DrawnAtOnce = 32, Most = 256;
    private readonly NegativeSampler _sampler;
    private readonly RowDealing _dealing;
    private readonly int[] _waiting, _counts;

    public NegativePool(NegativeSampler sampler, RowDealing dealing)
    {
        (_sampler, _dealing) = (sampler, dealing);
        _waiting = new int[dealing.Blocks * Most];
        _counts = new int[dealing.Blocks];
    }

    /// <summary>
    /// Whether every word is small enough a part of a block for its neighbours there to be drawn as they would be from all words, to about 1 %. In a vocabulary of hundreds, or with
    /// many blocks, it is not: negatives then come from all blocks.
    /// </summary>
    public static bool IsFair(IReadOnlyList<long> counts, int blocks) => (blocks - 1) * NegativeSampler.Probabilities(counts)[0] <= 0.1 && counts.Count >= 1000 * blocks;

    /// <summary>A negative for a word, of its block. The word itself is always in its block, any other seldom: it is put back as often as makes up for that.</summary>
    public int Draw(int word, ref OriginalRandom random)
    {
        int block = _dealing.BlockOf(word), drawn = DrawFrom(block, ref random);
        while (drawn == word && !_sampler.StaysAgainstItself(word, random.Next()))
            drawn = DrawFrom(block, ref random);
        return drawn;
    }

    private int DrawFrom(int block, ref OriginalRandom random)
    {
        while (_counts[block] == 0)
        {
            // Many at a time: they wait for the memory side by side.
            for (int i = 0; i < DrawnAtOnce * _counts.Length; i++)
            {
                int drawn = _sampler.Draw(random.Next()), own = _dealing.BlockOf(drawn), count = _counts[own];
                _waiting[own * Most + count] = drawn;
                // When there is no more room the last one drawn gives way.
                _counts[own] = Math.Min(count + 1, Most - 1);
            }
        }

        return _waiting[block * Most + --_counts[block]];
    }
}
