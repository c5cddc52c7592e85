using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>A string, found as it stands; the empty string is found nowhere.</summary>
internal sealed class LiteralPattern(string literal) : ISplitPattern
{
    private readonly int[] _literal = CodePoints.Of(literal);

    public void FindMatches(ReadOnlySpan<int> text, List<TextRange> matches)
    {
        if (_literal.Length == 0)
            return;
        for (int at = 0; at < text.Length;)
        {
            int found = text[at..].IndexOf(_literal);
            if (found < 0)
                return;
            matches.Add(new TextRange(at + found, at + found + _literal.Length));
            at += found + _literal.Length;
        }
    }
}
