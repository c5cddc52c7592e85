namespace Azimuth.Tokenization;

/// <summary>How encodings are filled up to one length.</summary>
public sealed record PaddingOptions
{
    /// <summary>The length; null for that of the longest encoding of the batch. Longer encodings stay as they are.</summary>
    public int? Length { get; init; }

    /// <summary>The length is rounded up to a multiple of this; null for none.</summary>
    public int? MultipleOf { get; init; }

    /// <summary>The token to fill up with; default 0.</summary>
    public int Id { get; init; }

    /// <summary>Its type; default 0.</summary>
    public int TypeId { get; init; }

    /// <summary>How encodings spell it; default "[PAD]".</summary>
    public string Token { get; init; } = "[PAD]";

    /// <summary>Where it is put; default the end.</summary>
    public TextSide Side { get; init; } = TextSide.Right;
}
