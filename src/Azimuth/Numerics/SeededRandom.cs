using System.Numerics;

namespace Azimuth.Numerics;

/// <summary>
/// Random numbers that are the same on every machine and in every version for the same seed: xoshiro256** 1.0 (Blackman and Vigna 2018,
/// "Scrambled linear pseudorandom number generators"), its state filled by SplitMix64 (Steele, Lea and Flood 2014). Not for secrets; not synchronised:
/// one for each thread, with seeds of their own.
/// </summary>
public sealed class SeededRandom
{
    private ulong _s0, _s1, _s2, _s3;
    private double? _spareGaussian;

    /// <summary>Starts the sequence of <paramref name="seed"/>; every seed, 0 included, is fine and gives its own sequence.</summary>
    public SeededRandom(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    internal SeededRandom(ulong s0, ulong s1, ulong s2, ulong s3) => (_s0, _s1, _s2, _s3) = (s0, s1, s2, s3);

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1): multiples of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform whole number in 0 … <paramref name="below"/> − 1, without bias (Lemire 2019, "Fast random integer generation in an interval").</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int NextInt32(int below)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(below, 1);
        ulong range = (ulong)below, product = (NextUInt64() >> 32) * range;
        if ((uint)product < range)
        {
            for (uint threshold = (uint)((1UL << 32) % range); (uint)product < threshold;)
                product = (NextUInt64() >> 32) * range;
        }

        return (int)(product >> 32);
    }

    /// <summary>Normally distributed with mean 0 and standard deviation 1 (the polar method, Marsaglia and Bray 1964).</summary>
    public double NextGaussian()
    {
        if (_spareGaussian is double spare)
        {
            _spareGaussian = null;
            return spare;
        }

        while (true)
        {
            double u = 2 * NextDouble() - 1, v = 2 * NextDouble() - 1, square = u * u + v * v;
            if (square is 0 or >= 1)
                continue;
            double factor = Math.Sqrt(-2 * Math.Log(square) / square);
            _spareGaussian = v * factor;
            return u * factor;
        }
    }

    /// <summary>
    /// Puts a random sample of <paramref name="items"/>, in random order, into its first <paramref name="count"/> places, and the others behind it: with all of them,
    /// a random order of the whole (Fisher and Yates, as in Durstenfeld 1964).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative count, or more than there are items.</exception>
    public void Shuffle<T>(Span<T> items, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, items.Length);
        for (int i = 0; i < count; i++)
        {
            int j = i + NextInt32(items.Length - i);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    internal static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
