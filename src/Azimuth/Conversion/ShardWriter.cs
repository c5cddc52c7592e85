using System.Globalization;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;

namespace Azimuth.Conversion;

/// <summary>Writes model.safetensors, or model-00001-of-0000N.safetensors and their index, as the reference library names them.</summary>
internal static class ShardWriter
{
    public static void Save(string folder, IReadOnlyList<SafetensorsEntry> entries, long? maximumBytes, IProgress<double>? progress, CancellationToken cancellation)
    {
        List<List<SafetensorsEntry>> shards = Split(entries, maximumBytes ?? long.MaxValue);
        // Readers of the reference library ask for this free text.
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        var map = new JsonObject();
        long total = entries.Sum(entry => entry.Bytes.Length), done = 0;
        for (int i = 0; i < shards.Count; i++)
        {
            string name = shards.Count == 1 ? "model.safetensors" : string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:00000}-of-{shards.Count:00000}.safetensors");
            SafetensorsWriter.Save(Path.Combine(folder, name), shards[i].Select(entry => entry with { Bytes = Counted(entry.Bytes) }), metadata, cancellation);
            foreach (SafetensorsEntry entry in shards[i])
                map[entry.Name] = name;
        }

        if (shards.Count > 1)
            FolderFiles.Write(folder, "model.safetensors.index.json", new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = total }, ["weight_map"] = map });

        TensorContent Counted(TensorContent content) => TensorContent.Made(content.Length, (stream, cancel) =>
        {
            content.WriteTo(stream, cancel);
            done += content.Length;
            progress?.Report(total == 0 ? 1 : (double)done / total);
        });
    }

    /// <summary>In the order given, a new file whenever the next tensor would not fit; a larger tensor has one of its own.</summary>
    private static List<List<SafetensorsEntry>> Split(IReadOnlyList<SafetensorsEntry> entries, long maximumBytes)
    {
        List<List<SafetensorsEntry>> shards = [[]];
        long bytes = 0;
        foreach (SafetensorsEntry entry in entries)
        {
            if (shards[^1].Count > 0 && entry.Bytes.Length > maximumBytes - bytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(entry);
            bytes += entry.Bytes.Length;
        }

        return shards;
    }
}
