namespace Azimuth.Tokenization.Decoders;

/// <summary>"CTC" (Graves et al. 2006): repeated tokens count once, blanks go, and with the clean-up word delimiters become spaces.</summary>
internal sealed class CtcDecoder(string blank, string wordDelimiter, bool cleanup) : ITokenDecoder
{
    public void Decode(List<string> tokens)
    {
        string? last = null;
        List<string> kept = new(tokens.Count);
        foreach (string token in tokens)
        {
            if (token != last && Inner(token) is { Length: > 0 } text)
                kept.Add(text);
            last = token;
        }

        tokens.Clear();
        tokens.AddRange(kept);
    }

    public string Inner(string token)
    {
        string text = blank.Length == 0 ? token : token.Replace(blank, "", StringComparison.Ordinal);
        return cleanup ? WordPieceDecoder.Tidy(text).Replace(wordDelimiter, " ", StringComparison.Ordinal) : text;
    }
}
