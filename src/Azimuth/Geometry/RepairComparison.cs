using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>
/// The same measures of isotropy before and after six repairs. What depends on the covariance alone is computed from its eigenvalues; the rest in one
/// pass over the rows, whose coordinates along the eigenvectors give every repair at once. Nothing is sampled.
/// </summary>
public sealed record RepairComparison
{
    /// <summary>The rows as stored.</summary>
    public required Isotropy Raw { get; init; }

    /// <summary>The mean row removed.</summary>
    public required Isotropy Centred { get; init; }

    /// <summary>The mean row and the first principal component removed.</summary>
    public required Isotropy RemoveTop1 { get; init; }

    /// <summary>The mean row and the first two principal components removed.</summary>
    public required Isotropy RemoveTop2 { get; init; }

    /// <summary>The mean row and the first three principal components removed.</summary>
    public required Isotropy RemoveTop3 { get; init; }

    /// <summary>PCA whitening.</summary>
    public required Isotropy WhitenPca { get; init; }

    /// <summary>ZCA whitening, a rotation of <see cref="WhitenPca"/>: no measure here can tell them apart.</summary>
    public required Isotropy WhitenZca { get; init; }

    /// <summary>What whitening adds to every variance.</summary>
    public required double WhitenEpsilon { get; init; }

    /// <summary>Measures a matrix and its repairs.</summary>
    /// <param name="rows">At least one row and one column, finite numbers.</param>
    /// <param name="spectrum">Of the same rows.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="epsilon">Added to every variance before whitening divides by its root.</param>
    /// <param name="progress">Told the share done, 0 to 1; may be called from any thread.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">A spectrum of another shape.</exception>
    public static RepairComparison Of(
        StoredMatrix rows, TableSpectrum spectrum, Workers workers, double epsilon = 1e-5, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(spectrum);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(epsilon);
        if (spectrum.RowCount != rows.Rows || spectrum.Columns != rows.Columns)
            throw new ArgumentException($"the spectrum of [{rows.Rows}, {rows.Columns}] expected, found one of [{spectrum.RowCount}, {spectrum.Columns}]", nameof(spectrum));
        double[] factors = TableRepair.WhiteningFactors(spectrum.Covariance, spectrum.RowCount, epsilon);
        IsotropyPass pass = IsotropyPass.Over(rows, spectrum, factors, workers, progress, cancellation);
        Isotropy whitened = Of(pass, IsotropyPass.Whitened, [.. spectrum.ExplainedVariance.Select((v, j) => v * factors[j] * factors[j])], null);
        return new RepairComparison
        {
            Raw = Of(pass, IsotropyPass.Raw, spectrum.ExplainedVariance, spectrum.SingularValues),
            Centred = Of(pass, IsotropyPass.Centred, spectrum.ExplainedVariance, null),
            RemoveTop1 = Without(1),
            RemoveTop2 = Without(2),
            RemoveTop3 = Without(3),
            WhitenPca = whitened,
            WhitenZca = whitened,
            WhitenEpsilon = epsilon,
        };

        Isotropy Without(int components) =>
            Of(pass, IsotropyPass.Centred + components, [.. spectrum.ExplainedVariance.Select((v, j) => j < components ? 0 : v)], null);
    }

    /// <summary>One form's measures from its covariance eigenvalues and its singular values, which are the eigenvalues' roots unless given.</summary>
    private static Isotropy Of(IsotropyPass pass, int form, double[] variances, double[]? singular)
    {
        singular ??= Array.ConvertAll(variances, Math.Sqrt);
        return new Isotropy
        {
            MeanPairwiseCosine = pass.MeanPairwiseCosine(form),
            IsoScore = Isotropy.IsoScoreOf(variances),
            ParticipationRatio = TableMeasures.ParticipationRatio(variances),
            LogPartitionIsotropy = pass.LogPartitionIsotropy(form, bothSigns: true),
            LogPartitionIsotropyOneSign = pass.LogPartitionIsotropy(form, bothSigns: false),
            EffectiveRankSingularValues = TableMeasures.EffectiveRank(singular),
            EffectiveRankEigenvalues = TableMeasures.EffectiveRank(Array.ConvertAll(singular, s => s * s)),
        };
    }
}
