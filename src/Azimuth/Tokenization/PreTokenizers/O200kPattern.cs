using System.Runtime.CompilerServices;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>
/// The split of o200k, which GPT-4o and Llama 4 share, as a scanner: words end where small letters are followed by capitals, and take a contraction along.
/// </summary>
internal sealed class O200kPattern : ScannedPattern
{
    /// <summary>The pattern as files spell it.</summary>
    public const string Source =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public override int End(ReadOnlySpan<byte> text, int at)
    {
        int type = Runs.Class(text, at, out int length);
        if ((type & CodePoints.Number) != 0)
            return Runs.Numbers(text, at, 3);
        bool hasFront = (type & CodePoints.Letter) == 0 && text[at] is not ((byte)'\r' or (byte)'\n');
        int word = Word(text, at, hasFront ? length : 0);
        if (word > 0)
            return word + Runs.Contraction(text, word, ignoreCase: true);

        int other = text[at] == ' ' ? at + 1 : at;
        if (Runs.IsOther(Runs.Class(text, other, out _)))
        {
            int end = Runs.Others(text, other);
            while (text[end] is (byte)'\r' or (byte)'\n' or (byte)'/')
                end++;
            return end;
        }

        int lineEnd = Runs.BlanksToLineEnd(text, at);
        return lineEnd >= 0 ? lineEnd : Runs.BlanksBeforeWord(text, at);
    }

    // The alternatives in the pattern's order: with small letters at the end, then capitals alone; each with the character in front, then without. A mark may be either.
    private static int Word(ReadOnlySpan<byte> text, int at, int front)
    {
        int small = Capitals(text, at + front, out int capitals);
        if (small > 0)
            return small;
        int bareCapitals = at;
        if (front > 0 && (small = Capitals(text, at, out bareCapitals)) > 0)
            return small;
        return capitals > at + front ? capitals : bareCapitals > at ? bareCapitals : 0;
    }

    // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+ or 0; the first run gives back characters of both sets until the second has one.
    private static int Capitals(ReadOnlySpan<byte> text, int at, out int capitals)
    {
        int both = 0, type = Runs.Class(text, at, out int length);
        while (IsCapital(type))
        {
            at += length;
            if (IsSmall(type))
                both = at;
            type = Runs.Class(text, at, out length);
        }

        capitals = at;
        return IsSmall(type) ? Small(text, at) : both;
    }

    private static int Small(ReadOnlySpan<byte> text, int at)
    {
        while (true)
        {
            at = Runs.AsciiRun(text, at, (byte)'a', fold: 0);
            if (text[at] < 0x80)
                return at;
            while (text[at] >= 0x80)
            {
                if (!IsSmall(Runs.Class(text, at, out int length)))
                    return at;
                at += length;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsCapital(int type) => (type & (CodePoints.Letter | CodePoints.Mark)) != 0 && (type & CodePoints.Lower) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSmall(int type) => (type & (CodePoints.Letter | CodePoints.Mark)) != 0 && (type & CodePoints.Upper) == 0;
}
