namespace Azimuth.Checking;

/// <summary>Something that a rule found.</summary>
/// <param name="Code">The rule's code: "AZ101". Its page is docs/findings/AZ101.md.</param>
/// <param name="Severity">The rule's severity, or a milder one where the case is mild.</param>
/// <param name="Title">The rule's title, the same for every finding of it.</param>
/// <param name="Message">One sentence or two about this model.</param>
/// <param name="Evidence">Numbers, ids, file and tensor names, by camelCase name.</param>
/// <param name="Fix">What to do.</param>
public sealed record Finding(string Code, Severity Severity, string Title, string Message, IReadOnlyDictionary<string, object> Evidence, string Fix)
{
    /// <summary>True for errors and warnings, which make a check fail.</summary>
    public bool IsProblem => Severity is Severity.Error or Severity.Warning;
}

/// <summary>What became of one rule.</summary>
/// <param name="Code">Its code.</param>
/// <param name="Title">Its title.</param>
/// <param name="Ran">Whether it could look.</param>
/// <param name="Reason">Why not; null when it ran.</param>
public sealed record CheckedRule(string Code, string Title, bool Ran, string? Reason);
