using System.Numerics;
using System.Runtime.Intrinsics;

namespace Azimuth.Training.Corpora;

/// <summary>
/// Cuts a line of valid UTF-8 into words at blanks: what Python's <c>str.split()</c> (and so gensim) takes for one, or those of GloVe's original program alone: spaces and tabs, and
/// carriage returns, which it drops. 64 bytes are looked at together; a word begins or ends where two neighbouring bytes differ in being a blank.
/// </summary>
internal ref struct WordSplitter(ReadOnlySpan<byte> line, bool asciiBlanks)
{
    private const int Width = 64, NoWord = -1;

    private readonly ReadOnlySpan<byte> _line = line;
    private int _at;

    /// <summary>Where a word begins whose end is still to be found.</summary>
    private int _begun = NoWord;

    /// <summary>The first bytes of the next 64 that belong to a blank of the 64 before.</summary>
    private ulong _rest;

    /// <summary>The next words.</summary>
    /// <param name="bounds">Takes two numbers a word: where it begins, and where it ends. Room for 66 at least: those that 64 bytes have, one of a word that began before and one of a word that ends with the line.</param>
    /// <returns>How many words; 0 at the end of the line.</returns>
    public int Next(Span<int> bounds)
    {
        int count = 0;
        if (_begun != NoWord)
            bounds[count++] = _begun;
        // 64 bytes have 33 words at most.
        while (_at < _line.Length && count <= bounds.Length - Width - 1)
        {
            ulong blanks = Blanks(_at);
            ulong before = (count & 1) == 0 ? 1ul : 0;
            for (ulong changes = blanks ^ (blanks << 1 | before); changes != 0; changes &= changes - 1)
                bounds[count++] = _at + BitOperations.TrailingZeroCount(changes);
            _at += Width;
        }

        _begun = NoWord;
        if ((count & 1) != 0)
        {
            if (_at >= _line.Length)
                bounds[count++] = _line.Length;
            else
                _begun = bounds[count - 1];
        }

        return count / 2;
    }

    /// <summary>[byte from <paramref name="at"/> on]: whether it belongs to a blank, as do those behind the line.</summary>
    private ulong Blanks(int at)
    {
        ReadOnlySpan<byte> text = _line[at..];
        if (text.Length >= Width)
            return Blanks(at, Vector512.Create(text));
        Span<byte> whole = stackalloc byte[Width];
        whole.Fill((byte)' ');
        text.CopyTo(whole);
        return Blanks(at, Vector512.Create<byte>(whole));
    }

    private ulong Blanks(int at, Vector512<byte> bytes)
    {
        if (asciiBlanks)
            return (Vector512.Equals(bytes, Vector512.Create((byte)' ')) | Vector512.Equals(bytes, Vector512.Create((byte)'\t')) | Vector512.Equals(bytes, Vector512.Create((byte)'\r'))).ExtractMostSignificantBits();
        ulong blanks = _rest | (InRange(bytes, 0x09, 0x0D) | InRange(bytes, 0x1C, 0x20)).ExtractMostSignificantBits();
        _rest = 0;
        for (ulong others = (Vector512.Equals(bytes, Vector512.Create((byte)0xC2)) | InRange(bytes, 0xE1, 0xE3)).ExtractMostSignificantBits(); others != 0; others &= others - 1)
        {
            int from = BitOperations.TrailingZeroCount(others), length = OtherBlank(_line[(at + from)..]);
            UInt128 blank = (((UInt128)1 << length) - 1) << from;
            blanks |= (ulong)blank;
            _rest |= (ulong)(blank >> Width);
        }

        return blanks;
    }

    private static Vector512<byte> InRange(Vector512<byte> bytes, byte first, byte last) => Vector512.LessThanOrEqual(bytes - Vector512.Create(first), Vector512.Create((byte)(last - first)));

    /// <summary>Bytes of the blank of several bytes that the text begins with; 0 when it does not.</summary>
    private static int OtherBlank(ReadOnlySpan<byte> text) => text switch
    {
        [0xC2, 0x85 or 0xA0, ..] => 2, // next line, no-break space
        [0xE1, 0x9A, 0x80, ..] => 3, // ogham space
        [0xE2, 0x80, (>= 0x80 and <= 0x8A) or 0xA8 or 0xA9 or 0xAF, ..] => 3, // en quad to hair space, line and paragraph separator, narrow no-break space
        [0xE2, 0x81, 0x9F, ..] => 3, // mathematical space
        [0xE3, 0x80, 0x80, ..] => 3, // ideographic space
        _ => 0,
    };
}
