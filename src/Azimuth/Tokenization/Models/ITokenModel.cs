namespace Azimuth.Tokenization.Models;

/// <summary>A token of a piece: its id and the UTF-8 bytes [Start, End) of the piece it stands for.</summary>
internal readonly record struct ModelToken(int Id, int Start, int End);

/// <summary>Turns one piece into token ids. Thread-safe.</summary>
internal interface ITokenModel
{
    /// <summary>The tokens the model itself knows; added tokens are kept elsewhere.</summary>
    Vocabulary Vocabulary { get; }

    /// <summary>The id for what has no other, or null when the model has none.</summary>
    int? UnknownId { get; }

    /// <summary>Whether an unknown token is shown as the text it stands for rather than as its own spelling.</summary>
    bool ShowsUnknownText => false;

    /// <summary>Fills <paramref name="tokens"/>, which comes empty, with the tokens of <paramref name="piece"/> (code points, not empty), in order.</summary>
    void Tokenize(ReadOnlySpan<int> piece, List<ModelToken> tokens);
}
