namespace Azimuth.Tokenization.Decoders;

/// <summary>One step from tokens as the vocabulary spells them to text. Thread-safe.</summary>
internal interface ITokenDecoder
{
    /// <summary>Rewrites the tokens of a whole text in place; at the end of the chain they are joined.</summary>
    void Decode(List<string> tokens);

    /// <summary>The most characters that one can become.</summary>
    double Growth => 1;

    /// <summary>The bytes of one token by itself when this step turns it into bytes, else null.</summary>
    byte[]? Bytes(string token) => null;

    /// <summary>What this step makes of one token that stands in the middle of a text.</summary>
    string Inner(string token) => token;

    /// <summary>What this step additionally takes from the beginning of a text.</summary>
    string AtStart(string text) => text;
}
