using System.Text.Json.Serialization;

namespace Azimuth.Embeddings;

/// <summary>How near two rows are.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SimilarityMetric>))]
public enum SimilarityMetric
{
    /// <summary>a·b / (|a||b|): direction only. Largest first.</summary>
    [JsonStringEnumMemberName("cosine")]
    Cosine,

    /// <summary>a·b: direction and both lengths. Largest first.</summary>
    [JsonStringEnumMemberName("dot")]
    Dot,

    /// <summary>|a − b|. Smallest first.</summary>
    [JsonStringEnumMemberName("euclidean")]
    Euclidean,
}

/// <summary>The rows nearest to one token's row by one metric.</summary>
public sealed record NeighborList
{
    /// <summary>The token asked about; it is not among its own neighbours.</summary>
    public required TokenRef Token { get; init; }

    /// <summary>Which nearness.</summary>
    public required SimilarityMetric Metric { get; init; }

    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>Euclidean length of the token's row.</summary>
    public required double Norm { get; init; }

    /// <summary>Nearest first, equal values by lower id. Empty by cosine when the token's row is zero, which has no direction.</summary>
    public required IReadOnlyList<Neighbor> Neighbors { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}

/// <summary>One token's neighbours by three metrics side by side, and where they disagree.</summary>
public sealed record MetricAudit
{
    /// <summary>The token asked about.</summary>
    public required TokenRef Token { get; init; }

    /// <summary>Euclidean length of its row.</summary>
    public required double Norm { get; init; }

    /// <summary>Mean length of the table's rows, to judge <see cref="Norm"/> by.</summary>
    public required double MeanNorm { get; init; }

    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>Length of each list (fewer when the table is smaller).</summary>
    public required int K { get; init; }

    /// <summary>Nearest by cosine.</summary>
    public required IReadOnlyList<Neighbor> Cosine { get; init; }

    /// <summary>Nearest by dot product.</summary>
    public required IReadOnlyList<Neighbor> Dot { get; init; }

    /// <summary>Nearest by Euclidean distance.</summary>
    public required IReadOnlyList<Neighbor> Euclidean { get; init; }

    /// <summary>Tokens in both the cosine and the dot list, over the longer list's length, 0 to 1; 1 for two empty lists.</summary>
    public required double OverlapCosineDot { get; init; }

    /// <summary>The same of the cosine and the Euclidean list.</summary>
    public required double OverlapCosineEuclidean { get; init; }

    /// <summary>The same of the dot and the Euclidean list.</summary>
    public required double OverlapDotEuclidean { get; init; }

    /// <summary>Tokens in all three lists, in cosine order.</summary>
    public required IReadOnlyList<TokenRef> InAll { get; init; }

    /// <summary>Tokens only cosine finds, in its order.</summary>
    public required IReadOnlyList<TokenRef> OnlyCosine { get; init; }

    /// <summary>Tokens only the dot product finds, in its order.</summary>
    public required IReadOnlyList<TokenRef> OnlyDot { get; init; }

    /// <summary>Tokens only Euclidean distance finds, in its order.</summary>
    public required IReadOnlyList<TokenRef> OnlyEuclidean { get; init; }

    /// <summary>What this means, in a sentence or two.</summary>
    public required string Verdict { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}
