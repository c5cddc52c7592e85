using System.Numerics;
using System.Runtime.Intrinsics;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Models;

/// <summary>The ids of a byte-level vocabulary's short tokens by their bytes: a look-up meets the memory once, where one by characters goes through three tables. Immutable, thread-safe.</summary>
internal sealed class ShortTokens
{
    /// <summary>Bytes of the longest token here.</summary>
    public const int LongestToken = 16;

    // Odd and different in every process, so that no file can be made whose tokens all fall on the same places (multiply-shift, Dietzfelbinger et al. 1997).
    private static readonly ulong Multiplier = Seed(1), SecondMultiplier = Seed(3);
    private static readonly Vector128<byte> Places = Vector128<byte>.Indices;

    private readonly (ulong Low, ulong High, int Length, int Id)[] _entries;
    private readonly int _shift;

    /// <summary>Those tokens of a vocabulary that are spelled in the byte alphabet.</summary>
    public ShortTokens(Vocabulary vocabulary)
    {
        // Half of the places stays free at least, so that looking for a word that is no token ends soon.
        _entries = new (ulong, ulong, int, int)[checked((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(vocabulary.Count, 2) * 2))];
        _shift = 64 - BitOperations.Log2((uint)_entries.Length);
        Span<byte> bytes = stackalloc byte[LongestToken];
        for (int id = 0; id < vocabulary.Size; id++)
        {
            if (vocabulary.Token(id) is not { Length: > 0 and <= LongestToken } token || !Spell(token, bytes))
                continue;
            (ulong low, ulong high) = Word(bytes, token.Length);
            _entries[Slot(low, high, token.Length)] = (low, high, token.Length, id);
        }
    }

    /// <summary>The token's id, or −1.</summary>
    /// <param name="text">The token, at least <see cref="LongestToken"/> bytes with what follows it.</param>
    /// <param name="length">Its bytes, 1 to <see cref="LongestToken"/>.</param>
    public int Id(ReadOnlySpan<byte> text, int length)
    {
        (ulong low, ulong high) = Word(text, length);
        (_, _, int found, int id) = _entries[Slot(low, high, length)];
        return found == length ? id : -1;
    }

    private static ulong Seed(int number) => ((ulong)(uint)HashCode.Combine(number) << 32) | (uint)HashCode.Combine(number + 1) | 1;

    private static bool Spell(string token, Span<byte> bytes)
    {
        for (int at = 0; at < token.Length; at++)
        {
            int value = ByteAlphabet.Byte(token[at]);
            if (value < 0)
                return false;
            bytes[at] = (byte)value;
        }

        return true;
    }

    private static (ulong Low, ulong High) Word(ReadOnlySpan<byte> text, int length)
    {
        Vector128<ulong> word = (Vector128.Create(text[..LongestToken]) & Vector128.LessThan(Places, Vector128.Create((byte)length))).AsUInt64();
        return (word[0], word[1]);
    }

    // The place of the word, or the free one that it would take.
    private int Slot(ulong low, ulong high, int length)
    {
        ulong hash = (low * Multiplier) + (high * SecondMultiplier);
        int slot = (int)(((hash ^ (hash >> 32)) * Multiplier) >> _shift);
        while (_entries[slot].Length != 0 && !(_entries[slot].Low == low && _entries[slot].High == high && _entries[slot].Length == length))
            slot = (slot + 1) & (_entries.Length - 1);
        return slot;
    }
}
