namespace Azimuth.Tokenization.Decoders;

/// <summary>"Strip": takes up to so many of one character from the ends of each token (after "Fuse", of the text).</summary>
internal sealed class StripDecoder(string character, int start, int stop) : ITokenDecoder
{
    public void Decode(List<string> tokens)
    {
        for (int at = 0; at < tokens.Count; at++)
            tokens[at] = AtEnd(AtStart(tokens[at]));
    }

    public string AtStart(string text)
    {
        for (int taken = 0; taken < start && text.StartsWith(character, StringComparison.Ordinal); taken++)
            text = text[character.Length..];
        return text;
    }

    private string AtEnd(string text)
    {
        for (int taken = 0; taken < stop && text.EndsWith(character, StringComparison.Ordinal); taken++)
            text = text[..^character.Length];
        return text;
    }
}
