using Azimuth.Checkpoints.Safetensors;
using Azimuth.Checkpoints.Torch.Pickle;

namespace Azimuth.Checkpoints.Torch;

/// <summary>A checkpoint's tensors by name.</summary>
/// <param name="Tensors">In the file's order.</param>
/// <param name="Remarks">What else there was.</param>
internal sealed record StateDict(IReadOnlyList<KeyValuePair<string, TorchTensor>> Tensors, IReadOnlyList<string> Remarks)
{
    /// <summary>Where training programs put it, the usual first.</summary>
    private static readonly string[] UsualKeys = ["state_dict", "model_state_dict", "model"];

    /// <summary>The dictionary of tensors: the pickle's object itself, or the one inside it under a usual key, or the only one inside it.</summary>
    /// <exception cref="CheckpointFormatException">There is none, several that could be meant, or too many tensors.</exception>
    public static StateDict Find(string path, PickleValue root)
    {
        if (root.AsDictionary is not { } top)
            throw None(path, $"expected a dictionary of tensors (a state dict), found {root.Found}");
        if (TensorsIn(top).Any())
            return Of(path, top, Other(top, "beside tensors", null));
        string[] candidates = [.. top.Entries.Where(entry => HoldsTensors(entry.Value)).Select(entry => entry.Key)];
        if (candidates.Length == 0)
            throw None(path, "expected a dictionary of tensors (a state dict), found no tensor under a name");
        string? chosen = candidates.Length == 1 ? candidates[0] : Array.Find(UsualKeys, candidates.Contains);
        if (chosen is null)
            throw None(path, $"expected one dictionary of tensors, found {string.Join(", ", candidates.Take(5))}{(candidates.Length > 5 ? $" and {candidates.Length - 5} more" : "")}");
        return Of(path, top.Entries[chosen].AsDictionary!, Other(top, $"beside {chosen}", chosen));
    }

    private static StateDict Of(string path, PickleDictionary dictionary, List<string> remarks)
    {
        KeyValuePair<string, TorchTensor>[] tensors = [.. TensorsIn(dictionary)];
        if (tensors.Length > SafetensorsHeader.MaximumTensors)
            throw new CheckpointFormatException(path, $"expected at most {SafetensorsHeader.MaximumTensors} tensors, found {tensors.Length}", kind: "TooManyTensors");
        return new StateDict(tensors, remarks);
    }

    private static List<string> Other(PickleDictionary top, string what, string? chosen) =>
        [.. top.Entries.Where(entry => entry.Key != chosen && entry.Value.Reference != top && HoldsTensors(entry.Value)).Select(entry => $"left out: {entry.Key}, a dictionary of tensors {what}").Take(5)];

    private static bool HoldsTensors(PickleValue value) => value.AsDictionary is { } dictionary && TensorsIn(dictionary).Any();

    private static IEnumerable<KeyValuePair<string, TorchTensor>> TensorsIn(PickleDictionary dictionary) =>
        dictionary.Entries.Where(entry => entry.Value.Reference is TorchTensor).Select(entry => KeyValuePair.Create(entry.Key, (TorchTensor)entry.Value.Reference!));

    private static CheckpointFormatException None(string path, string problem) =>
        new(path, problem + ". Save the model's state_dict()", kind: "NoStateDict");
}
