using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;

namespace Azimuth.Training;

/// <summary>What a saved state of a trainer holds beside the files other commands open: named numbers and named tensors, in <c>state.json</c> and <c>state.safetensors</c>.</summary>
/// <param name="Values">Counters and positions.</param>
/// <param name="Tensors">In the type they have.</param>
public sealed record TrainingState(JsonObject Values, IReadOnlyList<SafetensorsEntry> Tensors)
{
    private const string ValuesName = "state.json", TensorsName = "state.safetensors";

    /// <summary>Writes both files.</summary>
    public void Save(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, ValuesName), JsonSerializer.SerializeToUtf8Bytes(Values));
        SafetensorsWriter.Save(Path.Combine(folder, TensorsName), Tensors);
    }

    /// <summary>Opens both files; the tensors stay where they are until read.</summary>
    /// <exception cref="CheckpointFormatException">A file is missing or damaged.</exception>
    public static (StateValues Values, SafetensorsFile Tensors) Open(string folder) =>
        (StateValues.Read(Path.Combine(folder, ValuesName)), StateValues.OfState(() => SafetensorsFile.Open(Path.Combine(folder, TensorsName))));
}
