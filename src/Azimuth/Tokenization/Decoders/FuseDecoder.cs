namespace Azimuth.Tokenization.Decoders;

/// <summary>"Fuse": all tokens become one, so that what follows acts on the whole text.</summary>
internal sealed class FuseDecoder : ITokenDecoder
{
    public void Decode(List<string> tokens)
    {
        string joined = string.Concat(tokens);
        tokens.Clear();
        tokens.Add(joined);
    }
}
