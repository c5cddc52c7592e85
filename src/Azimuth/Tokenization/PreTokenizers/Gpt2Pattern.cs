using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>
/// GPT-2's split (Radford et al. 2019, released encoder), as a scanner:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// </summary>
/// <param name="digitsApart">Every \p{N} is cut out by itself first, and what stands between two is split as if it were a text (StarCoder, SmolLM).</param>
internal sealed class Gpt2Pattern(bool digitsApart = false) : ScannedPattern
{
    /// <summary>The pattern as files spell it.</summary>
    public const string Source = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The pattern as tiktoken spells r50k and p50k; it matches the same.</summary>
    public const string R50kSource = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s";

    public override int End(ReadOnlySpan<byte> text, int at)
    {
        int contraction = Runs.Contraction(text, at, ignoreCase: false);
        if (contraction > 0)
            return at + contraction;

        int start = text[at] == ' ' ? at + 1 : at;
        int type = Runs.Class(text, start, out int length);
        if ((type & CodePoints.Letter) != 0)
            return Runs.Letters(text, start + length);
        if ((type & CodePoints.Number) != 0 && digitsApart)
            return start > at ? start : start + length;
        if ((type & CodePoints.Number) != 0)
            return Runs.Numbers(text, start + length, int.MaxValue);
        if (Runs.IsOther(type))
            return Runs.Others(text, start + length);
        int end = Runs.Blanks(text, at);
        return digitsApart && (Runs.Class(text, end, out _) & CodePoints.Number) != 0 ? end : Runs.BlanksBeforeWord(text, at);
    }
}
