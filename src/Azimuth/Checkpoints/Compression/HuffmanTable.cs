namespace Azimuth.Checkpoints.Compression;

/// <summary>A canonical Huffman code of deflate (RFC 1951, section 3.2.2): short codes by one look into a table, long ones bit by bit.</summary>
internal sealed class HuffmanTable
{
    public const int LongestCode = 15;

    /// <summary>Bits looked up at once; codes are rarely longer.</summary>
    public const int FastBits = 10;

    private readonly ushort[] _fast = new ushort[1 << FastBits]; // symbol << 4 | length, 0 where the code is longer or there is none
    private readonly ushort[] _counts = new ushort[LongestCode + 1];
    private readonly ushort[] _symbols = new ushort[288];

    /// <summary>What the next bits stand for: symbol &lt;&lt; 4 | length, or 0 where <see cref="Slow"/> must be asked.</summary>
    public ReadOnlySpan<ushort> Fast => _fast;

    /// <summary>Builds the code from the length of each symbol's code, 0 for symbols that have none.</summary>
    /// <returns>False when the lengths are no code: too many of them, or too few (but for a single code of one bit, which deflate allows).</returns>
    public bool Build(ReadOnlySpan<byte> lengths)
    {
        Array.Clear(_counts);
        foreach (byte length in lengths)
            _counts[length]++;
        int coded = lengths.Length - _counts[0];
        _counts[0] = 0;
        int left = 1;
        Span<ushort> firstPlace = stackalloc ushort[LongestCode + 2];
        Span<int> nextCode = stackalloc int[LongestCode + 2];
        for (int length = 1; length <= LongestCode; length++)
        {
            left = (left << 1) - _counts[length];
            if (left < 0)
                return false;
            firstPlace[length + 1] = (ushort)(firstPlace[length] + _counts[length]);
            nextCode[length + 1] = (nextCode[length] + _counts[length]) << 1;
        }

        if (left > 0 && (coded > 1 || (coded == 1 && _counts[1] == 0)))
            return false;
        Array.Clear(_fast);
        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            int length = lengths[symbol];
            if (length == 0)
                continue;
            _symbols[firstPlace[length]++] = (ushort)symbol;
            int code = nextCode[length]++;
            if (length <= FastBits)
                FillFast(Reversed(code, length), length, symbol);
        }

        return true;
    }

    /// <summary>The symbol whose code the bits begin with, first bit lowest: symbol &lt;&lt; 4 | length, or 0 when no code begins so.</summary>
    public int Slow(ulong bits)
    {
        int code = 0, first = 0, index = 0;
        for (int length = 1; length <= LongestCode; length++)
        {
            code |= (int)(bits & 1);
            bits >>= 1;
            int count = _counts[length];
            if (code - first < count)
                return (_symbols[index + code - first] << 4) | length;
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }

        return 0;
    }

    private void FillFast(int code, int length, int symbol)
    {
        for (int i = code; i < _fast.Length; i += 1 << length)
            _fast[i] = (ushort)((symbol << 4) | length);
    }

    /// <summary>Deflate packs bits lowest first but codes highest first.</summary>
    private static int Reversed(int code, int length)
    {
        int reversed = 0;
        for (int i = 0; i < length; i++)
            reversed |= ((code >> i) & 1) << (length - 1 - i);
        return reversed;
    }
}
