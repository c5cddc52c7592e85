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
    /// <summary>The files of a tokenizer and of how a model is used, which go along to every saved model.</summary>
    private static readonly string[] CompanionFiles =
    [
        "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "tokenizer.model",
        "chat_template.jinja",
    ];

    private readonly JsonObject _json;
    private readonly (string Name, byte[] Content)[] _companions;

    private ModelSource(JsonObject json, TransformerConfig config, TensorNames names, Checkpoint? weights, Tokenizer tokenizer, string companions)
    {
        (_json, Config, Names, Weights, Tokenizer) = (json, config, names, weights, tokenizer);
        // Read now: a run that goes on from a saved state outlives it.
        _companions = [.. CompanionFiles.Select(name => (Name: name, Path: Path.Combine(companions, name))).Where(file => File.Exists(file.Path)).Select(file => (file.Name, File.ReadAllBytes(file.Path)))];
        Trainability.Require(config, names);
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

        Tokenizer tokenizer = model.Tokenizer
            ?? throw new CheckpointFormatException(folder.TokenizerFolder, "expected a tokenizer beside the model, found none. Copy tokenizer.json there");
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
        string companions = Directory.Exists(tokenizerPath) ? tokenizerPath : Path.GetDirectoryName(Path.GetFullPath(tokenizerPath))!;
        return new ModelSource(json, config, names with { Prefixes = [names.Prefixes[0]] }, null, tokenizer, companions);
    }

    /// <summary>Writes weights as a model folder in single precision, which every command and the reference library open.</summary>
    internal void Save(string folder, TrainedWeights weights)
    {
        var json = (JsonObject)_json.DeepClone();
        json[json.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = "float32";
        FolderFiles.Write(folder, "config.json", json);
        SafetensorsWriter.Save(
            Path.Combine(folder, "model.safetensors"),
            weights.Tensors.Select(tensor => SafetensorsEntry.From(tensor.Name, tensor.InFileOrder(tensor.Values), [.. tensor.Shape])),
            new Dictionary<string, string> { ["format"] = "pt" });
        foreach ((string name, byte[] content) in _companions)
            File.WriteAllBytes(Path.Combine(folder, name), content);
    }

    private static (TransformerConfig Config, TensorNames Names) Read(JsonObject json)
    {
        using JsonDocument document = JsonDocument.Parse(json.ToJsonString());
        return ArchitectureRegistry.Read(new ConfigReader(document.RootElement, "config.json"));
    }
}
