using System.Text.Json;
using Azimuth.Checkpoints.Safetensors;

namespace Azimuth.Checkpoints;

/// <summary>A <c>*.index.json</c>: which shard file holds each tensor. Validated as text; the shards are not opened.</summary>
internal sealed class ShardIndex
{
    /// <summary>Several times the largest published index; a bound on what a hostile one can cost.</summary>
    private const int MaximumBytes = 32 << 20;
    private const int MaximumTensors = 524_288;

    private ShardIndex(IReadOnlyDictionary<string, string> fileOfTensor, IReadOnlyList<string> files, long? totalSize) =>
        (FileOfTensor, Files, TotalSize) = (fileOfTensor, files, totalSize);

    /// <summary>Tensor name → file name, a plain name in the index's own folder.</summary>
    public IReadOnlyDictionary<string, string> FileOfTensor { get; }

    /// <summary>Distinct file names in order of appearance.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>metadata.total_size, where it is a whole number.</summary>
    public long? TotalSize { get; }

    /// <summary>True for the ending of PyTorch's shards.</summary>
    public static bool IsPickled(string file) => file.EndsWith(".bin", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads and checks an index.</summary>
    /// <exception cref="CheckpointFormatException">Malformed, or a file name that is not the plain name of a .safetensors or .bin file.</exception>
    public static ShardIndex Read(string path)
    {
        var bytes = MappedFile.Open(path);
        if (bytes.Length > MaximumBytes)
            throw new CheckpointFormatException(path, $"expected an index of at most {MaximumBytes} bytes, found {bytes.Length}", kind: "IndexTooLarge");
        var reader = new Utf8JsonReader(bytes.Span(0, (int)bytes.Length));
        try
        {
            var index = Parse(ref reader, path);
            GC.KeepAlive(bytes);
            return index;
        }
        catch (JsonException e)
        {
            throw Bad(path, $"expected an index in JSON, found {JsonFile.Problem(e)}");
        }
        catch (InvalidOperationException)
        {
            throw Bad(path, "expected an index in JSON, found a text that is not Unicode");
        }
    }

    private static ShardIndex Parse(ref Utf8JsonReader reader, string path)
    {
        Expect(ref reader, JsonTokenType.StartObject, "an object", path);
        (Dictionary<string, string>? map, List<string> files, long? totalSize) = (null, [], null);
        bool metadataSeen = false;
        while (reader.NextProperty() is { } key)
        {
            if (key == "weight_map")
            {
                if (map is not null)
                    throw Bad(path, "weight_map is given twice");
                map = ParseWeightMap(ref reader, path, files);
            }
            else if (key == "metadata")
            {
                if (metadataSeen)
                    throw Bad(path, "metadata is given twice");
                metadataSeen = true;
                totalSize = ParseTotalSize(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        reader.Read();
        if (map is null)
            throw Bad(path, "expected weight_map (tensor name to file name), found none");
        if (map.Count == 0)
            throw Bad(path, "expected tensors in weight_map, found it empty");
        return new ShardIndex(map, files, totalSize);
    }

    private static Dictionary<string, string> ParseWeightMap(ref Utf8JsonReader reader, string path, List<string> files)
    {
        Expect(ref reader, JsonTokenType.StartObject, "an object of tensor names for weight_map", path);
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        // Each file's name is kept once: a model has a hundred thousand tensors and a hundred files.
        var distinct = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.NextProperty() is { } tensor)
        {
            Expect(ref reader, JsonTokenType.String, $"a file name for {tensor}", path);
            string file = reader.GetString()!;
            if (!distinct.TryGetValue(file, out string? known))
            {
                CheckFileName(file, tensor, path);
                distinct.Add(file, known = file);
                files.Add(file);
            }

            if (map.Count == MaximumTensors)
                throw Bad(path, $"expected at most {MaximumTensors} tensors, found more");
            if (!map.TryAdd(tensor, known))
                throw new CheckpointFormatException(path, $"it is listed twice, in {map[tensor]} and in {file}{CheckpointFormatException.Malformed}", tensor, kind: "DuplicateTensor");
        }

        return map;
    }

    /// <summary>A plain name cannot leave the folder. Links are followed: download caches keep their files behind them.</summary>
    private static void CheckFileName(string file, string tensor, string path)
    {
        if (file.Length == 0 || file is "." or ".." || file.AsSpan().ContainsAny("/\\:\0"))
            throw new CheckpointFormatException(path, $"expected the plain name of a file in the same folder, found {(file.Length == 0 ? "an empty one" : file)}. Do not open this model: its index points elsewhere", tensor, kind: "PathLeavesFolder");
        if (!IsPickled(file) && !file.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            throw new CheckpointFormatException(path, $"expected the name of a .safetensors or .bin file, found {file}{CheckpointFormatException.Malformed}", tensor, kind: "IndexMalformed");
    }

    private static long? ParseTotalSize(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        long? totalSize = null;
        while (reader.NextProperty() is { } key)
        {
            reader.Read();
            if (key == "total_size" && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long size))
                totalSize = size;
            reader.Skip();
        }

        return totalSize;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what, string path)
    {
        reader.Read();
        if (reader.TokenType != type)
            throw Bad(path, $"expected {what}, found {reader.Found()}");
    }

    private static CheckpointFormatException Bad(string path, string problem) => new(path, problem.TrimEnd('.') + CheckpointFormatException.Malformed, kind: "IndexMalformed");
}
