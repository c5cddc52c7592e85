using Azimuth.Numerics;

namespace Azimuth.Training.Word2Vec;

/// <summary>Deals rows out to blocks, anew for each seed: as if each row were thrown.</summary>
internal readonly struct RowDealing
{
    private readonly ulong _summand;

    public RowDealing(int blocks, ulong seed) => (Blocks, _summand) = (blocks, SeededRandom.SplitMix(ref seed));

    /// <summary>Number of blocks.</summary>
    public int Blocks { get; }

    /// <summary>The block that a row is in.</summary>
    public int BlockOf(int row)
    {
        if (Blocks == 1)
            return 0;
        // Without the second multiplication some seeds would deal out rows in long runs.
        ulong mixed = unchecked(((uint)row + _summand) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 32)) * 0x94D049BB133111EB);
        return (int)(((mixed >> 32) * (uint)Blocks) >> 32);
    }
}
