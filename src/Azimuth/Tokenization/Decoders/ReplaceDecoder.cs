namespace Azimuth.Tokenization.Decoders;

/// <summary>"Replace" with a string pattern, in each token.</summary>
internal sealed class ReplaceDecoder(string pattern, string content) : ITokenDecoder
{
    public void Decode(List<string> tokens)
    {
        for (int at = 0; at < tokens.Count; at++)
            tokens[at] = Inner(tokens[at]);
    }

    public string Inner(string token) => pattern.Length == 0 ? token : token.Replace(pattern, content, StringComparison.Ordinal);
}
