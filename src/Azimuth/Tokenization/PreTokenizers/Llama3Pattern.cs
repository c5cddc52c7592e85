using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>
/// The split of cl100k, Llama 3 (numbers in groups of three) and Qwen 2 (single digits), as a scanner:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// Its matches cover every text without gaps.
/// </summary>
/// <param name="longestNumber">How many digits stay together.</param>
/// <param name="keepsEnd">Blanks at the text's end are one match, line ends among them too: tiktoken's spelling of cl100k.</param>
internal sealed class Llama3Pattern(int longestNumber, bool keepsEnd = false) : ISplitPattern
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

    public void FindMatches(ReadOnlySpan<int> text, List<TextRange> matches)
    {
        for (int at = 0; at < text.Length;)
        {
            int end = End(text, at);
            matches.Add(new TextRange(at, end));
            at = end;
        }
    }

    private int End(ReadOnlySpan<int> text, int at)
    {
        int contraction = Runs.Contraction(text, at, ignoreCase: true);
        if (contraction > 0)
            return at + contraction;

        int point = text[at];
        if (CodePoints.IsLetter(point))
            return Runs.Letters(text, at);
        if (CodePoints.IsNumber(point))
            return Runs.Numbers(text, at, longestNumber);
        bool isLineEnd = point is '\r' or '\n';
        if (!isLineEnd && at + 1 < text.Length && CodePoints.IsLetter(text[at + 1]))
            return Runs.Letters(text, at + 1);

        int other = point == ' ' ? at + 1 : at;
        if (other < text.Length && CodePoints.IsOther(text[other]))
        {
            int end = Runs.Others(text, other);
            while (end < text.Length && text[end] is '\r' or '\n')
                end++;
            return end;
        }

        if (keepsEnd && Runs.Blanks(text, at) == text.Length)
            return text.Length;
        int lastLineEnd = Runs.LastLineEnd(text, at);
        return lastLineEnd >= 0 ? lastLineEnd + 1 : Runs.BlanksBeforeWord(text, at);
    }
}
