namespace Azimuth.Training;

/// <summary>How often a run is logged and saved. None of it changes what is learned.</summary>
public sealed record TrainingPace
{
    /// <summary>Time between two readings.</summary>
    public TimeSpan LogEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Steps between two readings; null for by time alone.</summary>
    public long? LogSteps { get; init; }

    /// <summary>Time between two saved states.</summary>
    public TimeSpan SaveEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Steps between two saved states; null for by time alone.</summary>
    public long? SaveSteps { get; init; }
}
