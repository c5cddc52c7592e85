using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Azimuth.Checkpoints;

namespace Azimuth.Training;

/// <summary>The log of a run: the recipe in its first line, then a reading a line, as JSON Lines.</summary>
/// <param name="Recipe">What was trained, and how.</param>
/// <param name="Readings">In the order they were written.</param>
public sealed record TrainingLog(TrainingRecipe Recipe, IReadOnlyList<TrainingReading> Readings)
{
    /// <summary>The log's name in the folder of its run.</summary>
    public const string FileName = "log.jsonl";

    private const long MostBytes = 1L << 30;

    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
    };

    /// <summary>Reads a log; the rest of a line that a crash cut off at the end is left out.</summary>
    /// <param name="path">The file, or the folder of the run.</param>
    /// <exception cref="CheckpointFormatException">Missing, unreadable, larger than a gibibyte, or a line that is no reading: it is named.</exception>
    public static TrainingLog Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            path = Path.Combine(path, FileName);
        if (!File.Exists(path))
            throw new CheckpointFormatException(path, $"expected the folder of a training run or its {FileName}, found nothing there", kind: "FileNotFound");
        string[] lines = Lines(path);
        TrainingRecipe recipe = Header(path, lines.FirstOrDefault() ?? "");
        var readings = new List<TrainingReading>(lines.Length);
        for (int i = 1; i < lines.Length; i++)
        {
            if (Reading(lines[i]) is { } reading)
                readings.Add(reading);
            else if (i < lines.Length - 1)
                throw new CheckpointFormatException(path, FormattableString.Invariant($"expected a reading with step, stage, done, unit and items in line {i + 1}, found another text. Take the line out"));
        }

        return new TrainingLog(recipe, readings);
    }

    /// <exception cref="CheckpointFormatException">Unreadable, or larger than a gibibyte.</exception>
    internal static string[] Lines(string path)
    {
        if (AtomicFile.IsNamedPipe(path))
            throw new CheckpointFormatException(path, "expected a training log, found a pipe. Name a file");
        try
        {
            return AtomicFile.Length(path) <= MostBytes ? File.ReadAllLines(path)
                : throw new CheckpointFormatException(path, "expected a training log of at most a gibibyte, found a larger file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointFormatException(path, $"it cannot be read ({e.Message.TrimEnd('.')})", kind: "FileNotReadable");
        }
    }

    internal static JsonObject Header(TrainingRecipe recipe)
    {
        var header = new JsonObject { ["training"] = recipe.Kind, ["settings"] = recipe.Settings.DeepClone() };
        if (recipe.Effective is not null)
            header["effective"] = recipe.Effective.DeepClone();
        return header;
    }

    internal static TrainingRecipe Header(string path, string line)
    {
        try
        {
            var once = new JsonDocumentOptions { AllowDuplicateProperties = false };
            // Read once, so that comparing it later cannot fail.
            if (JsonNode.Parse(line, documentOptions: once) is JsonObject header && header["training"]?.GetValue<string>() is string kind && header["settings"] is JsonObject settings
                && settings.ToJsonString().Length > 0 && (header["effective"] is null || header["effective"]!.AsObject().ToJsonString().Length > 0))
                return new TrainingRecipe(kind, settings.DeepClone().AsObject()) { Effective = header["effective"]?.DeepClone().AsObject() };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            // The sentence below says it.
        }

        throw new CheckpointFormatException(path, "expected a training log, whose first line is {\"training\":…,\"settings\":{…}}, found another. Name the log of a run");
    }

    internal static byte[] Line<T>(T value) => [.. JsonSerializer.SerializeToUtf8Bytes(value, Json), (byte)'\n'];

    /// <summary>Null for a line that is no reading.</summary>
    internal static TrainingReading? Reading(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingReading>(line, Json) is { Step: >= 0, Items: >= 0 } reading && IsWhole(reading.Table) ? reading : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static bool IsWhole(TableReading? table) =>
        table is null || table.Neighbors.All(watched => (WatchedWord?)watched is not null && watched.Nearest.All(row => (WordCosine?)row is not null));
}
