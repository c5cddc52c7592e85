using System.CommandLine;
using Azimuth.Embeddings;

namespace Azimuth.Cli.CommandLine;

/// <summary>Which of a model's two tables a command looks at.</summary>
internal static class TableOption
{
    public static Option<string> Create() => Options.Choice("--table", "which table the rows come from; one and the same in a tied model", "input", "output");

    public static EmbeddingTable Of(OpenedTable opened, Session session, Option<string> option) =>
        session.Value(option) == "output" ? opened.Output : opened.Input;
}
