namespace Azimuth.Tokenization.Decoders;

/// <summary>"Metaspace": marks become spaces; in the first token they vanish where encoding may have put one there.</summary>
internal sealed class MetaspaceDecoder(string mark, bool dropsFirst) : ITokenDecoder
{
    public void Decode(List<string> tokens)
    {
        for (int at = 0; at < tokens.Count; at++)
            tokens[at] = tokens[at].Replace(mark, at == 0 && dropsFirst ? "" : " ", StringComparison.Ordinal);
    }

    public string Inner(string token) => token.Replace(mark, " ", StringComparison.Ordinal);

    public string AtStart(string text) => dropsFirst ? text.TrimStart(' ') : text;
}
