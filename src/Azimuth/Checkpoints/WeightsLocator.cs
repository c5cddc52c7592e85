using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Checkpoints.Torch;
using Azimuth.Training;

namespace Azimuth.Checkpoints;

/// <summary>Which file holds a model's weights, and in which format.</summary>
/// <param name="File">Absolute path of a .safetensors, .gguf or index file, or of one that torch.save wrote.</param>
/// <param name="Warnings">Remarks on what else lay there.</param>
internal sealed record WeightsLocation(string File, IReadOnlyList<string> Warnings)
{
    /// <summary>Opens the file as its ending says.</summary>
    public Checkpoint Open() =>
        File.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? GgufFile.Open(File)
        : File.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ShardedCheckpoint.Open(File)
        : PickledWeights.HasEnding(File) ? TorchFile.Open(File)
        : SafetensorsFile.Open(File);
}

/// <summary>Finds a model's weights from the path of a folder or of one of its files.</summary>
internal static class WeightsLocator
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";
    private static readonly string[] Endings = [".index.json", ".safetensors", ".gguf"];

    /// <summary>Looks at names only; nothing is opened.</summary>
    /// <exception cref="CheckpointFormatException">Nothing there, or not one set of weights.</exception>
    public static WeightsLocation Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
            return InFolder(full);
        if (!File.Exists(full))
            throw new CheckpointFormatException(path, "there is no such file or folder. Check the path", kind: "FileMissing");
        string name = Path.GetFileName(full);
        if (name.Equals("config.json", StringComparison.OrdinalIgnoreCase))
            return InFolder(Path.GetDirectoryName(full)!);
        if (Endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) || PickledWeights.HasEnding(name))
            return new WeightsLocation(full, []);
        throw new CheckpointFormatException(path, "expected a model folder, a .safetensors, .gguf, .bin, .pt, .pth, .ckpt or .index.json file, or for tables alone a file of vectors (.txt, .vec, .bin, .npy, .npz, .tsv, .jsonl, .csv), found another ending", kind: "UnknownFormat");
    }

    private static WeightsLocation InFolder(string folder)
    {
        string[] names = Names(folder);
        if (RunFiles.IsRun(folder))
        {
            string advice = RunFiles.States(folder) is [.., var newest] ? $"Name its result, or one of the saved states in it, as in {newest.Path}" : "Name its result; no state is saved in it";
            throw new CheckpointFormatException(folder, $"expected a model, found the folder that a training run is kept in. {advice}", kind: "RunFolder");
        }

        bool index = names.Contains(IndexFile);
        if (names.Contains(SingleFile))
        {
            // The reference library prefers the single file as well.
            return new WeightsLocation(Path.Combine(folder, SingleFile), index ? [$"{SingleFile} is read, {IndexFile} beside it is ignored"] : []);
        }

        if (index)
            return new WeightsLocation(Path.Combine(folder, IndexFile), []);
        string[] indexes = Ending(names, ".safetensors.index.json"), tensors = Ending(names, ".safetensors"), ggufs = Ending(names, ".gguf");
        foreach (string[] candidates in new[] { indexes, tensors, ggufs })
        {
            if (candidates.Length == 1)
                return new WeightsLocation(Path.Combine(folder, candidates[0]), []);
            if (candidates.Length > 1)
                throw new CheckpointFormatException(folder, $"expected one model, found {candidates.Length} files: {Few(candidates)}. Name one of them, as in -m {Hub.HubCache.NameThatOpens(folder) ?? folder}/{candidates[0]}", kind: "SeveralWeights");
        }

        return PickledWeights.Find(folder, names)
            ?? throw new CheckpointFormatException(folder, $"expected {SingleFile}, {IndexFile}, one .gguf file or {PickledWeights.SingleFile}, found {(names.Length == 0 ? "an empty folder" : Few(names))}. Check the path", kind: "WeightsMissing");
    }

    private static string[] Names(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new CheckpointFormatException(folder, $"the folder may not be read ({e.Message.TrimEnd('.')}). Check its permissions", kind: "FileNotReadable");
        }
    }

    private static string[] Ending(string[] names, string ending) => Array.FindAll(names, n => n.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    public static string Few(string[] names) => string.Join(", ", names.Take(5)) + (names.Length > 5 ? $" and {names.Length - 5} more" : "");
}
