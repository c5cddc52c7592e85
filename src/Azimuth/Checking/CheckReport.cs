namespace Azimuth.Checking;

/// <summary>All findings about one model or table.</summary>
/// <param name="Name">Its name: the folder's or file's.</param>
/// <param name="Path">Where it was opened from, absolute.</param>
/// <param name="Findings">Gravest first, then by code.</param>
/// <param name="Checked">Every rule, by code: whether it ran, and why not.</param>
public sealed record CheckReport(string Name, string Path, IReadOnlyList<Finding> Findings, IReadOnlyList<CheckedRule> Checked)
{
    /// <summary>True when there is an error or a warning.</summary>
    public bool HasProblems => Findings.Any(f => f.IsProblem);

    /// <summary>How many findings of a severity.</summary>
    public int Count(Severity severity) => Findings.Count(f => f.Severity == severity);
}
