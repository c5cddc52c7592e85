namespace Azimuth.Studio.Reports;

/// <summary>What a report is about. Ids are taken as they are: whether a begin token belongs in front is the caller's decision.</summary>
public sealed record ReportOptions
{
    /// <summary>The prompt of a report that is given none.</summary>
    public const string DefaultPrompt = "When Mary and John went to the store, John gave a drink to";

    /// <summary>The target of <see cref="DefaultPrompt"/>.</summary>
    public const string DefaultTarget = " Mary";

    /// <summary>The rival of <see cref="DefaultPrompt"/>.</summary>
    public const string DefaultRival = " John";

    /// <summary>The prompt's tokens, at least one.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>The prompt as text; null when only ids are known.</summary>
    public string? Text { get; init; }

    /// <summary>True when the model's begin token is among <see cref="Ids"/>; null when unknown. Only reported.</summary>
    public bool? BeginTokenAdded { get; init; }

    /// <summary>The token to follow; null for the most probable one.</summary>
    public int? Target { get; init; }

    /// <summary>The token to compare it with; null for the most probable other one.</summary>
    public int? Rival { get; init; }

    /// <summary>Length of the neighbour lists and of the round trip's peaks, 1 to 50.</summary>
    public int ListLength { get; init; } = 10;

    /// <summary>For how many different tokens neighbours and round trips are worked out, target and rival first; 2 to 64.</summary>
    public int TokenCount { get; init; } = 16;

    /// <summary>How many positions the lookup table, its cosine matrix and the attention show at most; 2 to 256.</summary>
    public int PositionCount { get; init; } = 48;

    internal void Validate()
    {
        if (Ids.Count == 0)
            throw new ArgumentException("a report needs a prompt of at least one token, found none", nameof(Ids));
        RequireRange(ListLength, 1, 50, nameof(ListLength));
        RequireRange(TokenCount, 2, 64, nameof(TokenCount));
        RequireRange(PositionCount, 2, 256, nameof(PositionCount));
    }

    private static void RequireRange(int value, int low, int high, string name)
    {
        if (value < low || value > high)
            throw new ArgumentOutOfRangeException(name, value, $"expected {low} to {high}");
    }
}

/// <summary>How far the building of a report is.</summary>
/// <param name="Done">Steps finished.</param>
/// <param name="Total">Steps in all.</param>
/// <param name="Step">What is being done now, as a phrase: "following the prompt".</param>
public sealed record ReportProgress(int Done, int Total, string Step);
