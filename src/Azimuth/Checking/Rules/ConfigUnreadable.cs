namespace Azimuth.Checking.Rules;

/// <summary>config.json, or a GGUF file's metadata, is missing, damaged, contradicts itself, or names an architecture that is not computed here.</summary>
internal static class ConfigUnreadable
{
    public static CheckRule Rule { get; } = new("AZ002", "The configuration cannot be used", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.IsTable)
            return RuleVerdict.CannotRun("a table has no configuration");
        var findings = new List<Finding>();
        if (subject.Read.Problem is { } problem)
        {
            bool unknown = problem.Contains("expected a known architecture", StringComparison.Ordinal);
            findings.Add(Rule.Find(
                problem,
                unknown ? "Nothing need be wrong with it: this program cannot compute it, so most rules have not run." : "Correct the file, or take it again from where the model was published.",
                unknown ? Severity.Warning : Severity.Error, ("path", subject.Path), ("kind", subject.Read.Kind ?? "")));
        }

        foreach (Attempt<JsonFileContent> file in new[] { subject.Generation, subject.TokenizerConfig })
        {
            if (file.Problem is { } damage)
                findings.Add(Rule.Find(damage, "Correct the file, or take it again from where the model was published.", evidence: [("path", subject.Path), ("kind", file.Kind ?? "")]));
        }

        return findings;
    }
}
