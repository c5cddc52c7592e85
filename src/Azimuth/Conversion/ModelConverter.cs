using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Quantization;
using Azimuth.Transformers;

namespace Azimuth.Conversion;

/// <summary>How a model is written anew.</summary>
public sealed record ConversionOptions
{
    /// <summary>The type of its matrices and tables: F32, F16, BF16, and for GGUF also Q8_0, Q4_0, Q4_1. Each tensor's own when null, where the format has it.</summary>
    public TensorType? Type { get; init; }

    /// <summary>Bytes of one safetensors file; a larger model goes into several with an index. One file when null.</summary>
    public long? MaximumShardBytes { get; init; }
}

/// <summary>What was written.</summary>
/// <param name="Path">The file or folder, absolute.</param>
/// <param name="Format">"GGUF" or "safetensors folder".</param>
/// <param name="SizeBytes">Bytes of all its files.</param>
/// <param name="Types">Stored types and their numbers of tensors, most first.</param>
/// <param name="Remarks">What is not in it, and what is stored otherwise than asked for.</param>
public sealed record ConversionResult(string Path, string Format, long SizeBytes, IReadOnlyList<StoredType> Types, IReadOnlyList<string> Remarks)
{
    /// <summary>The second file, absolute: the words of the embedding projector's vectors. Null for everything else.</summary>
    public string? MetadataPath { get; init; }
}

/// <summary>How many tensors are stored in a type.</summary>
/// <param name="Type">As the file spells it.</param>
/// <param name="Tensors">How many.</param>
public sealed record StoredType(string Type, int Tensors);

/// <summary>Writes models in another format: a folder as GGUF, a GGUF file as a folder, either in another type. What a format cannot say is refused before anything is written.</summary>
public static class ModelConverter
{
    /// <summary>Types that can be asked for.</summary>
    public static IReadOnlyList<TensorType> Types { get; } = [TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1];

    /// <summary>
    /// Writes one GGUF file as llama.cpp expects it: its names and keys, Llama's rows of queries and keys permuted, GPT-2's matrices transposed, Gemma's gains with the one added,
    /// norms and biases in single precision. The tokenizer goes along; tokenizer.json also as it is, for the way back.
    /// </summary>
    /// <exception cref="ArgumentException">A family or a setting that has no form in GGUF, or a type that is not written.</exception>
    /// <exception cref="CheckpointFormatException">A weight that the type cannot hold.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static ConversionResult ToGguf(LanguageModel model, ConversionOptions options, string path, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        Check(options, isGguf: true);
        if (options.MaximumShardBytes is not null)
            throw new ArgumentException("a GGUF file is written whole, without shards.");
        string full = Path.GetFullPath(path);
        if (model.Files.Select(AtomicFile.RealPath).Contains(AtomicFile.Check(path)))
            throw new ArgumentException($"{path} is a file that is read. Choose another name.");
        var plan = new ConversionPlan(options.Type, isGguf: true);
        IReadOnlyList<string> remarks = GgufExport.Save(model, plan.Of, full, model.Workers, progress, cancellation);
        return Result(GgufFile.Open(full), full, "GGUF", AtomicFile.Length(full), [.. remarks, .. OddRemark(plan)]);
    }

    /// <summary>
    /// Writes a folder with config.json, safetensors in one file or several, and the tokenizer's files. Of a folder, of any family, all tensors and other files go along under their own
    /// names; of a GGUF file the config is made from its metadata and read back before anything is written.
    /// </summary>
    /// <inheritdoc cref="ToGguf" path="/exception"/>
    public static ConversionResult ToFolder(
        ModelFolder source, ConversionOptions options, string path, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        Check(options, isGguf: false);
        string full = AtomicFolder.Check(path);
        var plan = new ConversionPlan(options.Type, isGguf: false);
        IReadOnlyList<string> remarks = FolderExport.Save(source, plan, options, full, workers, progress, cancellation);
        long size = Directory.EnumerateFiles(full).Sum(file => new FileInfo(file).Length);
        return Result(ModelFolder.OpenWeights(full), full, "safetensors folder", size, [.. remarks, .. OddRemark(plan)]);
    }

    private static void Check(ConversionOptions options, bool isGguf)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Type is { } type && (!Types.Contains(type) || (!isGguf && type.BlockLength() > 1)))
            throw new ArgumentException($"{type} has no place in {(isGguf ? "what is written as GGUF" : "safetensors")}. Choose {string.Join(", ", Types.Where(t => isGguf || t.BlockLength() == 1))}.");
    }

    private static string[] OddRemark(ConversionPlan plan) => plan.Odd.Count == 0 ? [] : [FormattableString.Invariant($"stored as F16, as rows are no whole number of blocks: {plan.Odd.Count} tensors, the first {plan.Odd[0]}")];

    private static ConversionResult Result(Checkpoint written, string path, string format, long size, IReadOnlyList<string> remarks) => new(
        path, format, size, [.. written.Tensors.GroupBy(tensor => tensor.TypeName).Select(same => new StoredType(same.Key, same.Count())).OrderByDescending(stored => stored.Tensors)], remarks);
}
