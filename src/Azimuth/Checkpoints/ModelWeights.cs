using System.Text.Json.Nodes;
using Azimuth.Checkpoints.Safetensors;

namespace Azimuth.Checkpoints;

/// <summary>Writes a changed copy of a safetensors checkpoint in the layout of the original: the same files, tensors and free texts, and an index with the right sizes.</summary>
internal static class ModelWeights
{
    /// <summary>Names of the files that hold the checkpoint, the index included.</summary>
    public static IReadOnlyList<string> FilesOf(Checkpoint checkpoint) => checkpoint is ShardedSafetensors sharded
        ? [Path.GetFileName(sharded.Path), .. sharded.Shards.Select(shard => Path.GetFileName(shard.Path))]
        : [Path.GetFileName(checkpoint.Path)];

    /// <summary>Writes all files of the checkpoint into a folder.</summary>
    /// <param name="checkpoint">The original.</param>
    /// <param name="folder">Where its copy goes.</param>
    /// <param name="change">What each tensor becomes.</param>
    /// <param name="progress">Told the share of the files written, 0 to 1.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    /// <exception cref="CheckpointFormatException">A tensor of a type that cannot be written again.</exception>
    public static void Write(Checkpoint checkpoint, string folder, Func<TensorInfo, SafetensorsEntry> change, IProgress<double>? progress, CancellationToken cancellation)
    {
        SafetensorsFile[] files = checkpoint is ShardedSafetensors sharded ? [.. sharded.Shards] : [(SafetensorsFile)checkpoint];
        long total = 0;
        for (int i = 0; i < files.Length; i++)
        {
            // Tensors that an index does not list are not part of the model.
            SafetensorsEntry[] entries = [.. files[i].Tensors.Where(tensor => checkpoint.Find(tensor.Name) is not null).Select(tensor => Changed(tensor, change))];
            total += entries.Sum(entry => entry.Bytes.Length);
            SafetensorsWriter.Save(Path.Combine(folder, Path.GetFileName(files[i].Path)), entries, files[i].Header.Metadata.Count == 0 ? null : files[i].Header.Metadata, cancellation);
            progress?.Report((i + 1.0) / files.Length);
        }

        if (checkpoint is not ShardedSafetensors)
            return;
        JsonObject index = FolderFiles.Read(Path.GetDirectoryName(Path.GetFullPath(checkpoint.Path))!, Path.GetFileName(checkpoint.Path))!;
        if (index["metadata"] is not JsonObject metadata)
            index["metadata"] = metadata = [];
        metadata["total_size"] = total;
        FolderFiles.Write(folder, Path.GetFileName(checkpoint.Path), index);
    }

    private static SafetensorsEntry Changed(TensorInfo tensor, Func<TensorInfo, SafetensorsEntry> change) => tensor.Type is not null
        ? change(tensor)
        : throw new CheckpointFormatException(tensor.File, $"expected a type that can be written again, found {tensor.TypeName}. Convert the checkpoint first", tensor.Name, kind: "TypeNotReadable");
}
