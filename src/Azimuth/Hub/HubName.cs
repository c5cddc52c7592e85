using System.Text.RegularExpressions;

namespace Azimuth.Hub;

/// <summary>The name of a model on a hub: NAME or ORG/NAME, and which revision of it.</summary>
public sealed partial record HubName
{
    /// <summary>The revision meant when none is named.</summary>
    public const string DefaultRevision = "main";

    private const int LongestRepository = 96;

    private HubName(string repository, string? revision) => (Repository, GivenRevision) = (repository, revision);

    /// <summary>NAME or ORG/NAME.</summary>
    public string Repository { get; }

    /// <summary>A branch, a tag or a commit; "main" when none was named.</summary>
    public string Revision => GivenRevision ?? DefaultRevision;

    /// <summary>The revision as it was typed, or null.</summary>
    internal string? GivenRevision { get; }

    /// <summary>Reads NAME, ORG/NAME or either with @REVISION behind it.</summary>
    /// <exception cref="HubException">It is none of these by the rules of the hub; the message says which rule it breaks.</exception>
    public static HubName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Problem(text) is string problem
            ? throw new HubException($"\"{HubException.Shown(text)}\": {problem}", "BadName")
            : Split(text);
    }

    /// <summary>The name, or null where the text cannot be one.</summary>
    internal static HubName? TryParse(string text) => Problem(text) is null ? Split(text) : null;

    /// <summary>As it is typed: ORG/NAME or ORG/NAME@REVISION.</summary>
    public override string ToString() => GivenRevision is null ? Repository : $"{Repository}@{GivenRevision}";

    private static HubName Split(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? new HubName(text, null) : new HubName(text[..at], text[(at + 1)..]);
    }

    /// <summary>The rules that the hub's reference client states for names (huggingface_hub, utils/_validators.py), and those of a safe path for revisions.</summary>
    private static string? Problem(string text)
    {
        const string Form = "expected NAME, ORG/NAME or ORG/NAME@REVISION";
        (string repository, string? revision) = Split(text) is var name ? (name.Repository, name.GivenRevision) : default;
        if (repository.Contains("://", StringComparison.Ordinal))
            return $"{Form}, found an address. Give the model's name alone, and the server with --endpoint";
        if (repository.Length > LongestRepository)
            return FormattableString.Invariant($"{Form} of at most {LongestRepository} characters, found {repository.Length}");
        if (!RepositoryForm().IsMatch(repository))
            return $"{Form}, where both are letters, digits, \"-\", \"_\" and \".\" and neither begins or ends with \"-\" or \".\"";
        if (repository.Contains("--", StringComparison.Ordinal) || repository.Contains("..", StringComparison.Ordinal) || repository.EndsWith(".git", StringComparison.OrdinalIgnoreCase))
            return $"{Form} without \"--\", \"..\" or \".git\" at the end";
        return revision is not null && (HubPath.Hostile(revision) ?? HubPath.Unstorable(revision)) is string bad
            ? $"expected a branch, a tag or a commit behind the @, found {bad}"
            : null;
    }

    [GeneratedRegex(@"^([A-Za-z0-9_]([A-Za-z0-9_.\-]*[A-Za-z0-9_])?/)?[A-Za-z0-9_]([A-Za-z0-9_.\-]*[A-Za-z0-9_])?\z")]
    private static partial Regex RepositoryForm();
}
