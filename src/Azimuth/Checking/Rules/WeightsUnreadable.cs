namespace Azimuth.Checking.Rules;

/// <summary>The file that holds the numbers is missing, damaged, or of a format that is not read.</summary>
internal static class WeightsUnreadable
{
    public static CheckRule Rule { get; } = new("AZ001", "The weights cannot be read", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        string? problem = subject.IsTable ? subject.Table.Problem : subject.Weights.Problem;
        if (problem is null)
            return RuleVerdict.Nothing;
        return Rule.Find(
            problem, "Download the file again, or convert the model anew; rules that need the weights have not run.",
            evidence: [("path", subject.Path), ("kind", (subject.IsTable ? subject.Table.Kind : subject.Weights.Kind) ?? "")]);
    }
}
