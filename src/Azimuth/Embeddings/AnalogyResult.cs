using System.Text.Json.Serialization;

namespace Azimuth.Embeddings;

/// <summary>Two tokens that stand in a relation: first is to second.</summary>
/// <param name="First">"man" in "man is to king".</param>
/// <param name="Second">"king" in "man is to king".</param>
public sealed record TokenPair(TokenRef First, TokenRef Second);

/// <summary>A row that answers an analogy.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Score">The method's own value.</param>
public sealed record AnalogyAnswer(int Id, string Text, double Score);

/// <summary>How the answer that was hoped for did.</summary>
/// <param name="Token">The answer.</param>
/// <param name="Rank">1 + the rows that score higher, equal scores by lower id; null when the row is excluded or has no direction.</param>
/// <param name="Score">The method's value, null where it has none.</param>
/// <param name="OffsetCosineUnitRows">cos(b − a, d − c) with rows of length 1; null where one of the two is zero.</param>
/// <param name="OffsetCosineRawRows">The same with rows as stored.</param>
public sealed record AnalogyExpectation(TokenRef Token, int? Rank, double? Score, double? OffsetCosineUnitRows, double? OffsetCosineRawRows);

/// <summary>The answers to "a is to b as c is to ?".</summary>
public sealed record AnalogyResult
{
    /// <summary>The pair, or the pairs, that show the relation.</summary>
    public required IReadOnlyList<TokenPair> Pairs { get; init; }

    /// <summary>c, whose partner is asked for.</summary>
    public required TokenRef Query { get; init; }

    /// <summary>How answers are scored.</summary>
    public required AnalogyMethod Method { get; init; }

    /// <summary>Best first, equal scores by lower id.</summary>
    public required IReadOnlyList<AnalogyAnswer> Answers { get; init; }

    /// <summary>The answer that was hoped for; null when none was named.</summary>
    public required AnalogyExpectation? Expected { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}
