namespace Azimuth.Tokenization.Decoders;

/// <summary>"Sequence": one decoder after the other.</summary>
internal sealed class DecoderSequence(IReadOnlyList<ITokenDecoder> parts) : ITokenDecoder
{
    public double Growth => parts.Aggregate(1.0, (growth, part) => growth * part.Growth);

    public void Decode(List<string> tokens)
    {
        foreach (ITokenDecoder part in parts)
            part.Decode(tokens);
    }

    public byte[]? Bytes(string token)
    {
        foreach (ITokenDecoder part in parts)
        {
            if (part.Bytes(token) is { } bytes)
                return bytes;
            token = part.Inner(token);
        }

        return null;
    }

    public string Inner(string token) => parts.Aggregate(token, (text, part) => part.Inner(text));

    public string AtStart(string text) => parts.Aggregate(text, (at, part) => part.AtStart(at));
}
