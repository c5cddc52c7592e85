using Azimuth.Cli.CommandLine;

namespace Azimuth.Cli.Commands;

/// <summary>Every command, in the order that help lists them.</summary>
internal static class AllCommands
{
    public static IReadOnlyList<Verb> Create() =>
    [
        ModelsCommand.Create(),
        InspectCommand.Create(),
        TokenizeCommand.Create(),
        LookupCommand.Create(),
        NeighborsCommand.Create(),
        RoundtripCommand.Create(),
        GeometryCommand.Create(),
        TraceCommand.Create(),
        ConfidenceCommand.Create(),
        GenerateCommand.Create(),
        PerplexityCommand.Create(),
        VerifyCommand.Create(),
        ReportCommand.Create(),
    ];
}
