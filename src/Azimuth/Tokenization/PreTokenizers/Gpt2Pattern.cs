using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>
/// GPT-2's split (Radford et al. 2019, released encoder), as a scanner:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>. Its matches cover every text without gaps.
/// </summary>
internal sealed class Gpt2Pattern : ISplitPattern
{
    /// <summary>The pattern as files spell it.</summary>
    public const string Source = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The pattern as tiktoken spells r50k and p50k; it matches the same.</summary>
    public const string R50kSource = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s";

    public void FindMatches(ReadOnlySpan<int> text, List<TextRange> matches)
    {
        for (int at = 0; at < text.Length;)
        {
            int end = End(text, at);
            matches.Add(new TextRange(at, end));
            at = end;
        }
    }

    private static int End(ReadOnlySpan<int> text, int at)
    {
        int contraction = Runs.Contraction(text, at, ignoreCase: false);
        if (contraction > 0)
            return at + contraction;

        int first = text[at] == ' ' && at + 1 < text.Length && !CodePoints.IsWhiteSpace(text[at + 1]) ? at + 1 : at;
        if (CodePoints.IsLetter(text[first]))
            return Runs.Letters(text, first);
        if (CodePoints.IsNumber(text[first]))
            return Runs.Numbers(text, first, int.MaxValue);
        if (!CodePoints.IsWhiteSpace(text[first]))
            return Runs.Others(text, first);
        return Runs.BlanksBeforeWord(text, at);
    }
}
