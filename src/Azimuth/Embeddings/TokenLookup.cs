using System.Text.Json.Serialization;

namespace Azimuth.Embeddings;

/// <summary>From ids to rows: what the model looks up for each token, and how the directions of those rows lie to each other.</summary>
public sealed record TokenLookup
{
    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>Length of a row.</summary>
    public required int ModelDim { get; init; }

    /// <summary>The tokens looked up, in the order given; repeats stay.</summary>
    public required IReadOnlyList<TokenRef> Tokens { get; init; }

    /// <summary>Euclidean length of each token's row.</summary>
    public required IReadOnlyList<double> Norms { get; init; }

    /// <summary>The first values of each row, at most 8: [token][value].</summary>
    public required IReadOnlyList<IReadOnlyList<float>> RowsPreview { get; init; }

    /// <summary>Cosine of every pair, −1 to 1: [token][token]; null where either row is zero and has no direction.</summary>
    public required IReadOnlyList<IReadOnlyList<double?>> Cosine { get; init; }

    /// <summary>Angle of every pair in degrees, 0 to 180: [token][token]; null where either row is zero.</summary>
    public required IReadOnlyList<IReadOnlyList<double?>> AngleDegrees { get; init; }

    /// <summary>Largest absolute difference between a token's row and the product of its one-hot vector with the table: 0 shows that looking up is that product.</summary>
    public required double OneHotMaxDifference { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}
