namespace Azimuth.Tokenization.AddedTokens;

/// <summary>A token found in the text before anything else happens to it.</summary>
internal sealed record AddedToken
{
    public required int Id { get; init; }

    public required string Content { get; init; }

    /// <summary>Matches only between characters that are not of a word.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Takes the blanks on its left into itself.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Takes the blanks on its right into itself.</summary>
    public bool StripRight { get; init; }

    /// <summary>Looked for in the normalised text, by its normalised content; otherwise in the raw text.</summary>
    public bool IsNormalized { get; init; }

    /// <summary>Left out of decoded text on request.</summary>
    public bool IsSpecial { get; init; }
}
