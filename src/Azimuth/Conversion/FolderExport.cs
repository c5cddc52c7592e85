using System.Globalization;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Quantization;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Weights;
using PlannedTensor = Azimuth.Quantization.PlannedTensor;

namespace Azimuth.Conversion;

/// <summary>Writes a model as a folder of safetensors with its config and tokenizer.</summary>
internal static class FolderExport
{
    public static IReadOnlyList<string> Save(
        LanguageModel model, ConversionPlan plan, ConversionOptions options, string path, IProgress<double>? progress, CancellationToken cancellation)
    {
        var remarks = new List<string>();
        (JsonObject config, List<SafetensorsEntry> entries) = model.Folder.Gguf is { } gguf ? FromGguf(model, gguf, plan) : FromFolder(model, plan);
        SetType(config, entries);
        AtomicFolder.Create(path, folder =>
        {
            ShardWriter.Save(folder, entries, options.MaximumShardBytes, progress, cancellation);
            FolderFiles.Write(folder, "config.json", config);
            if (model.Folder.Gguf is { } file)
                GgufTokenizerFiles.Write(file, folder, remarks);
            else
            {
                string source = model.Folder.TokenizerFolder;
                remarks.AddRange(FolderFiles.CopyRest(source, folder, cancellation, ModelWeights.FilesOf(model.Folder.Checkpoint)).Select(name => $"not copied: {name}"));
            }
        });
        return remarks;
    }

    /// <summary>All tensors under their names, those that the config does not use as well.</summary>
    private static (JsonObject Config, List<SafetensorsEntry> Entries) FromFolder(LanguageModel model, ConversionPlan plan)
    {
        Checkpoint checkpoint = model.Folder.Checkpoint;
        JsonObject config = FolderFiles.Read(model.Folder.TokenizerFolder, "config.json")!;
        return (config, [.. checkpoint.Tensors.Select(tensor => Entry(model, plan.Of(tensor, null, isTransposed: false), tensor.Name, null, 0))]);
    }

    private static (JsonObject Config, List<SafetensorsEntry> Entries) FromGguf(LanguageModel model, GgufFile file, ConversionPlan plan)
    {
        (JsonObject config, TransformerConfig read, TensorNames names) = FolderConfigWriter.Write(model.Config, file);
        var moves = TensorMove.Between(model.Config, model.Names, model.Names.PrefixIn(file), read, names);
        return (config,
        [
            .. moves.Select(move => Entry(model, plan.Of(file.Find(move.Source)!, move.Part, move.IsTransposed), move.Target, move.RowOrder, move.GainShift)),
        ]);
    }

    private static SafetensorsEntry Entry(LanguageModel model, PlannedTensor tensor, string name, int[]? rowOrder, float shift) =>
        new(name, tensor.Type, tensor.Shape, new MatrixEncoder(model.Folder.Checkpoint, tensor, rowOrder, model.Workers, shift).Content);

    /// <summary>The type that most weights have, as the reference library spells it, under the key that the file has already.</summary>
    private static void SetType(JsonObject config, List<SafetensorsEntry> entries)
    {
        TensorType most = entries.GroupBy(entry => entry.Type).MaxBy(same => same.Sum(entry => entry.Bytes.Length))?.Key ?? TensorType.F32;
        string? name = most switch { TensorType.F32 => "float32", TensorType.F16 => "float16", TensorType.BF16 => "bfloat16", TensorType.F64 => "float64", _ => null };
        string key = config.ContainsKey("dtype") ? "dtype" : "torch_dtype";
        if (name is not null)
            config[key] = name;
    }
}
