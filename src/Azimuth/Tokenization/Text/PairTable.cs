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

    private ulong[] _keys;
    private T[] _values;
    private int _shift;

    /// <summary>A table with room for <paramref name="capacity"/> pairs before it grows.</summary>
    public PairTable(int capacity)
    {
        _keys = new ulong[checked((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 4) * 2))];
        _values = new T[_keys.Length];
        _shift = 64 - BitOperations.Log2((uint)_keys.Length);
    }

    /// <summary>Number of pairs.</summary>
    public int Count { get; private set; }

    /// <summary>The pair's value; false when it has none.</summary>
    public bool TryGet(int left, int right, out T value)
    {
        ulong key = Key(left, right);
        int slot = Slot(key);
        value = _values[slot];
        return _keys[slot] == key;
    }

    /// <summary>Adds a pair; false when it is already there, which keeps its value.</summary>
    public bool TryAdd(int left, int right, T value)
    {
        // A quarter of the places stays free at least, so that looking for a pair that is not there ends soon.
        if ((Count + 1L) * 4 > _keys.Length * 3L)
            Widen();
        ulong key = Key(left, right);
        int slot = Slot(key);
        if (_keys[slot] == key)
            return false;
        (_keys[slot], _values[slot]) = (key, value);
        Count++;
        return true;
    }

    /// <summary>Gives a pair a value, in place of the one it has.</summary>
    public void Set(int left, int right, T value)
    {
        if (!TryAdd(left, right, value))
            _values[Slot(Key(left, right))] = value;
    }

    // Numbers are at least 0, so a stored key is never 0, which means a free place.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(int left, int right) => ((ulong)(uint)(left + 1) << 32) | (uint)right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Slot(ulong key)
    {
        int slot = (int)((key * Multiplier) >> _shift);
        while (_keys[slot] != 0 && _keys[slot] != key)
            slot = (slot + 1) & (_keys.Length - 1);
        return slot;
    }

    private void Widen()
    {
        (ulong[] keys, T[] values) = (_keys, _values);
        _keys = new ulong[checked(keys.Length * 2)];
        _values = new T[_keys.Length];
        _shift--;
        for (int at = 0; at < keys.Length; at++)
        {
            if (keys[at] == 0)
                continue;
            int slot = Slot(keys[at]);
            (_keys[slot], _values[slot]) = (keys[at], values[at]);
        }
    }
}
