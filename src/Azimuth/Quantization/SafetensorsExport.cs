using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Quantization;

/// <summary>Writes a model's folder with its tensors in another type, shard by shard under their own names.</summary>
internal static class SafetensorsExport
{
    public static IReadOnlyList<string> Save(LanguageModel model, QuantizationPlan plan, string path, IProgress<double>? progress, CancellationToken cancellation)
    {
        IReadOnlyList<string> leftOut = [];
        var planned = plan.Tensors.ToDictionary(tensor => tensor.Source.Name, StringComparer.Ordinal);
        string source = model.Folder.TokenizerFolder;
        AtomicFolder.Create(path, folder =>
        {
            ModelWeights.Write(model.Folder.Checkpoint, folder, tensor => Entry(model, planned[tensor.Name]), progress, cancellation);
            JsonObject config = FolderFiles.Read(source, "config.json")!;
            string dtype = plan.Type == QuantizationType.BF16 ? "bfloat16" : "float16";
            config[config.ContainsKey("dtype") || !config.ContainsKey("torch_dtype") ? "dtype" : "torch_dtype"] = dtype;
            if (config.ContainsKey("torch_dtype"))
                config["torch_dtype"] = dtype;
            FolderFiles.Write(folder, "config.json", config);
            leftOut = FolderFiles.CopyRest(source, folder, cancellation, ModelWeights.FilesOf(model.Folder.Checkpoint));
        });
        return leftOut;
    }

    private static SafetensorsEntry Entry(LanguageModel model, PlannedTensor tensor) => new(
        tensor.Source.Name, tensor.Changes ? tensor.Type : tensor.Source.Type!.Value, tensor.Shape, new MatrixEncoder(model.Folder.Checkpoint, tensor, rowOrder: null, model.Workers).Content);
}
