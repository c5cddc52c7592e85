using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth inspect</c>: what a checkpoint's header says, without reading its weights.</summary>
internal static class InspectCommand
{
    private const int ShownTensors = 20;
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly Argument<string?> File = Options.Argument("FILE", "a model folder, a checkpoint file, a file of vectors or a known name; the model of --model when left out");
    private static readonly Option<bool> AllTensors = Options.Flag("--tensors", "list every tensor on the screen (JSON has them all anyway)");

    public static Verb Create() => Verb.Create(
        "inspect",
        "Shows what a checkpoint or a file of vectors holds: format, tensors with type and shape, rows, sizes, metadata. Only the beginning is read, so it takes the same moment for any size.",
        [File, AllTensors],
        Run,
        new("azimuth inspect", "the bundled model"),
        new("azimuth inspect models/novels-gpt --tensors", "every tensor of a folder"),
        new("azimuth inspect tests/fixtures/word-vectors/fasttext.bin --json", "one file of word vectors, for scripts"));

    private static Task<int> Run(Session session)
    {
        string? named = session.Value(File);
        if (named is not null && session.ModelName is not null)
            throw new UsageException("azimuth inspect: expected FILE or --model, found both.");
        if (named is "")
            throw new UsageException("FILE: expected a folder, a file or a known name, found an empty text.");
        string path = KnownModels.Resolve(named ?? session.ModelName);
        if (TableFile.IsTableFile(path))
            return TableInspectionView.Show(session, path);
        bool hasConfig = Directory.Exists(path) && System.IO.File.Exists(Path.Combine(path, "config.json"));
        ModelFolder? folder = hasConfig ? ModelFolder.Open(path) : null;
        Checkpoint checkpoint = folder?.Checkpoint ?? ModelFolder.OpenWeights(path);
        foreach (string warning in folder?.Warnings ?? checkpoint.Warnings)
            session.Warn(warning);
        string name = folder?.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        var metadata = Metadata(checkpoint);
        var types = checkpoint.Tensors.GroupBy(t => t.TypeName)
            .Select(g => new { Type = g.Key, Tensors = g.Count(), Elements = g.Sum(t => t.ElementCount), SizeBytes = g.Sum(t => t.SizeBytes) })
            .OrderByDescending(g => g.SizeBytes).ToArray();
        var result = new
        {
            checkpoint.Path,
            checkpoint.Format,
            checkpoint.FileBytes,
            TensorCount = checkpoint.Tensors.Count,
            ElementCount = checkpoint.Tensors.Sum(t => t.ElementCount),
            Types = types,
            folder?.Config,
            folder?.GenerationConfig,
            Metadata = metadata,
            Tensors = checkpoint.Tensors.Select(t => new { t.Name, Type = t.TypeName, t.Shape, t.File, t.Offset, t.SizeBytes }),
            Warnings = folder?.Warnings ?? checkpoint.Warnings,
        };
        Conventions conventions = new() { Notes = ["headers only, weights not read", "shapes slowest dimension first", "elements as stored, tied tables once"] };
        return session.Show(name, conventions, result, screen =>
        {
            screen.Heading(name);
            screen.Facts(
                ("file", checkpoint.Path),
                ("format", $"{checkpoint.Format}, {Numbers.Bytes(checkpoint.FileBytes)}"),
                ("tensors", $"{Numbers.Count(result.TensorCount)} with {Numbers.Count(result.ElementCount)} numbers"));
            screen.Heading("Stored types");
            screen.Table([new("type"), new("tensors", Side.Right), new("numbers", Side.Right), new("size", Side.Right)],
                [.. types.Select(Cell[] (t) => [t.Type, Numbers.Count(t.Tensors), Numbers.Count(t.Elements), Numbers.Bytes(t.SizeBytes)])]);
            DrawSettings(screen, folder, metadata);
            DrawTensors(screen, checkpoint, session.Value(AllTensors));
        });
    }

    private static void DrawSettings(Screen screen, ModelFolder? folder, IReadOnlyDictionary<string, string> metadata)
    {
        IReadOnlyList<(string, string)> settings = folder?.Config is { } config
            ? [.. config.EnumerateObject().Select(p => (Tokens.OneLine(p.Name, 40), Tokens.OneLine(Setting(p.Value), 200)))]
            : [.. metadata.Select(p => (Tokens.OneLine(p.Key, 40), Tokens.OneLine(p.Value, 58)))];
        if (settings.Count == 0)
            return;
        screen.Heading(folder?.Config is null ? "Metadata" : "config.json");
        screen.Facts(settings);
    }

    /// <summary>A setting as its file has it, on one line: texts bare, everything else in JSON.</summary>
    private static string Setting(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : JsonSerializer.Serialize(value, Compact);

    private static void DrawTensors(Screen screen, Checkpoint checkpoint, bool all)
    {
        int shown = all ? checkpoint.Tensors.Count : Math.Min(ShownTensors, checkpoint.Tensors.Count);
        screen.Heading("Tensors");
        screen.Table([new("name"), new("type"), new("shape"), new("size", Side.Right)],
            [.. checkpoint.Tensors.Take(shown).Select(Cell[] (t) => [Tokens.OneLine(t.Name, 60), t.TypeName, t.ShapeText, Numbers.Bytes(t.SizeBytes)])]);
        if (shown < checkpoint.Tensors.Count)
            screen.Dim($"{shown} of {Numbers.Count(checkpoint.Tensors.Count)}; --tensors lists all");
    }

    /// <summary>A GGUF file's keys; arrays by element type and length only.</summary>
    private static IReadOnlyDictionary<string, string> Metadata(Checkpoint checkpoint) => checkpoint is GgufFile gguf
        ? gguf.Metadata.ToDictionary(pair => pair.Key, pair => pair.Value.ToString() ?? "")
        : new Dictionary<string, string>();
}
