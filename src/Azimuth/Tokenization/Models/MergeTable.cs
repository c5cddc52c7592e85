using System.Numerics;

namespace Azimuth.Tokenization.Models;

/// <summary>
/// Which pairs of symbols merge, how early, and into what: an open-addressed table keyed by the two ids, because it is asked for every pair of every
/// word. Lower ranks merge first. Filled once, then immutable and thread-safe.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const int None = int.MaxValue;

    private readonly ulong[] _keys;
    private readonly (int Rank, int Result)[] _values;
    private readonly int _shift;

    /// <summary>A table with room for <paramref name="capacity"/> pairs.</summary>
    public MergeTable(int capacity)
    {
        int slots = checked((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 4) * 2));
        _keys = new ulong[slots];
        _values = new (int, int)[slots];
        _shift = 64 - BitOperations.Log2((uint)slots);
    }

    /// <summary>Number of pairs.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a pair; false when it is already there, which keeps its rank.</summary>
    public bool TryAdd(int left, int right, int rank, int result)
    {
        int slot = Slot(left, right, out bool found);
        if (found)
            return false;
        _keys[slot] = Key(left, right);
        _values[slot] = (rank, result);
        Count++;
        return true;
    }

    /// <summary>Gives a pair a new rank, adding it if need be: where a file lists a pair twice, the later line counts.</summary>
    public void Set(int left, int right, int rank, int result)
    {
        int slot = Slot(left, right, out bool found);
        _keys[slot] = Key(left, right);
        _values[slot] = (rank, result);
        Count += found ? 0 : 1;
    }

    /// <summary>The rank of the pair, or <see cref="None"/>.</summary>
    public int Rank(int left, int right, out int result)
    {
        int slot = Slot(left, right, out bool found);
        if (!found)
        {
            result = -1;
            return None;
        }

        (int rank, result) = _values[slot];
        return rank;
    }

    // Ids are at least 0, so a stored key is never 0.
    private static ulong Key(int left, int right) => ((ulong)(uint)(left + 1) << 32) | (uint)right;

    private int Slot(int left, int right, out bool found)
    {
        ulong key = Key(left, right);

        // Fibonacci hashing: the golden ratio's bits spread neighbouring ids over the table.
        int slot = (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);
        while (_keys[slot] != 0 && _keys[slot] != key)
            slot = (slot + 1) & (_keys.Length - 1);
        found = _keys[slot] == key;
        return slot;
    }
}
