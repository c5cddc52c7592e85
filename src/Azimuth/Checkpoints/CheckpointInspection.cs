using System.Globalization;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;

namespace Azimuth.Checkpoints;

/// <summary>One line of a checkpoint's metadata.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Type">"string", "uint32", "string[49152]".</param>
/// <param name="Value">A text, number, boolean, or the first values of an array; NaN and infinities as the texts "nan", "inf", "-inf".</param>
/// <param name="Count">How many values an array has; null for single values.</param>
public sealed record InspectedMetadata(string Key, string Type, object Value, int? Count);

/// <summary>One tensor as the header announces it.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="Type">As the file spells it.</param>
/// <param name="Shape">Slowest dimension first.</param>
/// <param name="SizeBytes">Bytes of its data.</param>
/// <param name="File">The name of the file that holds it.</param>
public sealed record InspectedTensor(string Name, string Type, IReadOnlyList<long> Shape, long SizeBytes, string File);

/// <summary>All tensors of one type.</summary>
/// <param name="Type">As the file spells it.</param>
/// <param name="Tensors">How many tensors.</param>
/// <param name="Parameters">Their values.</param>
/// <param name="SizeBytes">Their bytes.</param>
public sealed record InspectedType(string Type, int Tensors, long Parameters, long SizeBytes);

/// <summary>What a checkpoint's header says; tensor data is not touched. Serialises to JSON as it is.</summary>
/// <param name="Path">The file it was read from, absolute.</param>
/// <param name="Format">"safetensors", "GGUF", "PyTorch" or "PyTorch before 1.6", the first and the last two also with "sharded" before them.</param>
/// <param name="FormatVersion">"2" or "3", with "big-endian" where it is, for GGUF; otherwise null.</param>
/// <param name="FileBytes">Bytes of all its files.</param>
/// <param name="ParameterCount">Values of all tensors together, of whatever type; a tied table counts as often as it is stored.</param>
/// <param name="Metadata">In file order.</param>
/// <param name="Types">By falling size.</param>
/// <param name="Tensors">In file order.</param>
/// <param name="Warnings">Remarks of the reader.</param>
public sealed record CheckpointInspection(
    string Path,
    string Format,
    string? FormatVersion,
    long FileBytes,
    long ParameterCount,
    IReadOnlyList<InspectedMetadata> Metadata,
    IReadOnlyList<InspectedType> Types,
    IReadOnlyList<InspectedTensor> Tensors,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Values shown of an array.</summary>
    private const int ShownValues = 8;

    /// <summary>Characters shown of a text; chat templates are longer.</summary>
    private const int ShownCharacters = 400;

    /// <summary>Reads the header of a folder's weights or of a file; no configuration is needed beside it.</summary>
    /// <exception cref="CheckpointFormatException">Missing, unreadable or malformed.</exception>
    public static CheckpointInspection Inspect(string path)
    {
        var weights = WeightsLocator.Find(path);
        var checkpoint = weights.Open();
        return new CheckpointInspection(
            weights.File,
            checkpoint.Format,
            checkpoint is GgufFile { Header: var h } ? h.Version.ToString(CultureInfo.InvariantCulture) + (h.IsBigEndian ? " big-endian" : "") : null,
            checkpoint.FileBytes,
            checkpoint.Tensors.Sum(t => t.ElementCount),
            MetadataOf(checkpoint),
            [.. checkpoint.Tensors.GroupBy(t => t.TypeName).Select(g => new InspectedType(g.Key, g.Count(), g.Sum(t => t.ElementCount), g.Sum(t => t.SizeBytes))).OrderByDescending(t => t.SizeBytes).ThenBy(t => t.Type, StringComparer.Ordinal)],
            [.. checkpoint.Tensors.Select(t => new InspectedTensor(t.Name, t.TypeName, t.Shape, t.SizeBytes, System.IO.Path.GetFileName(t.File)))],
            [.. weights.Warnings, .. checkpoint.Warnings]);
    }

    private static List<InspectedMetadata> MetadataOf(Checkpoint checkpoint) => checkpoint switch
    {
        GgufFile gguf => [.. gguf.Metadata.Select(m => Describe(m.Key, m.Value))],
        SafetensorsFile file => Texts(file),
        // Every shard repeats the same texts as a rule: one line each is enough.
        ShardedCheckpoint sharded => [.. sharded.Shards.OfType<SafetensorsFile>().SelectMany(Texts).Distinct()],
        _ => [],
    };

    private static List<InspectedMetadata> Texts(SafetensorsFile file) => [.. file.Header.Metadata.Select(m => new InspectedMetadata(m.Key, "string", Cut(m.Value), null))];

    private static InspectedMetadata Describe(string key, GgufValue value) =>
        value.Type == GgufType.Array
            ? new InspectedMetadata(key, value.ToString(), Plain(value), value.AsArray().Count)
            : new InspectedMetadata(key, GgufTypes.Name(value.Type), Plain(value), null);

    private static object Plain(GgufValue value) => value.Type switch
    {
        GgufType.String => Cut(value.AsString()),
        GgufType.Bool => value.AsBool(),
        // A single is shown with its own digits, not with those of the double it widens to.
        GgufType.Float32 => float.IsFinite(value.AsSingle()) ? value.AsSingle() : NotFinite(value.AsDouble()),
        GgufType.Float64 => double.IsFinite(value.AsDouble()) ? value.AsDouble() : NotFinite(value.AsDouble()),
        // Arrays in arrays are shown as "int32[3]": a hostile file could nest very many.
        GgufType.Array => value.AsArray().Take(ShownValues).Select(v => v.Type == GgufType.Array ? v.ToString() : Plain(v)).ToArray(),
        GgufType.UInt64 => value.AsUInt64(),
        _ => value.AsInt64(),
    };

    private static string NotFinite(double value) => double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

    private static string Cut(string text)
    {
        if (text.Length <= ShownCharacters)
            return text;
        // A pair of surrogates is one character: it is not cut in half.
        int length = char.IsHighSurrogate(text[ShownCharacters - 1]) ? ShownCharacters - 1 : ShownCharacters;
        return string.Concat(text.AsSpan(0, length), "…");
    }
}
