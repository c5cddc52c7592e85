using System.Text.Json.Serialization;

namespace Azimuth.Transformers.Positions;

/// <summary>One way in which a model tells positions apart, and what it does to vectors. A model may use several, in different layers.</summary>
public sealed record PositionScheme
{
    /// <summary>Which way.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<PositionKind>))]
    public required PositionKind Kind { get; init; }

    /// <summary>The layers whose attention it enters, ascending; empty for rows that are added to the embedding.</summary>
    public required IReadOnlyList<int> Layers { get; init; }

    /// <summary>All of it in words.</summary>
    public required string Description { get; init; }

    /// <summary>What <see cref="Similarity"/> is the similarity of; null where there is none.</summary>
    public string? SimilarityOf { get; init; }

    /// <summary>Similarity against distance: every distance up to 256, then in steps of an eighth of a doubling.</summary>
    public IReadOnlyList<DistanceCosine> Similarity { get; init; } = [];

    /// <summary>The same after the mean of all position rows has been subtracted; empty but for rows that are added.</summary>
    public IReadOnlyList<DistanceCosine> CentredSimilarity { get; init; } = [];

    /// <summary>Rotary: largest relative change of a length by turning. Added rows: largest relative distance of a row's length from their mean length. Else null.</summary>
    public double? NormError { get; init; }

    /// <summary>Rotary: largest change of a score, relative to |q||k|, when query and key are moved together. Added rows: largest spread of the cosine at one distance. Else null.</summary>
    public double? OffsetError { get; init; }

    /// <summary>Rotary: radians a position for each pair, for a run of <see cref="Length"/>; else empty.</summary>
    public IReadOnlyList<double> InverseFrequencies { get; init; } = [];

    /// <summary>Rotary: the factor on cosine and sine; else null.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>ALiBi: one slope a head; else empty.</summary>
    public IReadOnlyList<float> Slopes { get; init; } = [];

    /// <summary>Added rows: their lengths; else null.</summary>
    public PositionNorms? Norms { get; init; }

    /// <summary>The run's length that frequencies and distances are for.</summary>
    public required int Length { get; init; }
}

/// <summary>How a model tells positions apart.</summary>
public enum PositionKind
{
    /// <summary>Not at all, but for the mask.</summary>
    None,

    /// <summary>A trained row added to the embedding.</summary>
    Learned,

    /// <summary>A row of sines and cosines added to the embedding.</summary>
    Sinusoidal,

    /// <summary>Queries and keys turned by angles that grow with the position.</summary>
    Rotary,

    /// <summary>Scores that fall with the distance.</summary>
    Alibi,
}
