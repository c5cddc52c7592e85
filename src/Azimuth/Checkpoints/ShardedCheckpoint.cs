using Azimuth.Checkpoints.Safetensors;
using Azimuth.Checkpoints.Torch;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints;

/// <summary>One model in several safetensors or PyTorch files, joined by its index file. Every shard's header is validated when it is opened.</summary>
public sealed class ShardedCheckpoint : Checkpoint
{
    private readonly Dictionary<string, (TensorInfo Tensor, Checkpoint Shard)> _byName;

    private ShardedCheckpoint(string path, IReadOnlyList<Checkpoint> shards, Dictionary<string, (TensorInfo, Checkpoint)> byName, IReadOnlyList<string> warnings)
    {
        (Path, Shards, _byName, Warnings) = (path, shards, byName, warnings);
        Tensors = [.. shards.SelectMany(s => s.Tensors).Where(t => byName.ContainsKey(t.Name))];
        FileBytes = shards.Sum(s => s.FileBytes);
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <inheritdoc/>
    public override string Format => "sharded " + Shards[0].Format;

    /// <summary>The files in the index's order.</summary>
    public IReadOnlyList<Checkpoint> Shards { get; }

    /// <summary>The tensors the index lists, shard after shard in file order.</summary>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public override long FileBytes { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings { get; }

    /// <summary>Opens an index and all its shards.</summary>
    /// <exception cref="CheckpointFormatException">
    /// A malformed index, a shard that is missing or malformed, a name that leaves the folder, a tensor that is not where the index says, or in two shards.
    /// </exception>
    public static ShardedCheckpoint Open(string indexPath)
    {
        var index = ShardIndex.Read(indexPath);
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(indexPath))!;
        var shards = new List<Checkpoint>(index.Files.Count);
        var found = new Dictionary<string, (TensorInfo Tensor, Checkpoint Shard)>(StringComparer.Ordinal);
        foreach (string file in index.Files)
        {
            var shard = OpenShard(System.IO.Path.Combine(folder, file), indexPath, file);
            shards.Add(shard);
            foreach (var tensor in shard.Tensors)
            {
                if (!found.TryAdd(tensor.Name, (tensor, shard)))
                    throw new CheckpointFormatException(indexPath, $"expected it in one shard, found it in {FileName(found[tensor.Name].Shard)} and in {file}{CheckpointFormatException.Malformed}", tensor.Name, kind: "DuplicateTensor");
            }
        }

        foreach (var (tensor, file) in index.FileOfTensor)
        {
            if (!found.TryGetValue(tensor, out var at))
                throw new CheckpointFormatException(indexPath, $"the index places it in {file}, no shard holds it. Download the model again", tensor, kind: "TensorMissing");
            if (FileName(at.Shard) != file)
                throw new CheckpointFormatException(indexPath, $"the index places it in {file}, it is in {FileName(at.Shard)}. Download the model again", tensor, kind: "TensorMisplaced");
        }

        var warnings = Remarks(index, shards, found, folder);
        foreach (string unlisted in found.Keys.Where(name => !index.FileOfTensor.ContainsKey(name)).ToList())
            found.Remove(unlisted);
        return new ShardedCheckpoint(indexPath, shards, found, warnings);
    }

    /// <inheritdoc/>
    public override TensorInfo? Find(string name) => _byName.TryGetValue(name, out var found) ? found.Tensor : null;

    private protected override StoredBytes Data(TensorInfo tensor) => _byName[tensor.Name].Shard.Bytes(tensor.Name);

    private static Checkpoint OpenShard(string path, string indexPath, string file)
    {
        if (!File.Exists(path))
            throw new CheckpointFormatException(indexPath, $"the index names the shard {file}, which is not in its folder. Download it too", kind: "ShardMissing");
        return ShardIndex.IsPickled(file) ? TorchFile.Open(path) : SafetensorsFile.Open(path);
    }

    private static List<string> Remarks(ShardIndex index, List<Checkpoint> shards, Dictionary<string, (TensorInfo Tensor, Checkpoint Shard)> found, string folder)
    {
        List<string> remarks = [.. shards.SelectMany(shard => shard.Warnings.Select(warning => $"{FileName(shard)}: {warning}"))];
        string[] unlisted = [.. found.Where(f => !index.FileOfTensor.ContainsKey(f.Key)).Select(f => $"{f.Key} in {FileName(f.Value.Shard)}")];
        if (unlisted.Length > 0)
            remarks.Add($"left out because the index does not list them: {Few(unlisted)}");
        // Beside pickled shards .bin files of other kinds may lie, such as training_args.bin.
        string pattern = ShardIndex.IsPickled(index.Files[0]) ? "*-of-*.bin" : "*.safetensors";
        string[] strangers = [.. Directory.EnumerateFiles(folder, pattern).Select(f => System.IO.Path.GetFileName(f)!).Except(index.Files).Order(StringComparer.Ordinal)];
        if (strangers.Length > 0)
            remarks.Add($"left out because the index does not name them: {Few(strangers)}");
        // Each tensor lies inside its file, so that the sums cannot overflow. Newer writers count what is tied once.
        TensorInfo[] listed = [.. found.Values.Select(f => f.Tensor).Where(tensor => index.FileOfTensor.ContainsKey(tensor.Name))];
        long total = listed.Sum(tensor => tensor.SizeBytes), once = listed.DistinctBy(tensor => (tensor.File, tensor.Offset, tensor.SizeBytes)).Sum(tensor => tensor.SizeBytes);
        if (index.TotalSize is { } stated && stated != total && stated != once)
            remarks.Add($"the index states a total_size of {stated} bytes, its tensors have {total}");
        return remarks;
    }

    private static string Few(string[] names) => string.Join(", ", names.Take(3)) + (names.Length > 3 ? $" and {names.Length - 3} more" : "");

    private static string FileName(Checkpoint shard) => System.IO.Path.GetFileName(shard.Path);
}
