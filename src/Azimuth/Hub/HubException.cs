namespace Azimuth.Hub;

/// <summary>
/// What stopped a download or a look into the cache. The message is one sentence: what, where, expected, found, what to do. Texts that came from
/// the server are shortened; whoever shows them to a terminal escapes control characters.
/// </summary>
public sealed class HubException : IOException
{
    private const int LongestShown = 200;

    /// <summary>Makes an error.</summary>
    /// <param name="message">One sentence.</param>
    /// <param name="kind">A stable word for the kind of problem, such as <c>NotFound</c> or <c>HashMismatch</c>.</param>
    /// <param name="cause">What .NET said, if anything.</param>
    public HubException(string message, string kind, Exception? cause = null)
        : base(message, cause) => Kind = kind;

    /// <summary>A stable word for the kind of problem.</summary>
    public string Kind { get; }

    /// <summary>A text of the server's, short enough for a sentence.</summary>
    internal static string Shown(string text) => text.Length > LongestShown ? string.Concat(text.AsSpan(0, LongestShown), "…") : text;
}
