using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Commands.Train;

namespace Azimuth.Cli.Commands;

/// <summary>Every command, in the order that help lists them.</summary>
internal static class AllCommands
{
    public static IReadOnlyList<Verb> Create() =>
    [
        // What there is
        ModelsCommand.Create(),
        InspectCommand.Create(),
        PullCommand.Create(),

        // Tokens and their rows
        TokenizeCommand.Create(),
        LookupCommand.Create(),
        NeighborsCommand.Create(),
        RoundtripCommand.Create(),

        // A table as a whole
        GeometryCommand.Create(),

        // What words mean to each other
        AnalogyCommand.Create(),
        BiasCommand.Create(),
        ProbeCommand.Create(),
        SubspaceCommand.Create(),

        // Two tables, and pictures of one
        AlignCommand.Create(),
        DriftCommand.Create(),
        MapCommand.Create(),

        // What a prompt's run shows
        TraceCommand.Create(),
        ConfidenceCommand.Create(),
        GradientCommand.Create(),
        PositionsCommand.Create(),
        AttentionCommand.Create(),
        ContextualizeCommand.Create(),
        BigramsCommand.Create(),

        // What comes next
        GenerateCommand.Create(),
        EvalCommand.Create(),

        // Is the vocabulary sound
        CheckCommand.Create(),
        SizesCommand.Create(),
        GlitchCommand.Create(),
        UnreachableCommand.Create(),

        // Training
        TrainCommand.Create(),

        // Changing vocabulary and storage
        ResizeCommand.Create(),
        QuantizeCommand.Create(),

        // Files and proofs
        ConvertCommand.Create(),
        ExportCommand.Create(),
        VerifyCommand.Create(),
        ReportCommand.Create(),
    ];
}
