using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Weights;
using ModelPart = Azimuth.Transformers.ModelPart;
using PlannedTensor = Azimuth.Quantization.PlannedTensor;

namespace Azimuth.Quantization;

/// <summary>Writes a model as GGUF with its weights in another type: a GGUF file with its metadata as they are, a folder converted.</summary>
internal static class GgufExport
{
    /// <summary>Writes the file and returns remarks about what has no place in it.</summary>
    /// <exception cref="ArgumentException">A family or a setting that has no form in GGUF.</exception>
    /// <param name="model">The model.</param>
    /// <param name="plan">What a tensor becomes: the tensor, what it is a part of, and whether its rows and columns change places.</param>
    /// <param name="path">The file.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="progress">Told the share written.</param>
    /// <param name="cancellation">Nothing is left behind.</param>
    public static IReadOnlyList<string> Save(
        LanguageModel model, Func<TensorInfo, ModelPart?, bool, PlannedTensor> plan, string path, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        var remarks = new List<string>();
        (GgufKeys keys, List<GgufTensor> tensors) = model.Folder.Gguf is { } gguf ? Again(model, gguf, plan, workers) : Convert(model, plan, workers, remarks);
        SetFileType(keys, tensors);
        GgufWriter.Save(path, keys, tensors, progress, cancellation);
        return remarks;
    }

    private static (GgufKeys Keys, List<GgufTensor> Tensors) Again(LanguageModel model, GgufFile source, Func<TensorInfo, ModelPart?, bool, PlannedTensor> plan, Workers workers)
    {
        var parts = TensorPlan.Of(model.Config, model.Names, prefix: "").ToDictionary(tensor => tensor.Name, tensor => (ModelPart?)tensor.Part, StringComparer.Ordinal);
        return (GgufKeys.From(source.Metadata),
        [
            .. source.Tensors.Select(tensor => plan(tensor, parts.GetValueOrDefault(tensor.Name), false))
                .Select(tensor => new GgufTensor(tensor.Source.Name, tensor.Type, tensor.Shape, new MatrixEncoder(source, tensor, rowOrder: null, workers).Content)),
        ]);
    }

    private static (GgufKeys Keys, List<GgufTensor> Tensors) Convert(
        LanguageModel model, Func<TensorInfo, ModelPart?, bool, PlannedTensor> plan, Workers workers, List<string> remarks)
    {
        TransformerConfig config = model.Config;
        string type = model.Folder.Config!.Value.TryGetProperty("model_type", out JsonElement text) ? text.GetString() ?? "" : "";
        GgufForm form = ArchitectureRegistry.GgufFormOf(type) ?? throw new ArgumentException(
            $"{model.Name}: the family {type} has no GGUF form here, only {string.Join(", ", ArchitectureRegistry.WithGguf)} have. Write safetensors instead (bf16 or f16).");
        var keys = new GgufKeys();
        keys.Set("general.architecture", form.Name);
        keys.Set("general.type", "model");
        keys.Set("general.name", model.Name);
        config = form.Kept(config);
        if (LeftOut(model, config) is string left)
            remarks.Add($"not in the file: {left}, for which GGUF's form of this family ({form.Name}) has no place; hidden states are the same");
        (TransformerConfig read, IReadOnlyList<GgufTensor> extra) = GgufConfigWriter.Write(keys, form, config);
        if (GgufTokenizerWriter.Write(keys, model.Folder, model.Tokenizer, config.VocabSize) is { } remark)
            remarks.Add(remark);
        if (WriteEnds(keys, model.GenerationDefaults.EndIds, config.VocabSize) is { } ends)
            remarks.Add(ends);
        if (Pooling(model.Folder.TokenizerFolder) is { } pooling)
            keys.Set($"{form.Name}.pooling_type", pooling);
        string tokenizer = Path.Combine(model.Folder.TokenizerFolder, "tokenizer.json");
        if (File.Exists(tokenizer))
            keys.Set(GgufTokenizerFiles.WholeKey, SmallFile.ReadText(tokenizer));
        if (form.WindowPeriod == 0 && config.Layers.Any(layer => layer.Attention.Window < config.ContextLength))
            remarks.Add($"llama.cpp ignores the window of {form.Name} models: its results differ in runs longer than the window");
        Checkpoint checkpoint = model.Folder.Checkpoint;
        // Stored masks, and a copy of the tied table, are in no move.
        var moves = TensorMove.Between(config, model.Names, model.Names.PrefixIn(checkpoint), read, form.Tensors(config));
        return (keys, [.. extra, .. moves.Select(move => Moved(checkpoint, plan(checkpoint.Find(move.Source)!, move.Part, move.IsTransposed), move, workers))]);
    }

