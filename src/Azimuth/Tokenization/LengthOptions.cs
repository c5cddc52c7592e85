namespace Azimuth.Tokenization;

/// <summary>How long encodings are: null leaves a part out.</summary>
public sealed record LengthOptions
{
    /// <summary>The most tokens.</summary>
    public TruncationOptions? Truncation { get; init; }

    /// <summary>The fewest tokens.</summary>
    public PaddingOptions? Padding { get; init; }
}
