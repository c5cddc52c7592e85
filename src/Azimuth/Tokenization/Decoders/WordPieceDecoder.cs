namespace Azimuth.Tokenization.Decoders;

/// <summary>"WordPiece": a token that continues a word loses its prefix, every other one but the first gets a space, and optionally English is tidied up.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : ITokenDecoder
{
    // In this order, as in the reference: token by token, so "do not" is only found inside one token.
    private static readonly (string Found, string Instead)[] Tidying =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    public void Decode(List<string> tokens)
    {
        for (int at = 0; at < tokens.Count; at++)
            tokens[at] = at > 0 ? Inner(tokens[at]) : cleanup ? Tidy(tokens[at]) : tokens[at];
    }

    public string Inner(string token)
    {
        string text = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
        return cleanup ? Tidy(text) : text;
    }

    public string AtStart(string text) => text.StartsWith(' ') ? text[1..] : text;

    /// <summary>Spaces before punctuation and contractions go.</summary>
    internal static string Tidy(string text)
    {
        foreach ((string found, string instead) in Tidying)
            text = text.Replace(found, instead, StringComparison.Ordinal);
        return text;
    }
}
