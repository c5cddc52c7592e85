using System.Numerics;
using System.Runtime.CompilerServices;

namespace Azimuth.Tokenization.Text;

/// <summary>
/// Values by two whole numbers from 0: an open-addressed table, because models ask it for every pair of every text. Filled once, then thread-safe.
/// </summary>
internal sealed class PairTable<T>
{
    // Odd and different in every process, so that no file can be made whose pairs all fall on the same places (multiply-shift, Dietzfelbinger et al. 1997).
    private static readonly ulong Multiplier = ((ulong)(uint)HashCode.Combine(1) << 32) | (uint)HashCode.Combine(2) | 1;

    // Key and value side by side: a look-up meets the memory once.
    private (ulong Key, T Value)[] _entries;
    private int _shift;

    // Four bits a place, one of them set for each pair: most pairs that are asked for are not there, and this much smaller table mostly says so.
    private ulong[] _present;

    /// <summary>A table with room for <paramref name="capacity"/> pairs before it grows.</summary>
    public PairTable(int capacity)
    {
        _entries = new (ulong, T)[checked((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 4) * 2))];
        _shift = 64 - BitOperations.Log2((uint)_entries.Length);
        _present = new ulong[(_entries.Length + 15) / 16];
    }

    /// <summary>Number of pairs.</summary>
    public int Count { get; private set; }

    /// <summary>The pair's value; false when it has none.</summary>
    public bool TryGet(int left, int right, out T value)
    {
        ulong key = Key(left, right);
        ulong bit = Bit(key);
        if ((_present[bit >> 6] >> (int)bit & 1) == 0)
        {
            value = default!;
            return false;
        }

        ref (ulong Key, T Value) entry = ref _entries[Slot(key)];
        value = entry.Value;
        return entry.Key == key;
    }

    /// <summary>Adds a pair; false when it is already there, which keeps its value.</summary>
    public bool TryAdd(int left, int right, T value)
    {
        // A quarter of the places stays free at least, so that looking for a pair that is not there ends soon.
        if ((Count + 1L) * 4 > _entries.Length * 3L)
            Widen();
        ulong key = Key(left, right);
        int slot = Slot(key);
        if (_entries[slot].Key == key)
            return false;
        Put(slot, key, value);
        Count++;
        return true;
    }

    /// <summary>Gives a pair a value, in place of the one it has.</summary>
    public void Set(int left, int right, T value)
    {
        if (!TryAdd(left, right, value))
            _entries[Slot(Key(left, right))].Value = value;
    }

    // Numbers are at least 0, so a stored key is never 0, which means a free place.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(int left, int right) => ((ulong)(uint)(left + 1) << 32) | (uint)right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Slot(ulong key)
    {
        int slot = (int)((key * Multiplier) >> _shift);
        (ulong Key, T Value)[] entries = _entries;
        while (entries[slot].Key != 0 && entries[slot].Key != key)
            slot = (slot + 1) & (entries.Length - 1);
        return slot;
    }

    private void Widen()
    {
        (ulong Key, T Value)[] old = _entries;
        _entries = new (ulong, T)[checked(old.Length * 2)];
        _shift--;
        _present = new ulong[(_entries.Length + 15) / 16];
        foreach ((ulong key, T value) in old)
        {
            if (key != 0)
                Put(Slot(key), key, value);
        }
    }

    private void Put(int slot, ulong key, T value)
    {
        _entries[slot] = (key, value);
        ulong bit = Bit(key);
        _present[bit >> 6] |= 1UL << (int)bit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Bit(ulong key) => (key * Multiplier) >> (_shift - 2);
}
