namespace Azimuth.Checking.Rules;

/// <summary>How much of the table a plane of two principal components can show.</summary>
internal static class PlanePicture
{
    private const double Enough = 0.5;

    public static CheckRule Rule { get; } = new("AZ906", "A plane shows little of this table", Severity.Advice, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Geometry is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        double share = table.ExplainedVarianceFirst10.Take(2).Sum();
        return share >= Enough ? RuleVerdict.Nothing : Rule.Find(
            $"The two first principal components hold {Words.Three(100 * share)} % of the variance of {Words.Count(table.Columns)} dimensions: most that is near in a picture of them is not near in the table.",
            "State the share beside every picture, and look neighbours up in full dimension (azimuth neighbors).",
            evidence: [("sharePlane", share), ("dimensions", table.Columns)]);
    }
}
