using System.Text.Json.Serialization;
using Azimuth.Embeddings;

namespace Azimuth.Geometry.Maps;

/// <summary>How rows become points of a picture.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MapProjection>))]
public enum MapProjection
{
    /// <summary>Directions along their first three principal axes, at length 1 again, by Lambert's equal-area projection onto a disk.</summary>
    [JsonStringEnumMemberName("sphere")]
    Sphere,

    /// <summary>Rows less their mean along their first two principal axes; lengths count.</summary>
    [JsonStringEnumMemberName("plane")]
    Plane,
}

/// <summary>A table as points of a picture, with what the picture hides: the share of variance shown and of true neighbours kept.</summary>
public sealed record TableMap
{
    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>Number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>How rows became points.</summary>
    public required MapProjection Projection { get; init; }

    /// <summary>The mean row was subtracted first.</summary>
    public required bool Centred { get; init; }

    /// <summary>Share of the variance along the axes: for a sphere, of the directions' squared length.</summary>
    public required double VarianceShown { get; init; }

    /// <summary>The share along each axis, largest first: three for a sphere, two for a plane, fewer for narrower tables.</summary>
    public required IReadOnlyList<double> AxisShares { get; init; }

    /// <summary>
    /// Mean share of a token's ten nearest by cosine that are among its ten nearest points: on a sphere of the directions that are shown, in a plane of the rows as stored.
    /// Null with one direction.
    /// </summary>
    public required double? KeptCosineNeighbours10 { get; init; }

    /// <summary>The same of the ten nearest by Euclidean distance; null for a sphere.</summary>
    public required double? KeptEuclideanNeighbours10 { get; init; }

    /// <summary>Trustworthiness (<see cref="MapQuality.Trustworthiness"/>); null for a sphere.</summary>
    public required double? Trustworthiness10 { get; init; }

    /// <summary>Tokens asked for their neighbours.</summary>
    public required int Queries { get; init; }

    /// <summary>Seed of their draw; null when all were asked.</summary>
    public required ulong? Seed { get; init; }

    /// <summary>Rows without a direction, which have no point.</summary>
    public required int RowsWithoutPoint { get; init; }

    /// <summary>Share of the points less than half of whose length lies along the axes: where they are says little.</summary>
    public required double FarOut { get; init; }

    /// <summary>Points of the picture [row, 2]: x to the right, y up; within a disk of radius 2 for a sphere. NaN for rows without a point.</summary>
    [JsonIgnore]
    public float[] Points { get; init; } = [];

    /// <summary>Coordinates along the axes [row, axis], before the sphere is taken: of unit directions for a sphere, of rows less their mean for a plane.</summary>
    [JsonIgnore]
    public float[] Coordinates { get; init; } = [];

    /// <summary>Share of each row's length that lies along the axes, 0 to 1; NaN without a point.</summary>
    [JsonIgnore]
    public float[] Shown { get; init; } = [];

    /// <summary>What was subtracted from every row before its direction was taken [model].</summary>
    [JsonIgnore]
    public double[] Origin { get; init; } = [];

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();

    /// <summary>True when less than half of the row's length lies along the axes; drawn hollow.</summary>
    public bool IsFarOut(int id) => Shown[id] < 0.5;

    /// <summary>True when the row has a point.</summary>
    public bool HasPoint(int id) => !float.IsNaN(Points[2 * id]);
}
