using Azimuth.Tokenization.Text;
using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>Every character of a kind is a match by itself.</summary>
internal sealed class CharacterPattern(Func<int, bool> isMatch) : ISplitPattern
{
    /// <summary>\s</summary>
    public static CharacterPattern WhiteSpace { get; } = new(CodePoints.IsWhiteSpace);

    /// <summary>\p{N}</summary>
    public static CharacterPattern Numbers { get; } = new(CodePoints.IsNumber);

    /// <summary>ASCII punctuation, symbols included, and category P of Unicode 8.</summary>
    public static CharacterPattern Punctuation { get; } = new(point => point < 0x80
        ? point is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
        : UnicodeTables.Instance.Punctuation.Contains(point));

    public void FindMatches(ReadOnlySpan<int> text, List<TextRange> matches)
    {
        for (int at = 0; at < text.Length; at++)
        {
            if (isMatch(text[at]))
                matches.Add(new TextRange(at, at + 1));
        }
    }
}
