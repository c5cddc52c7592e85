using System.CommandLine;

namespace Azimuth.Cli.CommandLine;

/// <summary>The options that every command takes.</summary>
internal sealed class CommonOptions
{
    public Option<string?> Model { get; } = Options.Text(
        "--model", "MODEL", "a folder, a file, or a known name (`azimuth models` lists them, `azimuth pull` fetches more); the bundled SmolLM2-135M-Instruct when left out", "-m");

    public Option<bool> Json { get; } = Options.Flag("--json", "write one JSON document to standard output, and nothing else there");

    public Option<int?> Threads { get; } = Options.WholeNumber("--threads", "N", "threads to compute with; all processors when left out", 1, 1024);

    public Option<bool> Quiet { get; } = Options.Flag("--quiet", "no progress and no warnings");

    public Option<bool> NoColor { get; } = Options.Flag("--no-color", "no colour, as when NO_COLOR is set or the output is piped");

    public Option<bool> Debug { get; } = Options.Flag("--debug", "show where in the program an error came from");

    public IReadOnlyList<Option> All => [Model, Json, Threads, Quiet, NoColor, Debug];
}
