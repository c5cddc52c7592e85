namespace Azimuth.Checkpoints.Torch;

/// <summary>Which of a folder's files of torch.save hold the model. Training leaves others beside it: an optimizer's state, random states, its arguments.</summary>
internal static class PickledWeights
{
    /// <summary>The name that the Hugging Face library gives.</summary>
    public const string SingleFile = "pytorch_model.bin";

    private const string IndexFile = "pytorch_model.bin.index.json";
    private static readonly string[] Endings = [".bin", ".pt", ".pth", ".ckpt"];

    /// <summary>Beginnings of names of what is no model.</summary>
    private static readonly string[] Strangers = ["training_args", "optimizer", "scheduler", "scaler", "rng_state", "random_states", "trainer_state", "adapter_model"];

    /// <summary>True for the endings that files of torch.save have.</summary>
    public static bool HasEnding(string name) => Endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>The weights among a folder's files, or null when none looks like them.</summary>
    /// <exception cref="CheckpointFormatException">Several that could be meant, or one model cut across its matrices.</exception>
    public static WeightsLocation? Find(string folder, string[] names)
    {
        if (names.Contains(SingleFile))
            return new WeightsLocation(Path.Combine(folder, SingleFile), names.Contains(IndexFile) ? [$"{SingleFile} is read, {IndexFile} beside it is ignored"] : []);
        if (names.Contains(IndexFile))
            return new WeightsLocation(Path.Combine(folder, IndexFile), []);
        string[] indexes = Array.FindAll(names, name => name.EndsWith(".bin.index.json", StringComparison.OrdinalIgnoreCase));
        string[] files = Array.FindAll(names, name => HasEnding(name) && !Strangers.Any(start => name.StartsWith(start, StringComparison.OrdinalIgnoreCase)));
        // Llama's own form: each file holds a part of every matrix.
        if (files.Count(name => name.StartsWith("consolidated.", StringComparison.Ordinal)) > 1)
            throw new CheckpointFormatException(folder, $"expected one file, found {WeightsLocator.Few(files)}, each with a part of every matrix, which are not joined. Take the model's Hugging Face form", kind: "SeveralWeights");
        foreach (string[] candidates in new[] { indexes, files })
        {
            if (candidates.Length == 1)
                return new WeightsLocation(Path.Combine(folder, candidates[0]), []);
            if (candidates.Length > 1)
                throw new CheckpointFormatException(folder, $"expected one model, found {candidates.Length} files: {WeightsLocator.Few(candidates)}. Name one of them", kind: "SeveralWeights");
        }

        return null;
    }
}
