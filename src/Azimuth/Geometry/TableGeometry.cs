using System.Text.Json.Serialization;
using Azimuth.Embeddings;

namespace Azimuth.Geometry;

/// <summary>A token and the length of its row.</summary>
/// <param name="Id">Row number.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Norm">Euclidean length.</param>
public sealed record TokenNorm(int Id, string Text, double Norm);

/// <summary>
/// A table's shape as a cloud of directions and lengths (DESIGN §8). Sums are in double; quantiles interpolate linearly between order statistics
/// (type 7); nothing is sampled.
/// </summary>
public sealed record TableGeometry
{
    /// <summary>The table's name: "input table" or "output table".</summary>
    public required string Table { get; init; }

    /// <summary>Number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Length of a row.</summary>
    public required int Columns { get; init; }

    /// <summary>Mean Euclidean length of the rows.</summary>
    public required double NormMean { get; init; }

    /// <summary>Standard deviation of the lengths, dividing by the number of rows.</summary>
    public required double NormSdPopulation { get; init; }

    /// <summary>Quantiles of the lengths, keyed by percent: "0", "1", "5", "25", "50", "75", "95", "99", "100".</summary>
    public required IReadOnlyDictionary<string, double> NormQuantiles { get; init; }

    /// <summary>Ids of the ten shortest rows, shortest first, equal lengths by lower id.</summary>
    public required IReadOnlyList<int> SmallestNormIds { get; init; }

    /// <summary>Ids of the ten longest rows, longest first.</summary>
    public required IReadOnlyList<int> LargestNormIds { get; init; }

    /// <summary>The ten shortest rows by name.</summary>
    public required IReadOnlyList<TokenNorm> SmallestNorm { get; init; }

    /// <summary>The ten longest rows by name.</summary>
    public required IReadOnlyList<TokenNorm> LargestNorm { get; init; }

    /// <summary>Rows of length 0, which have no direction and are left out of <see cref="MeanPairwiseCosine"/>.</summary>
    public required int ZeroRows { get; init; }

    /// <summary>Euclidean length of the mean row: 0 for a centred table.</summary>
    public required double MeanVectorNorm { get; init; }

    /// <summary>Mean cosine of all pairs of different rows, exact: (|Σu|² − n) / (n(n − 1)) over unit rows u. NaN with fewer than two directions.</summary>
    public required double MeanPairwiseCosine { get; init; }

    /// <summary>The ten largest singular values of the table, not centred.</summary>
    public required IReadOnlyList<double> SingularValuesFirst10 { get; init; }

    /// <summary>exp(entropy of σ/Σσ) over all singular values (Roy &amp; Vetterli 2007): how many directions are in use, 1 to the width.</summary>
    public required double EffectiveRankSingularValues { get; init; }

    /// <summary>(Σλ)²/Σλ² over the eigenvalues of the centred table's covariance, 1 to the width.</summary>
    public required double ParticipationRatioCentredEigenvalues { get; init; }

    /// <summary>Shares of the variance along the first ten principal components (centred), largest first.</summary>
    public required IReadOnlyList<double> ExplainedVarianceFirst10 { get; init; }

    /// <summary>All singular values of the table (not centred), largest first.</summary>
    public required IReadOnlyList<double> Spectrum { get; init; }

    /// <summary>All eigenvalues of the covariance (centred, divided by n − 1), largest first.</summary>
    [JsonIgnore]
    public IReadOnlyList<double> CovarianceEigenvalues { get; init; } = [];

    /// <summary>Euclidean length of every row, by id.</summary>
    [JsonIgnore]
    public float[] Norms { get; init; } = [];

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}
