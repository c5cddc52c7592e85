using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Weights;

namespace Azimuth.Quantization;

/// <summary>Measures and writes models whose weights are stored in another type.</summary>
public static class ModelQuantizer
{
    /// <summary>
    /// Measures one type: the tables' errors and neighbours, the matrices' errors, and, on a text, how far next-token distributions move. The changed weights are held in
    /// memory while the text runs; nothing is written.
    /// </summary>
    /// <param name="model">The model as it is.</param>
    /// <param name="type">How it would be stored.</param>
    /// <param name="options">Which part, sampling, window.</param>
    /// <param name="text">Token ids to compare the two models on; empty to leave that out.</param>
    /// <param name="progress">Told the share of the work done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles and windows.</param>
    /// <exception cref="ArgumentException">A token table whose rows are no whole number of blocks, or an id outside the table.</exception>
    /// <exception cref="CheckpointFormatException">A weight is not finite, or (kind <c>OutOfRange</c>) becomes infinite in this type.</exception>
    public static ModelQuantization Measure(
        LanguageModel model, QuantizationType type, ModelQuantizationOptions options, ReadOnlySpan<int> text, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        QuantizationPlan plan = QuantizationPlan.Create(model, type, options.Part, asGguf: false);
        var shares = new Steps(progress, text.IsEmpty ? [2, 1, 0] : [2, 1, 3]);
        var tables = ModelTables.Of(model);
        List<TableQuantization> measured = [];
        foreach (var (_, table) in tables)
            measured.Add(TableQuantization.Of(table, type, options.Tables, model.Workers, shares.Step(0, measured.Count, tables.Count), cancellation));
        NextTokenDivergence? divergence = null;
        ErrorSums errors = default;
        if (!text.IsEmpty || options.Part == QuantizedPart.All)
        {
            var weights = QuantizedCheckpoint.Create(model.Folder.Checkpoint, plan, model.Workers, shares.Step(1), cancellation);
            errors = weights.MatrixErrors;
            if (!text.IsEmpty)
                divergence = NextTokenDivergence.Of(model, model.With(weights, plan.Names), text, Math.Min(options.Window, model.Config.LongestRun), shares.Step(2), cancellation);
        }

        PlannedTensor[] matrices = [.. plan.Tensors.Where(t => t.Changes && t.Slot?.Role == WeightRole.Matrix && t.Shape.Count == 2)];
        return new ModelQuantization
        {
            Type = type,
            Part = options.Part,
            SizeBytesBefore = plan.Tensors.Sum(t => t.Source.SizeBytes),
            SizeBytesAfter = plan.Tensors.Sum(t => t.Changes ? t.SizeBytes : t.Source.SizeBytes),
            Tables = measured,
            Matrices = errors.Values == 0 ? null : new MatrixErrors(
                matrices.Length, errors.Values, Math.Sqrt(errors.Errors / errors.Values), errors.Largest, errors.Squares == 0 ? 0 : Math.Sqrt(errors.Errors / errors.Squares)),
            StoredAsF16 = [.. plan.Odd.Select(t => t.Source.Name)],
            Divergence = divergence,
        };
    }

    /// <summary>
    /// Writes the model as one GGUF file. From a GGUF file metadata and names are kept; a folder is converted with its tokenizer, as llama.cpp
    /// expects it (queries' and keys' rows permuted, GPT-2's matrices transposed, norms and biases in single precision).
    /// </summary>
    /// <returns>Remarks: why there is no vocabulary in the file, for instance.</returns>
    /// <exception cref="ArgumentException">A type that GGUF does not have, or a family or setting that has no form there.</exception>
    /// <exception cref="CheckpointFormatException">A weight that the type cannot hold.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static IReadOnlyList<string> SaveGguf(
        LanguageModel model, QuantizationType type, QuantizedPart part, string path, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (type.AsTensorType() is null)
            throw new ArgumentException($"{type.Name()} has no place in GGUF. Choose q8_0, q4_0 or q4_1, or write the tables alone as .safetensors.");
        var planned = QuantizationPlan.Create(model, type, part, asGguf: true).Tensors.ToDictionary(tensor => tensor.Source.Name, StringComparer.Ordinal);
        return GgufExport.Save(model, (tensor, _, _) => planned[tensor.Name], path, model.Workers, progress, cancellation);
    }

    /// <summary>Writes the model as a folder in bf16 or f16: its files with their own names, the tensors in the new type, config.json saying so.</summary>
    /// <returns>Files of the original folder that were left out.</returns>
    /// <exception cref="ArgumentException">Another type, or a model that is a GGUF file.</exception>
    /// <exception cref="CheckpointFormatException">A weight that the type cannot hold.</exception>
    /// <exception cref="IOException">The folder cannot be written, or is not empty.</exception>
    public static IReadOnlyList<string> SaveFolder(
        LanguageModel model, QuantizationType type, QuantizedPart part, string path, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (type is not (QuantizationType.BF16 or QuantizationType.F16))
            throw new ArgumentException($"{type.Name()} has no place in safetensors. Choose bf16 or f16, or name a .gguf file.");
        if (model.Folder.Gguf is not null)
            throw new ArgumentException($"{model.Name} is a GGUF file, which stays one. Name a .gguf file to write.");
        return SafetensorsExport.Save(model, QuantizationPlan.Create(model, type, part, asGguf: false), path, progress, cancellation);
    }
}
