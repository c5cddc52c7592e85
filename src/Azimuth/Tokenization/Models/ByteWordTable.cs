using System.Runtime.Intrinsics;

namespace Azimuth.Tokenization.Models;

/// <summary>
/// Ids of short words seen before, by the words' bytes. Memory is bounded: where both places of a word are taken, the one used longest ago is replaced. It grows while new words
/// come. Not thread-safe: each thread takes one of its own.
/// </summary>
internal sealed class ByteWordTable
{
    /// <summary>Bytes of the longest word that is kept.</summary>
    public const int LongestWord = 32;

    /// <summary>Ids of a word that is kept at most.</summary>
    public const int MostIds = 7;

    private const int FirstBits = 9;
    private const int LastBits = 15;

    private static readonly Vector256<byte> Places = Vector256<byte>.Indices;

    private Entry[] _entries = new Entry[1 << FirstBits];
    private int _shift = 64 - FirstBits;
    private int _newWords;

    /// <summary>Appends the word's ids; false when it is not kept.</summary>
    /// <param name="text">The word, at least <see cref="LongestWord"/> bytes with what follows it.</param>
    /// <param name="length">Its bytes, 1 to <see cref="LongestWord"/>.</param>
    /// <param name="ids">Where the ids go.</param>
    public bool TryAppend(ReadOnlySpan<byte> text, int length, IdList ids)
    {
        Vector256<byte> word = Word(text, length);
        int slot = Slot(word);
        ref Entry entry = ref _entries[slot];
        if (entry.Length != length || entry.Word != word)
        {
            ref Entry second = ref _entries[slot ^ 1];
            if (second.Length != length || second.Word != word)
                return false;
            (entry, second) = (second, entry);
        }

        entry.Ids.CopyTo(ids.Free(Vector256<int>.Count));
        ids.Advance(entry.Count);
        return true;
    }

    /// <summary>Keeps a word's ids, if they are few.</summary>
    public void Keep(ReadOnlySpan<byte> text, int length, ReadOnlySpan<int> ids)
    {
        if (ids.Length > MostIds)
            return;
        if (_newWords++ > _entries.Length && _entries.Length < 1 << LastBits)
            Grow();
        Span<int> kept = stackalloc int[Vector256<int>.Count];
        kept.Clear();
        ids.CopyTo(kept);
        kept[MostIds] = ids.Length | (length << 8);
        Put(new Entry { Word = Word(text, length), Ids = Vector256.Create(kept) });
    }

    private static Vector256<byte> Word(ReadOnlySpan<byte> text, int length)
        => Vector256.Create(text[..LongestWord]) & Vector256.LessThan(Places, Vector256.Create((byte)length));

    // Multiply-shift (Dietzfelbinger et al. 1997) over the four parts; the multipliers are odd and without a pattern.
    private int Slot(Vector256<byte> word)
    {
        Vector256<ulong> parts = word.AsUInt64();
        ulong hash = (parts[0] * 0x9E3779B97F4A7C15) + (parts[1] * 0xC2B2AE3D27D4EB4F) + (parts[2] * 0x165667B19E3779F9) + (parts[3] * 0xD6E8FEB86659FD93);
        return (int)(((hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9) >> _shift);
    }

    private void Put(in Entry entry)
    {
        int slot = Slot(entry.Word);
        _entries[slot ^ 1] = _entries[slot];
        _entries[slot] = entry;
    }

    private void Grow()
    {
        Entry[] old = _entries;
        _entries = new Entry[old.Length * 4];
        _shift -= 2;
        _newWords = 0;
        foreach (ref readonly Entry entry in old.AsSpan())
        {
            if (entry.Length > 0)
                Put(entry);
        }
    }

    // A cache line: the word's bytes with zeros behind them, up to seven ids, and both counts in the last number.
    private struct Entry
    {
        public Vector256<byte> Word;
        public Vector256<int> Ids;

        public readonly int Length => Ids[MostIds] >> 8;

        public readonly int Count => Ids[MostIds] & 0xFF;
    }
}
