namespace Azimuth.Checking.Rules;

/// <summary>All rows share a direction: cosines between any two are high, and say little.</summary>
internal static class Anisotropy
{
    private const double MeanCosine = 0.1;

    public static CheckRule Rule { get; } = new("AZ902", "The rows share a direction: centre before comparing", Severity.Advice, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Geometry is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        return !(table.MeanPairwiseCosine > MeanCosine) ? RuleVerdict.Nothing : Rule.Find(
            $"The mean cosine of two different rows is {Words.Three(table.MeanPairwiseCosine)}, where it would be 0 in a table without a preferred direction; the mean row is {Words.Three(100 * table.MeanVectorNorm / table.NormMean)} % as long as a row.",
            "Read a cosine against that mean, or subtract the mean row first (azimuth geometry measures what it changes).",
            evidence: [("meanPairwiseCosine", (object?)table.MeanPairwiseCosine ?? ""), ("meanVectorNorm", table.MeanVectorNorm), ("normMean", table.NormMean)]);
    }
}
