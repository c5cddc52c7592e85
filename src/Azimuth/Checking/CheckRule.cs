namespace Azimuth.Checking;

/// <summary>One thing that is looked for. A rule is one file with one static instance of this, one line in <see cref="CheckRules"/>, and one page of docs/findings.</summary>
public sealed record CheckRule
{
    internal CheckRule(string code, string title, Severity severity, Func<CheckSubject, RuleVerdict> look) => (Code, Title, Severity, Look) = (code, title, severity, look);

    /// <summary>"AZ" and three digits; a code never changes its meaning.</summary>
    public string Code { get; }

    /// <summary>What is found, in a few words.</summary>
    public string Title { get; }

    /// <summary>How grave it is as a rule; a single finding may be milder.</summary>
    public Severity Severity { get; }

    /// <summary>The page that explains it, below the repository's root.</summary>
    public string Page => $"docs/findings/{Code}.md";

    /// <summary>Looks.</summary>
    internal Func<CheckSubject, RuleVerdict> Look { get; }

    /// <summary>A finding of this rule.</summary>
    internal Finding Find(string message, string fix, Severity? severity = null, params IReadOnlyList<(string Name, object Value)> evidence) =>
        new(Code, severity ?? Severity, Title, Sentence(message), evidence.ToDictionary(e => e.Name, e => e.Value, StringComparer.Ordinal), fix);

    /// <summary>Errors of readers end without a point where more may follow.</summary>
    private static string Sentence(string text) => text is [.., '.' or '!' or '?' or '…'] ? text : text + ".";
}

/// <summary>What a rule has to say: findings, nothing, or why it could not look.</summary>
/// <param name="Findings">None when all is well.</param>
/// <param name="NotRun">Why it could not look; null when it did.</param>
internal sealed record RuleVerdict(IReadOnlyList<Finding> Findings, string? NotRun)
{
    /// <summary>It looked and all is well.</summary>
    public static RuleVerdict Nothing { get; } = new([], null);

    public static RuleVerdict CannotRun(string reason) => new([], reason);

    public static implicit operator RuleVerdict(Finding finding) => new([finding], null);

    public static implicit operator RuleVerdict(List<Finding> findings) => new(findings, null);
}
