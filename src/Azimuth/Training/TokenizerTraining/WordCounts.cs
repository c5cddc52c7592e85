using System.Buffers.Binary;
using System.Numerics;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>How often each word occurs: byte strings in one buffer under an open-addressed table, because a corpus asks for every word of it. Not thread-safe.</summary>
internal sealed class WordCounts
{
    // Different in every process, so that no corpus can be made whose words all fall on the same places; no result depends on places.
    private static readonly ulong Start = ((ulong)(uint)HashCode.Combine(3) << 32) | (uint)HashCode.Combine(4) | 1;

    private byte[] _bytes = new byte[1 << 16];
    private int[] _ends = new int[1 << 12];
    private long[] _counts = new long[1 << 12];
    private ulong[] _slots = new ulong[1 << 13];

    /// <summary>Number of different words.</summary>
    public int Count { get; private set; }

    /// <summary>All words' bytes, one behind the other.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, End);

    /// <summary>[word]: where each ends in <see cref="Bytes"/>.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>[word]: how often it occurs.</summary>
    public ReadOnlySpan<long> Counts => _counts.AsSpan(0, Count);

    private int End => Count == 0 ? 0 : _ends[Count - 1];

    /// <summary>A word's bytes.</summary>
    public ReadOnlySpan<byte> Word(int index) => _bytes.AsSpan(StartOf(index), _ends[index] - StartOf(index));

    /// <summary>Counts a word.</summary>
    /// <exception cref="TrainingException">More than 2 GiB of different words.</exception>
    public void Add(ReadOnlySpan<byte> word, long count)
    {
        ulong hash = Hash(word);
        uint tag = (uint)(hash >> 32);
        for (int slot = (int)(hash & (uint)(_slots.Length - 1)); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            ulong entry = _slots[slot];
            if (entry == 0)
            {
                _slots[slot] = ((ulong)tag << 32) | (uint)Append(word, count);
                if (Count * 2L > _slots.Length)
                    Widen();
                return;
            }

            int index = (int)(uint)entry - 1;
            if ((uint)(entry >> 32) == tag && Word(index).SequenceEqual(word))
            {
                _counts[index] += count;
                return;
            }
        }
    }

    /// <summary>Adds all of another's counts.</summary>
    public void Add(WordCounts other)
    {
        for (int i = 0; i < other.Count; i++)
            Add(other.Word(i), other._counts[i]);
    }

    /// <summary>The same in the order of their bytes: what comes of them must not depend on who counted what.</summary>
    public WordCounts Sorted()
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        Array.Sort(order, (a, b) => Word(a).SequenceCompareTo(Word(b)));
        var sorted = new WordCounts { _bytes = new byte[Math.Max(1, End)], _ends = new int[Count + 1], _counts = new long[Count + 1] };
        foreach (int index in order)
            sorted.Append(Word(index), _counts[index]);
        sorted.Widen();
        return sorted;
    }

    /// <summary>Counts as they were saved; null when they do not fit together.</summary>
    public static WordCounts? From(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> ends, ReadOnlySpan<long> counts)
    {
        if (ends.Length != counts.Length || (ends.Length > 0 && ends[^1] != bytes.Length))
            return null;
        var words = new WordCounts();
        for (int i = 0, start = 0; i < ends.Length; start = ends[i++])
        {
            if (ends[i] < start || ends[i] > bytes.Length || counts[i] < 1)
                return null;
            words.Add(bytes[start..ends[i]], counts[i]);
        }

        return words.Count == ends.Length ? words : null;
    }

    private int StartOf(int index) => index == 0 ? 0 : _ends[index - 1];

    /// <summary>Returns one more than the new word's index.</summary>
    private int Append(ReadOnlySpan<byte> word, long count)
    {
        long end = (long)End + word.Length;
        if (end > Array.MaxLength || Count == 1 << 29)
            throw new TrainingException("the corpus has more than 2 GiB of different words, which is beyond this program. Train on a part of it");
        if (end > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(end, 2L * _bytes.Length)));
        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * Count);
            Array.Resize(ref _counts, 2 * Count);
        }

        word.CopyTo(_bytes.AsSpan((int)end - word.Length));
        (_ends[Count], _counts[Count]) = ((int)end, count);
        return ++Count;
    }

    private void Widen()
    {
        _slots = new ulong[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4 * Count, 1 << 13))];
        for (int i = 0; i < Count; i++)
        {
            ulong hash = Hash(Word(i));
            int slot = (int)(hash & (uint)(_slots.Length - 1));
            while (_slots[slot] != 0)
                slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = (hash & 0xFFFFFFFF00000000) | (uint)(i + 1);
        }
    }

    private static ulong Hash(ReadOnlySpan<byte> word)
    {
        ulong hash = Start ^ (ulong)word.Length;
        while (word.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(word));
            word = word[8..];
        }

        ulong rest = 0;
        for (int i = 0; i < word.Length; i++)
            rest |= (ulong)word[i] << (8 * i);
        return Mix(hash ^ rest);
    }

    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, 0x9E3779B97F4A7C15, out ulong low);
        return high ^ low;
    }
}