    /// <summary>The parts of a model, with their numbers of tensors, that a config without them asks for no more; null where none are.</summary>
    private static string? LeftOut(LanguageModel model, TransformerConfig kept)
    {
        if (ConfigDifference.Find(model.Config, kept) is not { } difference)
            return null;
        string prefix = model.Names.PrefixIn(model.Folder.Checkpoint);
        HashSet<string> names = [.. TensorPlan.Of(kept, model.Names, prefix).Select(tensor => tensor.Name)];
        string[] parts =
        [
            .. TensorPlan.Of(model.Config, model.Names, prefix).Where(tensor => !names.Contains(tensor.Name)).GroupBy(tensor => tensor.Part)
                .Select(part => FormattableString.Invariant($"{(part.Key == ModelPart.Pooler ? "the pooler" : "the masked-language head")} ({part.Count()} {(part.Count() == 1 ? "tensor" : "tensors")})")),
        ];
        return parts.Length == 0 ? difference.Setting : string.Join(" and ", parts);
    }

    /// <summary>
    /// The tokens after which generation ends, where there are more than the tokenizer's one: a chat model ends its turn with another token than a text, and would go on
    /// for ever in a reader that does not know it.
    /// </summary>
    /// <returns>What has no place in the file.</returns>
    private static string? WriteEnds(GgufKeys keys, IReadOnlyList<int> ids, int vocabulary)
    {
        const string Main = "tokenizer.ggml.eos_token_id";
        IEnumerable<int> rest = keys.WholeNumber(Main) is { } written ? ids.Where(id => id != written) : ids;
        using IEnumerator<int> next = rest.Where(id => id >= 0 && id < vocabulary).Distinct().GetEnumerator();
        foreach (string key in GenerationDefaults.EndKeys)
        {
            if (keys.Has(key))
                continue;
            if (!next.MoveNext())
                return null;
            keys.Set(key, (uint)next.Current);
        }

        return next.MoveNext() ? FormattableString.Invariant($"not in the file: that generation ends at token {next.Current} too; GGUF has places for {GenerationDefaults.EndKeys.Count} such tokens") : null;
    }

    /// <summary>How a sentence encoder makes one vector of its tokens', by llama.cpp's number: the mean, or the first token's.</summary>
    private static uint? Pooling(string folder)
    {
        string path = Path.Combine(folder, "1_Pooling", "config.json");
        if (!File.Exists(path))
            return null;
        JsonElement config = JsonFile.ReadObject(path);
        bool Is(string mode) => config.TryGetProperty($"pooling_mode_{mode}", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
        return Is("mean_tokens") ? 1u : Is("cls_token") ? 2u : null;
    }

    private static GgufTensor Moved(Checkpoint checkpoint, PlannedTensor tensor, TensorMove move, Workers workers) =>
        new(move.Target, tensor.Type, tensor.Shape, new MatrixEncoder(checkpoint, tensor, move.RowOrder, workers, move.GainShift).Content);

    /// <summary>The number by which llama.cpp calls the mixture (llama.h, llama_ftype): that of the type most weights have.</summary>
    private static void SetFileType(GgufKeys keys, List<GgufTensor> tensors)
    {
        TensorType most = tensors.Where(t => t.Shape.Count == 2).GroupBy(t => t.Type).MaxBy(g => g.Sum(t => TensorInfo.Product(t.Shape)))?.Key ?? TensorType.F32;
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
