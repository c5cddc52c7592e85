using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>The building blocks the splitting patterns of byte-level models share; each says where a match that starts at a place ends.</summary>
internal static class Runs
{
    /// <summary>\p{L}+</summary>
    public static int Letters(ReadOnlySpan<int> text, int at)
    {
        while (at < text.Length && CodePoints.IsLetter(text[at]))
            at++;
        return at;
    }

    /// <summary>\p{N}{1,longest}</summary>
    public static int Numbers(ReadOnlySpan<int> text, int at, int longest)
    {
        int limit = longest < text.Length - at ? at + longest : text.Length;
        while (at < limit && CodePoints.IsNumber(text[at]))
            at++;
        return at;
    }

    /// <summary>[^\s\p{L}\p{N}]+</summary>
    public static int Others(ReadOnlySpan<int> text, int at)
    {
        while (at < text.Length && CodePoints.IsOther(text[at]))
            at++;
        return at;
    }

    /// <summary>\s+</summary>
    public static int Blanks(ReadOnlySpan<int> text, int at)
    {
        while (at < text.Length && CodePoints.IsWhiteSpace(text[at]))
            at++;
        return at;
    }

    /// <summary>\s+(?!\S)|\s+: a run of blanks, less its last one when a word follows and it is not the only one.</summary>
    public static int BlanksBeforeWord(ReadOnlySpan<int> text, int at)
    {
        int end = Blanks(text, at);
        return end == text.Length || end - at == 1 ? end : end - 1;
    }

    /// <summary>The last \r or \n of the run of blanks that starts here, or −1: what \s*[\r\n]+ ends with after backtracking.</summary>
    public static int LastLineEnd(ReadOnlySpan<int> text, int at)
    {
        int last = -1;
        for (; at < text.Length && CodePoints.IsWhiteSpace(text[at]); at++)
        {
            if (text[at] is '\r' or '\n')
                last = at;
        }

        return last;
    }

    /// <summary>'s|'t|'re|'ve|'m|'ll|'d: its length here, 0 when there is none.</summary>
    public static int Contraction(ReadOnlySpan<int> text, int at, bool ignoreCase)
    {
        if (text[at] != '\'' || at + 1 == text.Length)
            return 0;
        int first = Fold(text[at + 1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd')
            return 2;
        int second = at + 2 < text.Length ? Fold(text[at + 2], ignoreCase) : 0;
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    // Unicode simple case folding of the letters that matter here: ſ (U+017F) folds to s.
    private static int Fold(int point, bool ignoreCase)
    {
        if (!ignoreCase)
            return point;
        return point is >= 'A' and <= 'Z' ? point + 32 : point == 0x17F ? 's' : point;
    }
}
