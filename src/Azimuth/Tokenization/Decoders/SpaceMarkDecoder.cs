namespace Azimuth.Tokenization.Decoders;

/// <summary>Llama's decoder, for vocabularies that carry none of their own: ▁ to space, byte tokens to bytes, and the first blank dropped again.</summary>
internal static class SpaceMarkDecoder
{
    /// <summary>The decoder; <paramref name="dropFirstSpace"/> where encoding puts one in front.</summary>
    public static ITokenDecoder Create(bool dropFirstSpace) => new DecoderSequence(
        [new ReplaceDecoder(new PreTokenizers.LiteralPattern("▁"), " "), new ByteFallbackDecoder(), new FuseDecoder(), new StripDecoder(" ", dropFirstSpace ? 1 : 0, 0)]);
}
