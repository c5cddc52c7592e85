namespace Azimuth.Checking;

/// <summary>How much a finding matters, gravest first.</summary>
public enum Severity
{
    /// <summary>Results are wrong or cannot be computed.</summary>
    Error,

    /// <summary>Probably a mistake; the model runs.</summary>
    Warning,

    /// <summary>Worth knowing; sound models may have it. Does not count as a problem.</summary>
    Note,

    /// <summary>How to read this table's numbers; looked for only on request. Does not count as a problem.</summary>
    Advice,
}
