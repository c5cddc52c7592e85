using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Training.Corpora;

/// <summary>
/// Cuts a line of valid UTF-8 into words at blanks: what Python's <c>str.split()</c> (and so gensim) takes for one, or those of GloVe's original program alone: spaces and tabs, and
/// carriage returns, which it drops. 64 bytes are looked at together.
/// </summary>
internal ref struct WordSplitter(ReadOnlySpan<byte> line, bool asciiBlanks)
{
    private readonly ReadOnlySpan<byte> _line = line;
    private int _at, _chunk = -Width;

    /// <summary>[byte of the chunk]: whether a blank may begin there.</summary>
    private ulong _candidates;

    private const int Width = 64;

    /// <summary>The next word.</summary>
    /// <param name="from">Where it begins.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>False when there is none.</returns>
    public bool TryNext(out int from, out int length)
    {
        while (_at < _line.Length && Blank(_at) is int blank and > 0)
            _at += blank;
        from = _at;
        for (_at++; _at < _line.Length; _at++)
        {
            _at = Candidate(_at);
            if (_at == _line.Length || Blank(_at) > 0)
                break;
        }

        _at = Math.Min(_at, _line.Length);
        length = Math.Max(0, _at - from);
        return length > 0;
    }

    /// <summary>The first place from one on where a blank may begin; the line's length when none does.</summary>
    private int Candidate(int at)
    {
        while (true)
        {
            if (at >= _chunk + Width)
            {
                _chunk = at & -Width;
                if (_chunk >= _line.Length)
                    return _line.Length;
                _candidates = Candidates(_line[_chunk..]);
            }

            ulong rest = _candidates >> (at - _chunk);
            if (rest != 0)
                return Math.Min(_line.Length, at + BitOperations.TrailingZeroCount(rest));
            at = _chunk + Width;
        }
    }

    private readonly ulong Candidates(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < Width)
        {
            Span<byte> whole = stackalloc byte[Width];
            whole.Clear();
            rest.CopyTo(whole);
            return Candidates(Vector512.Create<byte>(whole));
        }

        return Candidates(Vector512.Create(rest));
    }

    private readonly ulong Candidates(Vector512<byte> bytes)
    {
        Vector512<byte> found = asciiBlanks
            ? Vector512.Equals(bytes, Vector512.Create((byte)' ')) | Vector512.Equals(bytes, Vector512.Create((byte)'\t')) | Vector512.Equals(bytes, Vector512.Create((byte)'\r'))
            : Vector512.LessThanOrEqual(bytes, Vector512.Create((byte)' ')) | Vector512.Equals(bytes, Vector512.Create((byte)0xC2)) | Vector512.LessThanOrEqual(bytes - Vector512.Create((byte)0xE1), Vector512.Create((byte)2));
        return found.ExtractMostSignificantBits();
    }

    /// <summary>Bytes of the blank that begins there; 0 when none does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int Blank(int at)
    {
        byte b = _line[at];
        if (b is > 0x20 and < 0xC2)
            return 0;
        if (b == ' ')
            return 1;
        return asciiBlanks ? b is (byte)'\t' or (byte)'\r' ? 1 : 0 : OtherBlank(_line[at..]);
    }

    private static int OtherBlank(ReadOnlySpan<byte> text) => text switch
    {
        [(>= 0x09 and <= 0x0D) or (>= 0x1C and <= 0x1F), ..] => 1,
        [0xC2, 0x85 or 0xA0, ..] => 2, // next line, no-break space
        [0xE1, 0x9A, 0x80, ..] => 3, // ogham space
        [0xE2, 0x80, (>= 0x80 and <= 0x8A) or 0xA8 or 0xA9 or 0xAF, ..] => 3, // en quad to hair space, line and paragraph separator, narrow no-break space
        [0xE2, 0x81, 0x9F, ..] => 3, // mathematical space
        [0xE3, 0x80, 0x80, ..] => 3, // ideographic space
        _ => 0,
    };
}
