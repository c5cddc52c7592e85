namespace Azimuth.Cli.CommandLine;

/// <summary>What the process returns.</summary>
internal static class ExitCode
{
    /// <summary>The command did what was asked.</summary>
    public const int Done = 0;

    /// <summary>There are findings, or a comparison failed.</summary>
    public const int Findings = 1;

    /// <summary>Bad usage or bad input; one sentence on standard error says which.</summary>
    public const int BadInput = 2;

    /// <summary>Ended by Ctrl-C or SIGTERM.</summary>
    public const int Cancelled = 130;
}
