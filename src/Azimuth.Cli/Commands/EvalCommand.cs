using Azimuth.Cli.CommandLine;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth eval</c>: the measurements that come out as one number.</summary>
internal static class EvalCommand
{
    public static Verb Create() => Verb.Group(
        "eval", "Measures a model on a text, or a table of vectors on questions about words.",
        PerplexityCommand.Create(), EvalAnalogiesCommand.Create(), EvalSimilarityCommand.Create());
}
