using System.Text.Json.Nodes;
using Azimuth.Checkpoints.Safetensors;

namespace Azimuth.Checkpoints;

/// <summary>Writes a changed copy of a checkpoint as safetensors in the layout of the original: as many files with the same tensors and free texts, and an index with the right sizes.</summary>
internal static class ModelWeights
{
    /// <summary>Names of the files that hold the copy, the index included.</summary>
    public static IReadOnlyList<string> FilesOf(Checkpoint checkpoint) => checkpoint is ShardedCheckpoint sharded
        ? [NameOf(sharded.Path), .. sharded.Shards.Select(shard => NameOf(shard.Path))]
        : [NameOf(checkpoint.Path)];

    /// <summary>Writes all files of the checkpoint into a folder.</summary>
    /// <param name="checkpoint">The original.</param>
    /// <param name="folder">Where its copy goes.</param>
    /// <param name="change">What each tensor becomes.</param>
    /// <param name="progress">Told the share of the files written, 0 to 1.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    /// <exception cref="CheckpointFormatException">A tensor of a type that cannot be written again.</exception>
    public static void Write(Checkpoint checkpoint, string folder, Func<TensorInfo, SafetensorsEntry> change, IProgress<double>? progress, CancellationToken cancellation)
    {
        Checkpoint[] files = checkpoint is ShardedCheckpoint sharded ? [.. sharded.Shards] : [checkpoint];
        long total = 0;
        for (int i = 0; i < files.Length; i++)
        {
            // Tensors that an index does not list are not part of the model.
            SafetensorsEntry[] entries = [.. files[i].Tensors.Where(tensor => checkpoint.Find(tensor.Name) is not null).Select(tensor => Changed(tensor, change))];
            total += entries.Sum(entry => entry.Bytes.Length);
            SafetensorsWriter.Save(Path.Combine(folder, NameOf(files[i].Path)), entries, files[i] is SafetensorsFile { Header.Metadata: { Count: > 0 } texts } ? texts : null, cancellation);
            progress?.Report((i + 1.0) / files.Length);
        }

        if (checkpoint is not ShardedCheckpoint)
            return;
        JsonObject index = FolderFiles.Read(Path.GetDirectoryName(Path.GetFullPath(checkpoint.Path))!, Path.GetFileName(checkpoint.Path))!;
        if (index["metadata"] is not JsonObject metadata)
            index["metadata"] = metadata = [];
        metadata["total_size"] = total;
        JsonObject map = (JsonObject)index["weight_map"]!;
        foreach (var (tensor, file) in map.ToArray())
            map[tensor] = NameOf((string)file!);
        FolderFiles.Write(folder, NameOf(checkpoint.Path), index);
    }

    /// <summary>The file's own name; a pickled file's with the words of safetensors in it: pytorch_model-00001-of-00002.bin becomes model-00001-of-00002.safetensors.</summary>
    private static string NameOf(string path)
    {
        const string Safetensors = ".safetensors", Index = ".bin.index.json", Pickled = "pytorch_model";
        string name = Path.GetFileName(path);
        if (name.EndsWith(Safetensors, StringComparison.OrdinalIgnoreCase) || (name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !name.EndsWith(Index, StringComparison.OrdinalIgnoreCase)))
            return name;
        bool isIndex = name.EndsWith(Index, StringComparison.OrdinalIgnoreCase);
        string stem = isIndex ? name[..^Index.Length] : Path.GetFileNameWithoutExtension(name);
        stem = stem.StartsWith(Pickled, StringComparison.Ordinal) ? string.Concat("model", stem.AsSpan(Pickled.Length)) : stem;
        return stem + Safetensors + (isIndex ? ".index.json" : "");
    }

    private static SafetensorsEntry Changed(TensorInfo tensor, Func<TensorInfo, SafetensorsEntry> change) => tensor.Type is not null
        ? change(tensor)
        : throw new CheckpointFormatException(tensor.File, $"expected a type that can be written again, found {tensor.TypeName}. Convert the checkpoint first", tensor.Name, kind: "TypeNotReadable");
}
