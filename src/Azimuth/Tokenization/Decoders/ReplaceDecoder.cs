using System.Text;
using Azimuth.Tokenization.PreTokenizers;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Decoders;

/// <summary>"Replace", in each token: every match becomes the content as it stands.</summary>
internal sealed class ReplaceDecoder(ISplitPattern pattern, string content) : ITokenDecoder
{
    // A regular expression may match between characters as well.
    public double Growth => Math.Max(1, content.Length) + (pattern is LiteralPattern || content.Length == 0 ? 0 : 1);

    public void Decode(List<string> tokens)
    {
        for (int at = 0; at < tokens.Count; at++)
            tokens[at] = Inner(tokens[at]);
    }

    public string Inner(string token)
    {
        int[] points = CodePoints.Of(token);
        List<TextRange> matches = [];
        pattern.FindMatches(points, matches);
        if (matches.Count == 0)
            return token;
        StringBuilder text = new(token.Length);
        int at = 0;
        foreach (TextRange match in matches)
        {
            text.Append(CodePoints.Text(points.AsSpan(at, match.Start - at))).Append(content);
            at = match.End;
        }

        return text.Append(CodePoints.Text(points.AsSpan(at))).ToString();
    }
}
