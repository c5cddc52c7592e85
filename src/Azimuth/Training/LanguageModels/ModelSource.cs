using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Weights;

namespace Azimuth.Training.LanguageModels;

/// <summary>What a training begins with: a model's configuration, its tokenizer, and its weights unless it is new. Immutable.</summary>
public sealed class ModelSource
{
    private readonly JsonObject _json;
    private readonly TokenizerCopy _tokenizerFiles;

    private ModelSource(JsonObject json, TransformerConfig config, TensorNames names, Checkpoint? weights, Tokenizer tokenizer, string tokenizerPath)
    {
        (_json, Config, Names, Weights, Tokenizer) = (json, config, names, weights, tokenizer);
        _tokenizerFiles = TokenizerCopy.Of(tokenizer, tokenizerPath);
        Trainability.Require(config, names);
        TrainableSize.RequireMatrices(config);
        if (tokenizer.VocabSize > config.VocabSize)
        {
            throw new CheckpointFormatException(
                tokenizer.Source, FormattableString.Invariant($"expected token ids below the table's {config.VocabSize} rows, found ids up to {tokenizer.VocabSize - 1}. Resize the model, or give the tokenizer that belongs to it"));
        }
    }

    /// <summary>What is computed.</summary>
    public TransformerConfig Config { get; }

    /// <summary>Text to ids.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>SHA-256 of the tokenizer's files: a run's ids are of no use under another.</summary>
    public string TokenizerHash => _tokenizerFiles.Hash();

    /// <summary>What the tensors are called.</summary>
    internal TensorNames Names { get; }

    /// <summary>Where the weights are; null for a new model.</summary>
    internal Checkpoint? Weights { get; }

    /// <summary>A model to go on with.</summary>
    /// <param name="model">A decoder in any format.</param>
    /// <param name="conversionFolder">A GGUF file is converted into this folder first, unless that has been done already.</param>
    /// <exception cref="NotSupportedException">A part of the model has no backward pass; it is named.</exception>
    /// <exception cref="CheckpointFormatException">It has no tokenizer, or damaged files.</exception>
    public static ModelSource Of(LanguageModel model, string conversionFolder)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelFolder folder = model.Folder;
        if (folder.Gguf is not null)
        {
            Trainability.Require(model.Config, model.Names);
            if (!Directory.Exists(conversionFolder))
                ModelConverter.ToFolder(folder, new ConversionOptions { Type = TensorType.F32 }, conversionFolder, model.Workers);
            model = LanguageModel.Load(conversionFolder, model.Workers);
            folder = model.Folder;
        }

        Tokenizer tokenizer = TokenizerOf(model);
        JsonObject json = FolderFiles.Read(folder.TokenizerFolder, "config.json")!;
        return new ModelSource(json, model.Config, model.Names.In(folder.Checkpoint), folder.Checkpoint, tokenizer, folder.TokenizerFolder);
    }

    /// <summary>Stops before a model that cannot be trained.</summary>
    /// <exception cref="NotSupportedException">A part of the model has no backward pass; it is named.</exception>
    public static void Require(LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Trainability.Require(model.Config, model.Names);
    }

    /// <summary>SHA-256 of a model's tokenizer and of its configuration: what a run that goes on with the model must find again at its path.</summary>
    /// <exception cref="CheckpointFormatException">It has no tokenizer, or one that cannot be saved with the trained model.</exception>
    public static (string Tokenizer, string Config) Identity(LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelFolder folder = model.Folder;
        string config = folder.Gguf is { } gguf
            ? string.Join('\n', gguf.Metadata.Where(entry => !entry.Key.StartsWith("tokenizer.", StringComparison.Ordinal)).Select(entry => $"{entry.Key} {entry.Value}"))
            : FolderFiles.Read(folder.TokenizerFolder, "config.json")!.ToJsonString();
        return (TokenizerCopy.Of(TokenizerOf(model), folder.TokenizerFolder).Hash(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(config))));
    }

    /// <summary>A new model.</summary>
    /// <param name="shape">How large, and of which family.</param>
    /// <param name="tokenizerPath">A folder with a tokenizer, or its file; its vocabulary gives the table's rows.</param>
    /// <exception cref="ArgumentException">Sizes that do not fit each other.</exception>
    /// <exception cref="CheckpointFormatException">No tokenizer there, or a damaged one.</exception>
    public static ModelSource New(ModelShape shape, string tokenizerPath)
    {
        ArgumentNullException.ThrowIfNull(shape);
        Tokenizer tokenizer = Tokenizer.Load(tokenizerPath);
        JsonObject json = shape.ToConfig(tokenizer);
        (TransformerConfig config, TensorNames names) = Read(json);
        return new ModelSource(json, config, names with { Prefixes = [names.Prefixes[0]] }, null, tokenizer, tokenizerPath);
    }

    /// <summary>Writes weights as a model folder in single precision, which every command and the reference library open.</summary>
    internal void Save(string folder, TrainedWeights weights)
    {
        SaveSettings(folder);
        SafetensorsWriter.Save(
            Path.Combine(folder, "model.safetensors"),
            weights.Tensors.Select(tensor => SafetensorsEntry.From(tensor.Name, tensor.InFileOrder(tensor.Values), [.. tensor.Shape])),
            new Dictionary<string, string> { ["format"] = "pt" });
    }

    /// <summary>Writes what stands beside the weights: config.json and the tokenizer's files.</summary>
    internal void SaveSettings(string folder)
    {
        var json = (JsonObject)_json.DeepClone();
        json[json.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = "float32";
        FolderFiles.Write(folder, "config.json", json);
        _tokenizerFiles.Write(folder);
    }

    private static Tokenizer TokenizerOf(LanguageModel model) => model.Tokenizer
        ?? throw new CheckpointFormatException(model.Folder.TokenizerFolder, "expected a tokenizer beside the model, found none. Copy tokenizer.json there");

    private static (TransformerConfig Config, TensorNames Names) Read(JsonObject json)
    {
        using JsonDocument document = JsonDocument.Parse(json.ToJsonString());
        return ArchitectureRegistry.Read(new ConfigReader(document.RootElement, "config.json"));
    }
}
