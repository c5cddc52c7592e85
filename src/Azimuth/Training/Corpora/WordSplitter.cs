namespace Azimuth.Training.Corpora;

/// <summary>
/// Cuts lines into words at blanks: what Python's <c>str.split()</c> (and so gensim) takes for one; the original programs of word2vec and GloVe know those of ASCII only.
/// </summary>
internal static class WordSplitter
{
    /// <summary>The next word of valid UTF-8, cut off the front of <paramref name="text"/>; false when there is none.</summary>
    public static bool TryNext(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> word)
    {
        int from = 0;
        while (from < text.Length && Blank(text, from) is int blank and > 0)
            from += blank;
        int to = from;
        while (to < text.Length && Blank(text, to) == 0)
            to++;
        word = text[from..to];
        text = text[to..];
        return word.Length > 0;
    }

    /// <summary>The same with the blanks of GloVe's original program: spaces and tabs, and carriage returns, which it drops.</summary>
    public static bool TryNextBetweenAsciiBlanks(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> word)
    {
        int from = 0;
        while (from < text.Length && text[from] is (byte)' ' or (byte)'\t' or (byte)'\r')
            from++;
        int to = from;
        while (to < text.Length && text[to] is not ((byte)' ' or (byte)'\t' or (byte)'\r'))
            to++;
        word = text[from..to];
        text = text[to..];
        return word.Length > 0;
    }

    /// <summary>Bytes of the blank that begins there; 0 when none does.</summary>
    private static int Blank(ReadOnlySpan<byte> text, int at)
    {
        byte b = text[at];
        if (b is > 0x20 and < 0xC2)
            return 0;
        if (b <= 0x20)
            return b is 0x20 or (>= 0x09 and <= 0x0D) or (>= 0x1C and <= 0x1F) ? 1 : 0;
        ReadOnlySpan<byte> rest = text[at..];
        return rest switch
        {
            [0xC2, 0x85 or 0xA0, ..] => 2, // next line, no-break space
            [0xE1, 0x9A, 0x80, ..] => 3, // ogham space
            [0xE2, 0x80, (>= 0x80 and <= 0x8A) or 0xA8 or 0xA9 or 0xAF, ..] => 3, // en quad to hair space, line and paragraph separator, narrow no-break space
            [0xE2, 0x81, 0x9F, ..] => 3, // mathematical space
            [0xE3, 0x80, 0x80, ..] => 3, // ideographic space
            _ => 0,
        };
    }
}
