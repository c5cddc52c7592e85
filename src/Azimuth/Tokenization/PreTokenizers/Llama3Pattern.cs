using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>
/// The split of cl100k, Llama 3 (numbers in groups of three) and Qwen 2 (single digits), as a scanner:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
/// <param name="longestNumber">How many digits stay together.</param>
/// <param name="keepsEnd">Blanks at the text's end are one match, line ends among them too: tiktoken's spelling of cl100k.</param>
internal sealed class Llama3Pattern(int longestNumber, bool keepsEnd = false) : ScannedPattern
{
    /// <summary>The pattern as Llama 3 spells it.</summary>
    public const string Llama3Source =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The pattern as Qwen 2 spells it.</summary>
    public const string Qwen2Source =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The pattern as tiktoken spells cl100k: the same but for <c>\s++$</c>, which comes before line ends.</summary>
    public const string Cl100kSource =
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s";

    public override int End(ReadOnlySpan<byte> text, int at)
    {
        int contraction = Runs.Contraction(text, at, ignoreCase: true);
        if (contraction > 0)
            return at + contraction;

        int type = Runs.Class(text, at, out int length);
        if ((type & CodePoints.Letter) != 0)
            return Runs.Letters(text, at + length);
        if ((type & CodePoints.Number) != 0)
            return Runs.Numbers(text, at, longestNumber);
        if (text[at] is not ((byte)'\r' or (byte)'\n') && (Runs.Class(text, at + length, out int second) & CodePoints.Letter) != 0)
            return Runs.Letters(text, at + length + second);

        int other = text[at] == ' ' ? at + 1 : at;
        if (Runs.IsOther(Runs.Class(text, other, out _)))
            return Runs.LineEnds(text, Runs.Others(text, other));
        if (keepsEnd && Runs.Blanks(text, at) is var end && text[end] == Utf8Padded.End)
            return end;
        int lineEnd = Runs.BlanksToLineEnd(text, at);
        return lineEnd >= 0 ? lineEnd : Runs.BlanksBeforeWord(text, at);
    }
}
