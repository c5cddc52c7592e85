using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>
/// The building blocks the splitting patterns of byte-level models share, over UTF-8 that ends in <see cref="Utf8Padded.End"/>; each says where a match that starts at a place
/// ends.
/// </summary>
internal static class Runs
{
    /// <summary>The class of the text's end: none of the others, so every run stops there.</summary>
    public const int End = 0x100;

    private const int NotOther = CodePoints.Letter | CodePoints.Number | CodePoints.Space | End;

    /// <summary>The class of the character at a place (<see cref="CodePoints.Class"/>, or <see cref="End"/>) and its bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Class(ReadOnlySpan<byte> text, int at, out int length)
    {
        byte first = text[at];
        if (first >= 0x80)
            return WideClass(text, at, out length);
        length = 1;
        return CodePoints.Class(first);
    }

    /// <summary>[^\s\p{L}\p{N}] as a question to a class.</summary>
    public static bool IsOther(int type) => (type & NotOther) == 0;

    /// <summary>\p{L}*</summary>
    public static int Letters(ReadOnlySpan<byte> text, int at)
    {
        while (true)
        {
            at = AsciiRun(text, at, (byte)'a', fold: 0x20);
            if (text[at] < 0x80)
                return at;
            while (text[at] >= 0x80)
            {
                if ((WideClass(text, at, out int length) & CodePoints.Letter) == 0)
                    return at;
                at += length;
            }
        }
    }

    /// <summary>\p{N}{0,longest}</summary>
    public static int Numbers(ReadOnlySpan<byte> text, int at, int longest)
    {
        for (int count = 0; count < longest && (Class(text, at, out int length) & CodePoints.Number) != 0; count++)
            at += length;
        return at;
    }

    /// <summary>[^\s\p{L}\p{N}]*</summary>
    public static int Others(ReadOnlySpan<byte> text, int at)
    {
        while (IsOther(Class(text, at, out int length)))
            at += length;
        return at;
    }

    /// <summary>\s*</summary>
    public static int Blanks(ReadOnlySpan<byte> text, int at) => Blanks(text, at, out _);

    /// <summary>[\r\n]*</summary>
    public static int LineEnds(ReadOnlySpan<byte> text, int at)
    {
        while (text[at] is (byte)'\r' or (byte)'\n')
            at++;
        return at;
    }

    /// <summary>\s+(?!\S)|\s+: a run of blanks, less its last one when something follows and it is not the only one.</summary>
    public static int BlanksBeforeWord(ReadOnlySpan<byte> text, int at)
    {
        int end = Blanks(text, at, out int last);
        return text[end] == Utf8Padded.End || last == at ? end : last;
    }

    /// <summary>Behind the last \r or \n of the run of blanks that starts here, or −1: where \s*[\r\n]+ ends after backtracking.</summary>
    public static int BlanksToLineEnd(ReadOnlySpan<byte> text, int at)
    {
        int end = -1;
        while ((Class(text, at, out int length) & CodePoints.Space) != 0)
        {
            at += length;
            if (text[at - 1] is (byte)'\r' or (byte)'\n')
                end = at;
        }

        return end;
    }

    /// <summary>'s|'t|'re|'ve|'m|'ll|'d: its bytes here, 0 when there is none. In any case ſ (U+017F) is an s too: the only letter beyond ASCII that folds to one of these.</summary>
    public static int Contraction(ReadOnlySpan<byte> text, int at, bool ignoreCase)
    {
        if (text[at] != '\'')
            return 0;
        int first = text[at + 1];
        if (ignoreCase && first == 0xC5 && text[at + 2] == 0xBF)
            return 3;
        first = Fold(first, ignoreCase);
        if (first is 's' or 't' or 'm' or 'd')
            return 2;
        if (first is not ('r' or 'v' or 'l'))
            return 0;
        return (first, Fold(text[at + 2], ignoreCase)) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    /// <summary>Behind the run of the 26 letters from <paramref name="first"/> on, whatever their case where <paramref name="fold"/> is 0x20.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int AsciiRun(ReadOnlySpan<byte> text, int at, byte first, byte fold)
    {
        while (true)
        {
            Vector128<byte> letters = (Vector128.Create(text.Slice(at, 16)) | Vector128.Create(fold)) - Vector128.Create(first);
            uint others = ~Vector128.LessThan(letters, Vector128.Create((byte)26)).ExtractMostSignificantBits() & 0xFFFF;
            if (others != 0)
                return at + BitOperations.TrailingZeroCount(others);
            at += 16;
        }
    }

    private static int Blanks(ReadOnlySpan<byte> text, int at, out int last)
    {
        last = at;
        while ((Class(text, at, out int length) & CodePoints.Space) != 0)
        {
            last = at;
            at += length;
        }

        return at;
    }

    private static int WideClass(ReadOnlySpan<byte> text, int at, out int length)
    {
        int first = text[at], second = text[at + 1] & 0x3F;
        if (first == Utf8Padded.End)
        {
            length = 0;
            return End;
        }

        if (first < 0xE0)
        {
            length = 2;
            return CodePoints.Class(((first & 0x1F) << 6) | second);
        }

        int third = text[at + 2] & 0x3F;
        if (first < 0xF0)
        {
            length = 3;
            return CodePoints.Class(((first & 0x0F) << 12) | (second << 6) | third);
        }

        length = 4;
        return CodePoints.Class(((first & 0x07) << 18) | (second << 12) | (third << 6) | (text[at + 3] & 0x3F));
    }

    private static int Fold(int value, bool ignoreCase) => ignoreCase && value is >= 'A' and <= 'Z' ? value + 32 : value;
}
