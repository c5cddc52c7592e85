namespace Azimuth.Tokenization.Decoders;

/// <summary>"Strip": takes up to so many of one character from the ends of each token (after "Fuse", of the text).</summary>
/// <param name="character">Not empty.</param>
/// <param name="start">How many at the beginning.</param>
/// <param name="stop">How many at the end.</param>
internal sealed class StripDecoder(string character, int start, int stop) : ITokenDecoder
{
    public void Decode(List<string> tokens)
    {
        for (int at = 0; at < tokens.Count; at++)
            tokens[at] = AtEnd(AtStart(tokens[at]));
    }

    public string AtStart(string text)
    {
        int at = 0;
        for (int taken = 0; taken < start && text.AsSpan(at).StartsWith(character, StringComparison.Ordinal); taken++)
            at += character.Length;
        return text[at..];
    }

    private string AtEnd(string text)
    {
        int end = text.Length;
        for (int taken = 0; taken < stop && text.AsSpan(0, end).EndsWith(character, StringComparison.Ordinal); taken++)
            end -= character.Length;
        return text[..end];
    }
}
