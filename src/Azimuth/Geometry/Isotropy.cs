using System.Text.Json.Serialization;

namespace Azimuth.Geometry;

/// <summary>
/// How evenly a table's rows use their space, by several measures. IsoScore and participation ratio centre by themselves; effective rank, mean cosine and
/// partition function take the rows as they are.
/// </summary>
public sealed record Isotropy
{
    /// <summary>Mean cosine of all pairs of different rows, exact: (|Σu|² − n)/(n(n − 1)) over unit rows u. NaN with fewer than two directions.</summary>
    public required double MeanPairwiseCosine { get; init; }

    /// <summary>IsoScore (Rudman et al. 2022), 0 for a line to 1 for a ball: (participation ratio − 1)/(d − 1). Null for one column and for rows that do not vary.</summary>
    [JsonPropertyName("isoscore")]
    public required double? IsoScore { get; init; }

    /// <summary>(Σλ)²/Σλ² over the covariance's eigenvalues λ: how many equal ones would spread the variance as far, 1 to the width; 0 when the rows do not vary.</summary>
    public required double ParticipationRatio { get; init; }

    /// <summary>
    /// ln(min Z/max Z), Z(c) = Σ exp(c·row) over both signs of every unit eigenvector c of the rows' products (Mu &amp; Viswanath 2018, eq. 7); 0 when
    /// no direction stands out. It depends on the rows' scale. Of a whitened table, where every basis is one of eigenvectors, those before whitening count.
    /// </summary>
    public required double LogPartitionIsotropy { get; init; }

    /// <summary>exp of <see cref="LogPartitionIsotropy"/>: 0 to 1. 0 where it is below the smallest double.</summary>
    public double PartitionIsotropy => Math.Exp(LogPartitionIsotropy);

    /// <summary>The same with one sign of each eigenvector, the one whose entry of largest magnitude is positive: the definition leaves the sign free.</summary>
    public required double LogPartitionIsotropyOneSign { get; init; }

    /// <summary>exp(entropy of σ/Σσ) over the singular values σ (Roy &amp; Vetterli 2007), 1 to the width.</summary>
    public required double EffectiveRankSingularValues { get; init; }

    /// <summary>The same over σ²/Σσ²: another measure that goes by the same name.</summary>
    public required double EffectiveRankEigenvalues { get; init; }

    /// <summary>(participation ratio − 1)/(d − 1) of a covariance's eigenvalues (Rudman et al. 2022; the closed form needs no rotation of the rows).</summary>
    /// <param name="eigenvalues">All of them [d], zeros too.</param>
    /// <returns>Null for fewer than two, and when all are zero.</returns>
    public static double? IsoScoreOf(IReadOnlyList<double> eigenvalues)
    {
        ArgumentNullException.ThrowIfNull(eigenvalues);
        double ratio = TableMeasures.ParticipationRatio(eigenvalues);
        return eigenvalues.Count < 2 || ratio == 0 ? null : (ratio - 1) / (eigenvalues.Count - 1);
    }
}
