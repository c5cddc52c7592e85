using Azimuth.Numerics;

namespace Azimuth.Transformers;

/// <summary>What a row of logits says, without the row. Natural logarithms.</summary>
/// <param name="LogSumExp">ln Σ exp(logit) over the vocabulary.</param>
/// <param name="Logit">Of the token asked about.</param>
/// <param name="Rank">Of that token: 1 is highest, equal logits by lower id.</param>
/// <param name="Top">The largest logits, highest first.</param>
public readonly record struct NextToken(double LogSumExp, float Logit, int Rank, IReadOnlyList<Scored> Top)
{
    /// <summary>−ln p of the token asked about.</summary>
    public double LossNats => LogSumExp - Logit;

    /// <summary>p of it.</summary>
    public double Probability => Math.Exp(Logit - LogSumExp);
}
