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
        ModelFolder source, ConversionPlan plan, ConversionOptions options, string path, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        var remarks = new List<string>();
        (JsonObject config, List<SafetensorsEntry> entries) = source.Gguf is null ? FromFolder(source, plan, workers) : FromGguf(LanguageModel.Load(source.Path, workers), plan);
        SetType(config, entries);
        AtomicFolder.Create(path, folder =>
        {
            ShardWriter.Save(folder, entries, options.MaximumShardBytes, progress, cancellation);
            FolderFiles.Write(folder, "config.json", config);
            if (source.Gguf is { } gguf)
                remarks.AddRange(new[] { GgufTokenizerFiles.Write(gguf, folder) }.OfType<string>());
            else
                remarks.AddRange(FolderFiles.CopyRest(source.TokenizerFolder, folder, cancellation, ModelWeights.FilesOf(source.Checkpoint)).Where(name => !Weights(source).Contains(name)).Select(name => $"not copied: {name}"));
        });
        return remarks;
    }

    /// <summary>The files that have been converted; that they are not copied needs no remark.</summary>
    private static string[] Weights(ModelFolder source) => source.Checkpoint is ShardedCheckpoint sharded
        ? [Path.GetFileName(sharded.Path), .. sharded.Shards.Select(shard => Path.GetFileName(shard.Path))]
        : [Path.GetFileName(source.Checkpoint.Path)];

    /// <summary>All tensors under their names, those that the config does not use as well.</summary>
    private static (JsonObject Config, List<SafetensorsEntry> Entries) FromFolder(ModelFolder source, ConversionPlan plan, Workers workers)
    {
        JsonObject config = FolderFiles.Read(source.TokenizerFolder, "config.json")!;
        return (config, [.. source.Checkpoint.Tensors.Select(tensor => Entry(source.Checkpoint, plan.Of(tensor, null, isTransposed: false), tensor.Name, null, 0, workers))]);
    }

    private static (JsonObject Config, List<SafetensorsEntry> Entries) FromGguf(LanguageModel model, ConversionPlan plan)
    {
        GgufFile file = model.Folder.Gguf!;
        (JsonObject config, TransformerConfig read, TensorNames names) = FolderConfigWriter.Write(model.Config, file);
        var moves = TensorMove.Between(model.Config, model.Names, model.Names.PrefixIn(file), read, names);
        return (config,
        [
            .. moves.Select(move => Entry(file, plan.Of(file.Find(move.Source)!, move.Part, move.IsTransposed), move.Target, move.RowOrder, move.GainShift, model.Workers)),
        ]);
    }

    private static SafetensorsEntry Entry(Checkpoint source, PlannedTensor tensor, string name, int[]? rowOrder, float shift, Workers workers) =>
        new(name, tensor.Type, tensor.Shape, new MatrixEncoder(source, tensor, rowOrder, workers, shift).Content);

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
