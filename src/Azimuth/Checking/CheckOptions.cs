namespace Azimuth.Checking;

/// <summary>Whether the model itself is run on short texts.</summary>
public enum TrialRuns
{
    /// <summary>Up to <see cref="CheckOptions.AutomaticRunParameters"/> parameters.</summary>
    Auto,

    /// <summary>However large it is; all matrices are packed, which takes their memory once more.</summary>
    Always,

    /// <summary>Never: files only.</summary>
    Never,
}

/// <summary>How far a check goes.</summary>
public sealed record CheckOptions
{
    /// <summary>The largest model that is run without being asked to: a few seconds on two cores.</summary>
    public const long AutomaticRunParameters = 500_000_000;

    /// <summary>Whether the model is run.</summary>
    public TrialRuns Run { get; init; } = TrialRuns.Auto;

    /// <summary>Also measure what advice depends on: anisotropy, spread of lengths, shares of a picture, analogies.</summary>
    public bool Advice { get; init; }
}

/// <summary>How far a check is.</summary>
/// <param name="What">What is being looked at.</param>
/// <param name="Share">0 to 1.</param>
public sealed record CheckProgress(string What, double Share);
