using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Weights;

namespace Azimuth.Quantization;

/// <summary>Writes a model as GGUF with its weights in another type: a GGUF file with its metadata as they are, a folder of the Llama or GPT-2 family converted.</summary>
internal static class GgufExport
{
    /// <summary>Writes the file and returns remarks about what has no place in it.</summary>
    /// <exception cref="ArgumentException">A family or a setting that has no form in GGUF.</exception>
    public static IReadOnlyList<string> Save(
        LanguageModel model, QuantizationPlan plan, string path, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        var remarks = new List<string>();
        (GgufKeys keys, List<GgufTensor> tensors) = model.Folder.Gguf is { } gguf ? Again(gguf, plan, workers) : Convert(model, plan, workers, remarks);
        SetFileType(keys, plan);
        GgufWriter.Save(path, keys, tensors, progress, cancellation);
        return remarks;
    }

    private static (GgufKeys Keys, List<GgufTensor> Tensors) Again(GgufFile source, QuantizationPlan plan, Workers workers) =>
        (GgufKeys.From(source.Metadata), [.. plan.Tensors.Select(tensor => new GgufTensor(
            tensor.Source.Name, tensor.Type, tensor.Shape, new MatrixEncoder(source, tensor, rowOrder: null, workers).Content))]);

    private static (GgufKeys Keys, List<GgufTensor> Tensors) Convert(LanguageModel model, QuantizationPlan plan, Workers workers, List<string> remarks)
    {
        TransformerConfig config = model.Config;
        string type = model.Folder.Config!.Value.TryGetProperty("model_type", out JsonElement text) ? text.GetString() ?? "" : "";
        GgufForm form = ArchitectureRegistry.GgufFormOf(type) ?? throw new ArgumentException(
            $"{model.Name}: the family {type} has no GGUF form here, only llama and gpt2 have. Write safetensors instead (bf16 or f16).");
        var keys = new GgufKeys();
        keys.Set("general.architecture", form.Name);
        keys.Set("general.type", "model");
        keys.Set("general.name", model.Name);
        IReadOnlyList<GgufTensor> extra = form.WriteConfig(keys, config);
        if (GgufTokenizerWriter.Write(keys, model.Folder, model.Tokenizer, config.VocabSize) is { } remark)
            remarks.Add(remark);
        var renamed = NewNames(model, form);
        var tensors = new List<GgufTensor>(extra);
        foreach (PlannedTensor tensor in plan.Tensors)
        {
            if (tensor.Slot is not { } slot || !renamed.TryGetValue(slot.Name, out WeightSlot? target) || (slot.Role == WeightRole.OutputTable && config.Output.Tied))
                continue; // stored masks, and a copy of the tied table
            string ending = tensor.Source.Name[slot.Name.Length..];
            var encoder = new MatrixEncoder(model.Folder.Checkpoint, tensor, RowOrder(target, config.Layers[0].Attention), workers);
            tensors.Add(new GgufTensor(target.Name + ending, tensor.Type, tensor.Shape, encoder.Content));
        }

        return (keys, tensors);
    }

    private static Dictionary<string, WeightSlot> NewNames(LanguageModel model, GgufForm form)
    {
        var from = WeightSlots.Of(model.Config, model.Names, model.Folder.Checkpoint);
        var to = WeightSlots.Of(model.Config, form.Tensors(model.Config), null);
        if (from.Count != to.Count || from.Zip(to).Any(pair => pair.First.Role != pair.Second.Role))
            throw new InvalidOperationException($"the family {form.Name} names its tensors differently in its two forms");
        return from.Zip(to).ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);
    }

    /// <summary>
    /// The form says which row of the stack of queries, keys and values makes each output. Here outputs are there in order, and the stack's rows are wanted: the
    /// inverse, cut to the one tensor's rows.
    /// </summary>
    private static int[]? RowOrder(WeightSlot target, AttentionConfig attention)
    {
        if (target.Fused?.RowOrder is not { } order)
            return null;
        int[] rowOfOutput = order(attention), outputOfRow = new int[rowOfOutput.Length];
        for (int output = 0; output < rowOfOutput.Length; output++)
            outputOfRow[rowOfOutput[output]] = output;
        int start = target.Part == 0 ? 0 : attention.QueryWidth + (target.Part - 1) * attention.KeyWidth;
        int length = target.Part == 0 ? attention.QueryWidth : attention.KeyWidth;
        return [.. outputOfRow.AsSpan(start, length).ToArray().Select(output => output - start)];
    }

    /// <summary>The number by which llama.cpp calls the mixture (llama.h, llama_ftype): that of the type most weights have.</summary>
    private static void SetFileType(GgufKeys keys, QuantizationPlan plan)
    {
        TensorType most = plan.Tensors.Where(t => t.Shape.Count == 2).GroupBy(t => t.Type).MaxBy(g => g.Sum(t => TensorInfo.Product(t.Shape)))?.Key ?? TensorType.F32;
        keys.Set("general.file_type", most switch
        {
            TensorType.F16 => 1u,
            TensorType.Q4_0 => 2u,
            TensorType.Q4_1 => 3u,
            TensorType.Q8_0 => 7u,
            TensorType.BF16 => 32u,
            _ => 0u,
        });
        keys.Set("general.quantization_version", 2u);
    }
}
