using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Azimuth.Checkpoints;

/// <summary>The files beside a model's weights, on their way to a changed copy of the model.</summary>
internal static class FolderFiles
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Endings of weights in any format: what is left of the original's would contradict the copy's.</summary>
    private static readonly string[] WeightEndings = [".safetensors", ".safetensors.index.json", ".gguf", ".bin", ".bin.index.json", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx", ".onnx_data", ".ot", ".tflite"];

    /// <summary>Copies plain files that have not been written yet; returns the names of weights, pipes and folders left out.</summary>
    public static IReadOnlyList<string> CopyRest(string from, string to, CancellationToken cancellation, params IReadOnlyList<string> except)
    {
        var leftOut = new List<string>();
        foreach (string file in Directory.EnumerateFiles(from).Order(StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            string name = Path.GetFileName(file);
            if (except.Contains(name) || name.StartsWith('.') || File.Exists(Path.Combine(to, name)))
                continue;
            if (AtomicFile.IsNamedPipe(file) || WeightEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            {
                leftOut.Add(name);
                continue;
            }

            // Not File.Copy: it would hand on a source's lack of write permission.
            using FileStream source = File.OpenRead(file);
            using FileStream target = File.Create(Path.Combine(to, name));
            source.CopyTo(target);
        }

        leftOut.AddRange(Directory.EnumerateDirectories(from).Select(folder => Path.GetFileName(folder)!).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal).Select(name => name + "/"));
        return leftOut;
    }

    /// <summary>A JSON object to be changed, or null when there is no such file.</summary>
    /// <exception cref="CheckpointFormatException">Not a JSON object, or a name twice in one.</exception>
    public static JsonObject? Read(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonNode.Parse(SmallFile.ReadBytes(path).AsSpan().TrimStart("\uFEFF"u8), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new CheckpointFormatException(path, "expected a JSON object, found another value" + CheckpointFormatException.Malformed, kind: "JsonMalformed");
        }
        catch (JsonException e)
        {
            throw new CheckpointFormatException(path, $"expected JSON, found {JsonFile.Problem(e)}{CheckpointFormatException.Malformed}", kind: "JsonMalformed");
        }
    }

    /// <summary>Writes JSON with the order of its keys kept.</summary>
    public static void Write(string folder, string name, JsonNode value) => File.WriteAllText(Path.Combine(folder, name), value.ToJsonString(Indented) + "\n");
}
