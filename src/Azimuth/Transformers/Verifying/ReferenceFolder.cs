using System.Globalization;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;

namespace Azimuth.Transformers;

/// <summary>A folder with a model and what a reference implementation computed for it.</summary>
internal sealed class ReferenceFolder
{
    private ReferenceFolder(string path, SafetensorsFile expected, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> greedy, IReadOnlyList<double?> ownError) =>
        (Path, Expected, Inputs, Greedy, OwnError) = (path, expected, inputs, greedy, ownError);

    public string Path { get; }

    /// <summary>Tensors CASE.SITE.</summary>
    public SafetensorsFile Expected { get; }

    /// <summary>Token ids of each case.</summary>
    public IReadOnlyList<int[]> Inputs { get; }

    /// <summary>Greedy continuation of each case; empty where the reference gives none.</summary>
    public IReadOnlyList<int[]> Greedy { get; }

    /// <summary>For each case, how far the reference's float32 run is from its own float64 run; null where it does not say.</summary>
    public IReadOnlyList<double?> OwnError { get; }

    /// <summary>The config files there are.</summary>
    public IReadOnlyList<string> Configs => [.. new[] { "config.json", "config.older.json" }.Where(name => File.Exists(In(name)))];

    /// <exception cref="CheckpointFormatException">A file is missing or is not what it should be.</exception>
    public static ReferenceFolder Open(string path)
    {
        string In(string name) => System.IO.Path.Combine(path, name);
        if (!Directory.Exists(path))
            throw new CheckpointFormatException(path, "there is no such folder");
        foreach (string name in new[] { "config.json", "inputs.json", "expected.safetensors", "expected.json" })
        {
            if (!File.Exists(In(name)))
                throw new CheckpointFormatException(path, $"expected {name} in the folder, found none. docs/accuracy.md shows how such a folder is written");
        }

        try
        {
            int[][] inputs = JsonSerializer.Deserialize<int[][]>(SmallFile.ReadBytes(In("inputs.json"))) ?? [];
            if (inputs.Length == 0)
                throw new JsonException("expected lists of token ids, found none");
            using var document = JsonDocument.Parse(SmallFile.ReadBytes(In("expected.json")));
            JsonElement cases = document.RootElement.GetProperty("cases");
            int[][] greedy = [.. cases.EnumerateArray().Select(Continuation)];
            if (greedy.Length != inputs.Length)
                throw new JsonException($"expected {inputs.Length} cases in expected.json, as many as inputs.json has, found {greedy.Length}");
            SafetensorsFile expected = SafetensorsFile.Open(In("expected.safetensors"));
            RequireCases(expected, inputs.Length);
            return new ReferenceFolder(path, expected, inputs, greedy, [.. cases.EnumerateArray().Select(OwnErrorOf)]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CheckpointFormatException(path, $"inputs.json or expected.json is not in the expected form: {e.Message}");
        }
    }

    /// <summary>A value that no case asks for would be passed over, and a folder that lost some of its inputs would pass.</summary>
    private static void RequireCases(SafetensorsFile expected, int count)
    {
        foreach (TensorInfo tensor in expected.Tensors)
        {
            string[] parts = tensor.Name.Split('.', 2);
            if (parts.Length < 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= count || parts[0] != number.ToString(CultureInfo.InvariantCulture))
            {
                throw new CheckpointFormatException(
                    expected.Path, $"expected a name CASE.SITE with a case from 0 to {count - 1}, as inputs.json has {count} lists of ids. Write both files from the same run", tensor.Name);
            }
        }
    }

    private static int[] Continuation(JsonElement one)
    {
        if (!one.TryGetProperty("greedy_continuation", out JsonElement ids) || ids.ValueKind == JsonValueKind.Null)
            return [];
        return ids.ValueKind == JsonValueKind.Array
            ? [.. ids.EnumerateArray().Select(id => id.GetInt32())]
            : throw new JsonException($"expected token ids for greedy_continuation, found {ids.ValueKind}");
    }

    private static double? OwnErrorOf(JsonElement one) =>
        one.TryGetProperty("max_f32_minus_f64", out JsonElement error) && error.ValueKind == JsonValueKind.Number ? error.GetDouble() : null;

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
