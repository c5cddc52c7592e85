using System.Text;
using System.Text.Unicode;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// The words of a table as the bytes they are written in: a fraction of what strings would take. Two words are the same only when
/// their bytes are. Reading is safe for many threads once nothing is added any more.
/// </summary>
internal sealed class WordList
{
    private byte[] _bytes = new byte[1 << 10];
    private int[] _ends = new int[1 << 6]; // word i is _bytes[_ends[i − 1] … _ends[i]]
    private int[] _slots = new int[1 << 7]; // open addressing: word + 1, 0 where free
    private bool _anyInvalid;
    private Dictionary<string, int>? _invalid; // words that are not UTF-8 by what they read as, made when first looked for

    /// <summary>Number of words.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a word; false, and nothing is added, when it is already there.</summary>
    /// <exception cref="InvalidOperationException">More than 2³¹ − 1 bytes of words, or more words than that.</exception>
    public bool TryAdd(ReadOnlySpan<byte> word)
    {
        int slot = SlotOf(word);
        if (_slots[slot] != 0)
            return false;
        _slots[slot] = Count + 1;
        Append(word);
        if (Count * 2L > _slots.Length)
            Rehash();
        return true;
    }

    /// <summary>Adds a word that may be there already; it is then found under its first index. True when it is new.</summary>
    public bool Add(ReadOnlySpan<byte> word)
    {
        if (TryAdd(word))
            return true;
        Append(word);
        return false;
    }

    /// <summary>The bytes of a word.</summary>
    public ReadOnlySpan<byte> Utf8Of(int index) => Bytes(index);

    /// <summary>A word; bytes that are not UTF-8 are U+FFFD.</summary>
    public string Text(int index) => Encoding.UTF8.GetString(Bytes(index));

    /// <summary>The index of the word with exactly these bytes, or null.</summary>
    public int? Find(ReadOnlySpan<byte> word) => _slots[SlotOf(word)] is > 0 and var found ? found - 1 : null;

    /// <summary>The lowest index of a word that reads as <paramref name="text"/>, or null.</summary>
    public int? Find(string text)
    {
        if (Find(Encoding.UTF8.GetBytes(text)) is int found)
            return found;
        if (!_anyInvalid || !text.Contains('\uFFFD', StringComparison.Ordinal))
            return null;
        // Two threads may make it at once, and make the same.
        Dictionary<string, int> invalid = Volatile.Read(ref _invalid) ?? InvalidWords();
        Volatile.Write(ref _invalid, invalid);
        return invalid.TryGetValue(text, out int index) ? index : null;
    }

    private Dictionary<string, int> InvalidWords()
    {
        Dictionary<string, int> invalid = new(StringComparer.Ordinal);
        for (int i = 0; i < Count; i++)
        {
            if (!Utf8.IsValid(Bytes(i)))
                invalid.TryAdd(Text(i), i);
        }

        return invalid;
    }

    private void Append(ReadOnlySpan<byte> word)
    {
        int begin = Count == 0 ? 0 : _ends[Count - 1];
        if (word.Length > Array.MaxLength - begin)
            throw new InvalidOperationException("the words together exceed 2^31 bytes");
        Grow(ref _bytes, begin + word.Length);
        Grow(ref _ends, Count + 1);
        word.CopyTo(_bytes.AsSpan(begin));
        _ends[Count++] = begin + word.Length;
        _anyInvalid |= !Utf8.IsValid(word);
        _invalid = null;
    }

    private ReadOnlySpan<byte> Bytes(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        int begin = index == 0 ? 0 : _ends[index - 1];
        return _bytes.AsSpan(begin, _ends[index] - begin);
    }

    private int SlotOf(ReadOnlySpan<byte> word)
    {
        // HashCode is seeded anew in every process: no file can be made whose words all meet in one place.
        HashCode hash = default;
        hash.AddBytes(word);
        int mask = _slots.Length - 1, slot = hash.ToHashCode() & mask;
        while (_slots[slot] != 0 && !Bytes(_slots[slot] - 1).SequenceEqual(word))
            slot = (slot + 1) & mask;
        return slot;
    }

    private void Rehash()
    {
        _slots = new int[_slots.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            int slot = SlotOf(Bytes(i));
            if (_slots[slot] == 0)
                _slots[slot] = i + 1;
        }
    }

    private static void Grow<T>(ref T[] array, int needed)
    {
        if (needed > array.Length)
            Array.Resize(ref array, (int)Math.Min(Math.Max(needed, array.Length * 2L), Array.MaxLength));
    }
}
