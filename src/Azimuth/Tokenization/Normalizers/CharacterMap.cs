using System.Buffers.Binary;
using System.Text.Unicode;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Normalizers;

/// <summary>
/// SentencePiece's compiled normalisation table ("precompiled_charsmap", Kudo and Richardson 2018, §3.5; normalizer.cc): a double array of the strings that
/// are replaced (darts-clone), then their replacements, each ended by a zero byte. Checked once, then immutable and thread-safe.
/// </summary>
internal sealed class CharacterMap
{
    // The longest replacement of the published tables has 33 bytes (U+FDFA); without a bound a small table could make any text huge.
    private const int LongestReplacement = 1024;
    private const uint LeafBit = 0x80000000;

    private readonly uint[] _units;
    private readonly ReadOnlyMemory<byte> _strings;

    private CharacterMap(uint[] units, ReadOnlyMemory<byte> strings) => (_units, _strings) = (units, strings);

    /// <summary>Reads a table; null for an empty one, which replaces nothing.</summary>
    /// <exception cref="CheckpointFormatException">Not such a table, or a damaged one.</exception>
    public static CharacterMap? Read(string file, ReadOnlyMemory<byte> table)
    {
        if (table.Length == 0)
            return null;
        uint size = table.Length > 4 ? BinaryPrimitives.ReadUInt32LittleEndian(table.Span) : 0;
        if (size == 0 || size % 4 != 0 || size >= table.Length - 4)
        {
            throw new CheckpointFormatException(file, FormattableString.Invariant(
                $"the normalization table has {table.Length} bytes, {size} of them its index, expected a multiple of 4 that leaves room for replacements; the file is damaged."),
                kind: "BadCharacterMap");
        }

        uint[] units = new uint[size / 4];
        for (int at = 0; at < units.Length; at++)
            units[at] = BinaryPrimitives.ReadUInt32LittleEndian(table.Span[(4 + (at * 4))..]);
        CharacterMap map = new(units, table[(4 + (int)size)..]);
        return map.FindDamage() is not { } damage ? map : throw new CheckpointFormatException(
            file, $"the normalization table is damaged: {damage}; fetch the file again.", kind: "BadCharacterMap");
    }

    /// <summary>The replacement (UTF-8) for the longest entry a text begins with, and that entry's length; false when there is none.</summary>
    public bool TryLongest(ReadOnlySpan<int> text, out ReadOnlySpan<byte> replacement, out int length) => Find(text, isShortest: false, out replacement, out length);

    /// <summary>The replacement (UTF-8) for the shortest entry a text begins with; false when there is none.</summary>
    public bool TryShortest(ReadOnlySpan<int> text, out ReadOnlySpan<byte> replacement) => Find(text, isShortest: true, out replacement, out _);

    private bool Find(ReadOnlySpan<int> text, bool isShortest, out ReadOnlySpan<byte> replacement, out int length)
    {
        Span<byte> bytes = stackalloc byte[4];
        long node = Children(0);
        int start = -1;
        length = 0;
        for (int at = 0; at < text.Length; at++)
        {
            bool hasEnd = false;
            foreach (byte value in bytes[..CodePoints.WriteUtf8(text[at], bytes)])
            {
                long child = node ^ value;
                if (value == 0 || (_units[child] & (LeafBit | 0xFF)) != value)
                    return Take(start, out replacement);
                node = Children(child);
                hasEnd = HasLeaf(_units[child]);
            }

            if (!hasEnd)
                continue;
            (start, length) = ((int)(_units[node] & ~LeafBit), at + 1);
            if (isShortest)
                break;
        }

        return Take(start, out replacement);
    }

    private bool Take(int start, out ReadOnlySpan<byte> replacement)
    {
        replacement = start < 0 ? default : Replacement(start);
        return start >= 0;
    }

    private ReadOnlySpan<byte> Replacement(int start)
    {
        ReadOnlySpan<byte> rest = _strings.Span[start..];
        return rest[..rest.IndexOf((byte)0)];
    }

    private static bool HasLeaf(uint unit) => (unit & 0x100) != 0;

    // A unit's children lie at this place XOR their label.
    private long Children(long at) => at ^ ((long)(_units[at] >> 10) << (int)((_units[at] & 0x200) >> 6));

    // Looks at every unit that any text can lead to, once: children are found by the place they share rather than by trying 255 labels.
    private string? FindDamage()
    {
        int[] firstChild = new int[_units.Length], nextSibling = new int[_units.Length];
        Array.Fill(firstChild, -1);
        for (int at = _units.Length - 1; at > 0; at--)
        {
            uint label = _units[at] & (LeafBit | 0xFF);
            if (label is 0 or > 0xFF || (at ^ label) >= _units.Length)
                continue;
            nextSibling[at] = firstChild[at ^ label];
            firstChild[at ^ label] = at;
        }

        bool[] isSeen = new bool[_units.Length];
        Stack<int> open = new([0]);
        while (open.TryPop(out int at))
        {
            if (isSeen[at])
                continue;
            isSeen[at] = true;
            long children = Children(at);

            // Any label must lead inside, or a text could lead out.
            if ((children | 0xFF) >= _units.Length)
                return FormattableString.Invariant($"entry {at} of its index points outside");
            if (HasLeaf(_units[at]) && DamageOfReplacement((int)(_units[children] & ~LeafBit)) is { } damage)
                return damage;
            for (int child = firstChild[children]; child >= 0; child = nextSibling[child])
                open.Push(child);
        }

        return null;
    }

    private string? DamageOfReplacement(int start)
    {
        if (start >= _strings.Length)
            return "a replacement lies behind its end";
        ReadOnlySpan<byte> rest = _strings.Span[start..];
        int length = rest[..Math.Min(rest.Length, LongestReplacement)].IndexOf((byte)0);
        if (length < 0)
            return "a replacement has no end";
        return Utf8.IsValid(rest[..length]) ? null : "a replacement is not UTF-8";
    }
}
