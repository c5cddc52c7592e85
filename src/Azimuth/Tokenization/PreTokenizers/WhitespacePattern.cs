using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>"Whitespace" as a scanner: <c>\w+|[^\w\s]+</c>, words and runs of what is neither word nor white space.</summary>
internal sealed class WhitespacePattern : ISplitPattern
{
    public void FindMatches(ReadOnlySpan<int> text, List<TextRange> matches)
    {
        for (int at = 0; at < text.Length;)
        {
            int start = at;
            if (CodePoints.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            bool isWord = CodePoints.IsWordCharacter(text[at]);
            while (at < text.Length && !CodePoints.IsWhiteSpace(text[at]) && CodePoints.IsWordCharacter(text[at]) == isWord)
                at++;
            matches.Add(new TextRange(start, at));
        }
    }
}
