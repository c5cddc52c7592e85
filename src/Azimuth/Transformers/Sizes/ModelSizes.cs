using Azimuth.Checkpoints;

namespace Azimuth.Transformers;

/// <summary>One part of a model.</summary>
/// <param name="Part">Which.</param>
/// <param name="Tensors">How many tensors.</param>
/// <param name="Parameters">Their values.</param>
/// <param name="Share">Of all parameters, 0 to 1.</param>
/// <param name="StoredBytes">Bytes of the tensors as the checkpoint stores them; null without a checkpoint.</param>
public sealed record PartSize(ModelPart Part, int Tensors, long Parameters, double Share, long? StoredBytes);

/// <summary>
/// Bytes of all parameters by storage. Int8 is GGUF's Q8_0 (32 values of a row share an f16 scale: 34 bytes), fourBit its Q4_0 (18 bytes); there vectors
/// and learned positions stay F32, and matrices whose rows are no multiple of 32 stay F16.
/// </summary>
/// <param name="F32">Four bytes a value.</param>
/// <param name="F16">Two bytes a value.</param>
/// <param name="Bf16">Two bytes a value.</param>
/// <param name="Int8">As Q8_0.</param>
/// <param name="FourBit">As Q4_0.</param>
public sealed record StorageBytes(long F32, long F16, long Bf16, long Int8, long FourBit);

/// <summary>Keys and values that are kept for the tokens already read; all zero for an encoder, which keeps none.</summary>
/// <param name="ValuesPerToken">2 · Σ over layers of key-value heads · head width.</param>
/// <param name="BytesPerTokenF32">Four bytes a value, as this program keeps them.</param>
/// <param name="BytesPerTokenF16">Two bytes a value.</param>
/// <param name="ContextLength">Tokens of the model's whole context.</param>
/// <param name="BytesAtContextF32">For the whole context, where layers with a window need no more than the window.</param>
/// <param name="BytesAtContextF16">The same with two bytes a value.</param>
/// <param name="WindowedLayers">Layers that look back a bounded number of positions.</param>
public sealed record CacheSize(
    long ValuesPerToken, long BytesPerTokenF32, long BytesPerTokenF16, int ContextLength, long BytesAtContextF32, long BytesAtContextF16, int WindowedLayers);

/// <summary>A checkpoint beside what its config asks for.</summary>
/// <param name="Format">"safetensors", "GGUF".</param>
/// <param name="FileBytes">Bytes of all its files.</param>
/// <param name="Tensors">Tensors in the file.</param>
/// <param name="Values">Values of all of them.</param>
/// <param name="Bytes">Bytes of all of them.</param>
/// <param name="AskedValues">Values of those the config asks for: the parameters, where <paramref name="Agrees"/>.</param>
/// <param name="Agrees">Every tensor is there, in its shape.</param>
/// <param name="Missing">Names of tensors that are not there.</param>
/// <param name="Misshapen">Names of tensors of another shape.</param>
/// <param name="Unused">Names of tensors that nothing asks for.</param>
public sealed record StoredSize(
    string Format, long FileBytes, int Tensors, long Values, long Bytes, long AskedValues, bool Agrees,
    IReadOnlyList<string> Missing, IReadOnlyList<string> Misshapen, IReadOnlyList<string> Unused);

/// <summary>Exact parameter counts and bytes of a model, from its config and, where there is one, its checkpoint. Immutable.</summary>
public sealed record ModelSizes
{
    /// <summary>The model's name: its folder's or its file's.</summary>
    public required string Name { get; init; }

    /// <summary>The family.</summary>
    public required string Architecture { get; init; }

    /// <summary>Layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Rows of the token table.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int ModelDim { get; init; }

    /// <summary>Input and output table are one.</summary>
    public required bool Tied { get; init; }

    /// <summary>Values of all tensors that the config asks for; a tied table counts once.</summary>
    public required long Parameters { get; init; }

    /// <summary>The same if input and output table were one.</summary>
    public required long ParametersTied { get; init; }

    /// <summary>The same if they were two.</summary>
    public required long ParametersUntied { get; init; }

    /// <summary>All without tables: no token table, no learned positions, no output table.</summary>
    public required long ParametersWithoutTables { get; init; }

    /// <summary>Every part that has parameters, in the order of <see cref="ModelPart"/>; they add up to <see cref="Parameters"/>.</summary>
    public required IReadOnlyList<PartSize> Parts { get; init; }

    /// <summary>Bytes of the parameters by storage.</summary>
    public required StorageBytes Bytes { get; init; }

    /// <summary>The cache of a run.</summary>
    public required CacheSize Cache { get; init; }

    /// <summary>The checkpoint; null where only a config was read.</summary>
    public required StoredSize? Checkpoint { get; init; }

    /// <summary>Sizes of a model folder, a .safetensors or .gguf file, a known name, or of a config.json alone.</summary>
    /// <param name="path">A config.json counts by itself; a folder without weights counts by its config.json.</param>
    /// <exception cref="CheckpointFormatException">Not a model, an unknown architecture, or counts beyond 63 bits.</exception>
    public static ModelSizes Of(string path) => SizeCounter.Of(path);
}
