using System.Text.Json.Serialization;

namespace Azimuth.Embeddings;

/// <summary>A token and the score it got.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Value">The score.</param>
public sealed record TokenScore(int Id, string Text, double Value);

/// <summary>
/// One token through the table and back by three ways (DESIGN §8): its row is scored against every row, and one looks whether the token itself
/// comes out highest.
/// </summary>
public sealed record TokenRoundTrip
{
    /// <summary>The token.</summary>
    public required TokenRef Token { get; init; }

    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>
    /// eᵗ(EᵀE)⁻¹e of the token's row e, between 0 and 1: how much of the row no other rows can replace. Sums to the rank of the table over all tokens.
    /// </summary>
    public required double Leverage { get; init; }

    /// <summary>Scores E·e: what a tied unembedding computes.</summary>
    public required RoundTripWay Transpose { get; init; }

    /// <summary>Cosines of every row with e; null for a zero row, which has no direction.</summary>
    public required RoundTripWay? Cosine { get; init; }

    /// <summary>Scores E(EᵀE)⁻¹e: the least-squares way back. Its own entry is <see cref="Leverage"/>. Of two tables, the answering one's inverse.</summary>
    public required RoundTripWay LeftInverse { get; init; }

    /// <summary>Of two tables, the way back by the inverse of the table the row comes from; null for one table.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RoundTripWay? LeftInverseInput { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}

/// <summary>How a token came back by one way.</summary>
public sealed record RoundTripWay
{
    /// <summary>The token's own score.</summary>
    public required double Own { get; init; }

    /// <summary>Rank of the token's own score: 1 + the number of higher scores and of equal scores at lower ids.</summary>
    public required int Rank { get; init; }

    /// <summary>The highest scores of other tokens, equal scores by lower id.</summary>
    public required IReadOnlyList<TokenScore> Peaks { get; init; }

    /// <summary>(own − mean of the other scores) / their population standard deviation; null when that is 0.</summary>
    public required double? PeakToNoise { get; init; }
}

/// <summary>The round trip of every token of a table.</summary>
public sealed record TableRoundTrip
{
    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>Number of tokens.</summary>
    public required int Rows { get; init; }

    /// <summary>Sum of all leverages: the rank of the table, its width when no direction is missing.</summary>
    public required double LeverageSum { get; init; }

    /// <summary>The token with the smallest leverage.</summary>
    public required TokenScore LeverageMin { get; init; }

    /// <summary>The token with the largest leverage.</summary>
    public required TokenScore LeverageMax { get; init; }

    /// <summary>Share of the tokens that come back as themselves.</summary>
    public required RecoveredShares Recovered { get; init; }

    /// <summary>Tokens that do not come back, by each way.</summary>
    public required RecoveredCounts Lost { get; init; }

    /// <summary>Where the tokens come out, of all or of a sample; null when that was not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RoundTripRanks? Ranks { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}

/// <summary>Shares of a vocabulary, 0 to 1.</summary>
/// <param name="Transpose">By the scores E·e.</param>
/// <param name="Cosine">By cosine.</param>
/// <param name="LeftInverse">By E(EᵀE)⁻¹e.</param>
public sealed record RecoveredShares(double Transpose, double Cosine, double LeftInverse);

/// <summary>Numbers of tokens.</summary>
/// <param name="Transpose">By the scores E·e.</param>
/// <param name="Cosine">By cosine.</param>
/// <param name="LeftInverse">By E(EᵀE)⁻¹e.</param>
public sealed record RecoveredCounts(int Transpose, int Cosine, int LeftInverse);
