namespace Azimuth.Tokenization;

/// <summary>Which of two texts loses tokens when there are too many.</summary>
public enum TruncationStrategy
{
    /// <summary>The longer one, and both from where they are equally long.</summary>
    LongestFirst,

    /// <summary>The first one only.</summary>
    OnlyFirst,

    /// <summary>The second one only.</summary>
    OnlySecond,
}

/// <summary>The end of a text at which something is done.</summary>
public enum TextSide
{
    /// <summary>The beginning.</summary>
    Left,

    /// <summary>The end.</summary>
    Right,
}

/// <summary>How too many tokens become few enough; what is cut off makes further windows (<see cref="TokenEncoding.Overflowing"/>).</summary>
public sealed record TruncationOptions
{
    /// <summary>The most tokens of an encoding, added ones included; default 512.</summary>
    public int MaxLength { get; init; } = 512;

    /// <summary>Which of two texts is cut; default <see cref="TruncationStrategy.LongestFirst"/>.</summary>
    public TruncationStrategy Strategy { get; init; } = TruncationStrategy.LongestFirst;

    /// <summary>How many tokens a window shares with the one before it; below the window's own length; default 0.</summary>
    public int Stride { get; init; }

    /// <summary>Where tokens are cut off; default the end.</summary>
    public TextSide Side { get; init; } = TextSide.Right;
}
