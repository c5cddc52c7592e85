namespace Azimuth.Tokenization.Decoders;

/// <summary>"BPEDecoder": the mark of a word's end becomes a space, and nothing in the last token.</summary>
internal sealed class SuffixDecoder(string suffix) : ITokenDecoder
{
    public void Decode(List<string> tokens)
    {
        for (int at = 0; at < tokens.Count; at++)
            tokens[at] = tokens[at].Replace(suffix, at == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal);
    }

    public string Inner(string token) => token.Replace(suffix, " ", StringComparison.Ordinal);
}
