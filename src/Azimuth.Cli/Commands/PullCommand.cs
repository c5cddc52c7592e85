using System.CommandLine;
using System.Diagnostics;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Hub;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth pull</c>: fetches a model from a hub into the cache that <c>--model ORG/NAME</c> looks into.</summary>
internal static class PullCommand
{
    private static readonly Argument<string?> Name = Options.Argument("NAME", "ORG/NAME or NAME as the hub has it, with @REVISION for another branch, tag or commit than main");
    private static readonly Option<string[]> Files = Options.Texts("--file", "PATTERN", "weights by name, * and ? allowed, where a model has them in several forms; configuration and tokenizer come as well");
    private static readonly Option<bool> All = Options.Flag("--all", "every file the model has");
    private static readonly Option<string?> Endpoint = Options.Text("--endpoint", "URL", $"the hub's address (default: HF_ENDPOINT where it is set, else {HubOptions.DefaultEndpoint})");
    private static readonly Option<bool> DryRun = Options.Flag("--dry-run", "list what would be fetched, and fetch nothing");
    private static readonly Option<int> Connections = Options.WholeNumber("--connections", "N", "requests under way at once", 1, 64, 8);

    public static Verb Create() => Verb.Create(
        "pull",
        "Fetches a model from a hub into the cache that the hub's own client uses (HF_HUB_CACHE, HF_HOME); --model ORG/NAME then opens it. Safetensors are preferred, a cut download goes on where it ended, every file is verified. HF_TOKEN is sent to the endpoint only.",
        [Name, Files, All, Endpoint, DryRun, Connections],
        RunAsync,
        new("azimuth pull HuggingFaceTB/SmolLM2-135M-Instruct", "configuration, tokenizer, weights"),
        new("azimuth pull google-bert/bert-base-uncased@main --dry-run", "what would be fetched"),
        new("azimuth pull ggml-org/models --file \"tinyllamas/stories260K.gguf\"", "one file of many")).WithoutModel("since NAME says which");

    private static async Task<int> RunAsync(Session session)
    {
        string typed = session.Value(Name) ?? throw new UsageException("azimuth pull: expected the name of a model, such as HuggingFaceTB/SmolLM2-135M-Instruct, found none.");
        string[] patterns = session.Value(Files) ?? [];
        if (patterns.Length > 0 && session.Value(All))
            throw new UsageException("--all: expected no --file beside it, since all files are meant; leave one out.");
        if (patterns.Contains(""))
            throw new UsageException("--file: expected a pattern such as \"*.gguf\", found an empty text.");
        HubName name = HubName.Parse(typed);
        HubOptions options = HubOptions.FromEnvironment(session.Value(Endpoint)) with { Connections = session.Value(Connections) };
        FileChoice choice = new() { Patterns = patterns, All = session.Value(All) };
        bool planned = session.Value(DryRun);
        session.Progress.Say($"asking {options.Endpoint.Host} for {name}");
        var clock = Stopwatch.StartNew();
        PulledModel pulled = planned
            ? await HubPull.PlanAsync(name, options, choice, session.Cancel)
            : await HubPull.RunAsync(name, options, choice, new PullProgress(session), session.Cancel);
        double seconds = clock.Elapsed.TotalSeconds;
        var document = new { pulled.Repository, pulled.Revision, pulled.Commit, pulled.Folder, pulled.Files, pulled.DownloadedBytes, Seconds = seconds, DryRun = planned, options.Offline };
        return await session.Show(name.ToString(), new Conventions(), document, screen => Draw(screen, name, pulled, planned, seconds, Again(session, name)));
    }

    private static void Draw(Screen screen, HubName name, PulledModel pulled, bool planned, double seconds, string again)
    {
        const int ShownCommit = 12;
        screen.Heading($"{pulled.Repository} at {pulled.Revision}{(pulled.Revision == pulled.Commit ? "" : ", commit " + pulled.Commit[..ShownCommit])}");
        screen.Table(
            [new("file"), new("size", Side.Right), new("")],
            [.. pulled.Files.Select(file => (IReadOnlyList<Cell>)[file.Path, Numbers.Bytes(file.SizeBytes), Told(file.State, planned)])]);
        screen.Line("");
        int cached = pulled.Files.Count(file => file.State == PulledState.Cached);
        long missing = pulled.Files.Where(file => file.State != PulledState.Cached).Sum(file => file.SizeBytes);
        screen.Facts(
            ("folder", pulled.Folder),
            planned ? ("to fetch", missing == 0 ? "nothing, it is all in the cache" : Numbers.Bytes(missing))
                : ("fetched", pulled.DownloadedBytes == 0 ? "nothing, it was all in the cache"
                    : $"{Numbers.Bytes(pulled.DownloadedBytes)} in {Numbers.Three(seconds)} s{(cached > 0 ? $"; {Numbers.Count(cached)} of {Numbers.Count(pulled.Files.Count)} files were in the cache" : "")}"),
            (planned ? "then" : "next", planned ? again : $"azimuth inspect -m {Opening(name, pulled)}"));
    }

    /// <summary>The same command without --dry-run.</summary>
    private static string Again(Session session, HubName name)
    {
        List<string> words = ["azimuth", "pull", name.ToString()];
        if (session.Value(Files) is { Length: > 0 } patterns)
            words.AddRange(["--file", .. patterns]);
        if (session.Value(All))
            words.Add("--all");
        if (session.Value(Endpoint) is string address)
            words.AddRange(["--endpoint", address]);
        if (session.IsGiven(Connections))
            words.AddRange(["--connections", Numbers.Id(session.Value(Connections))]);
        return string.Join(' ', words.Select(Quoted));
    }

    /// <summary>As a shell takes it for one word.</summary>
    private static string Quoted(string word) =>
        word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./@:+,=%".Contains(c, StringComparison.Ordinal)) ? word
        : word.IndexOfAny(['"', '$', '`', '\\', '!']) < 0 ? $"\"{word}\""
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>What opens the model: its name, or a GGUF file by path, since others may lie beside it.</summary>
    private static string Opening(HubName name, PulledModel pulled)
    {
        string[] gguf = [.. pulled.Files.Select(file => file.Path).Where(path => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))];
        if (gguf.Length == 0 || pulled.Files.Any(file => file.Path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)))
            return name.ToString();
        return pulled.Revision == HubName.DefaultRevision ? $"{pulled.Repository}/{gguf[0]}" : Path.Combine(pulled.Folder, gguf[0]);
    }

    private static string Told(PulledState state, bool planned) => (state, planned) switch
    {
        (PulledState.Cached, _) => "in the cache",
        (PulledState.Resumed, true) => "a part is there",
        (_, true) => "to fetch",
        (PulledState.Resumed, false) => "fetched, a part was there",
        _ => "fetched",
    };
}
