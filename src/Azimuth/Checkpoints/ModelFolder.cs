using System.Text.Json;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Hub;

namespace Azimuth.Checkpoints;

/// <summary>
/// A model on disk: its weights, its configuration, and where its tokenizer's files are. Opening validates headers and small JSON files; weights
/// stay mapped and untouched. Immutable, safe for many threads, nobody disposes it.
/// </summary>
public sealed class ModelFolder
{
    private static readonly string[] SmallFiles =
    [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt",
        "tokenizer.model",
    ];

    private ModelFolder(string path, string folder, Checkpoint checkpoint, JsonElement? config, JsonElement? generationConfig, IReadOnlyList<string> warnings)
    {
        (Path, TokenizerFolder, Checkpoint, Config, GenerationConfig, Warnings) = (path, folder, checkpoint, config, generationConfig, warnings);
        // A GGUF file named by itself may lie anywhere, in a folder of downloads for example: its own name says more.
        Name = checkpoint is GgufFile && path != folder
            ? System.IO.Path.GetFileNameWithoutExtension(path)
            : HubCache.NameOfSnapshot(folder) ?? (System.IO.Path.GetFileName(folder) is { Length: > 0 } name ? name : folder);
    }

    /// <summary>The folder or file it was opened from, absolute.</summary>
    public string Path { get; }

    /// <summary>The folder's name; ORG/NAME in the hub's cache, where folders are named by commits; the name without ending of a GGUF file opened by itself.</summary>
    public string Name { get; }

    /// <summary>The weights.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>config.json; null for GGUF, whose metadata take its place.</summary>
    public JsonElement? Config { get; }

    /// <summary>generation_config.json, where there is one.</summary>
    public JsonElement? GenerationConfig { get; }

    /// <summary>The weights as GGUF, or null.</summary>
    public GgufFile? Gguf => Checkpoint as GgufFile;

    /// <summary>The folder that holds tokenizer.json or vocab.json and merges.txt, if any; GGUF files carry their own vocabulary.</summary>
    public string TokenizerFolder { get; }

    /// <summary>Remarks that do not stop the reading, of the folder and of its weights.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The files that make the model: its weights and, where they are there, the small files beside them that are read.</summary>
    public IReadOnlyList<string> Files() =>
    [
        .. Checkpoint.Tensors.Select(tensor => tensor.File).Append(Checkpoint.Path).Distinct(),
        .. SmallFiles.Select(name => System.IO.Path.Combine(TokenizerFolder, name)).Where(File.Exists),
    ];

    /// <summary>Opens the weights alone, from the same paths as <see cref="Open"/>; no config.json is asked for.</summary>
    /// <exception cref="CheckpointFormatException">No or several weights there, or a malformed file.</exception>
    public static Checkpoint OpenWeights(string path) => WeightsLocator.Find(path).Open();

    /// <summary>
    /// Opens a folder (safetensors in one file or sharded, or exactly one GGUF file, or what PyTorch saved, in this order), or a single file of these, an index or
    /// config.json.
    /// </summary>
    /// <exception cref="CheckpointFormatException">Nothing there, no or several weights, no config.json beside other weights than GGUF, or a malformed file; the message says which and what to do.</exception>
    public static ModelFolder Open(string path)
    {
        var weights = WeightsLocator.Find(path);
        string folder = System.IO.Path.GetDirectoryName(weights.File)!;
        var checkpoint = weights.Open();
        JsonElement? config = null;
        if (checkpoint is not GgufFile)
        {
            string configPath = System.IO.Path.Combine(folder, "config.json");
            if (!File.Exists(configPath))
                throw new CheckpointFormatException(folder, $"expected config.json beside {System.IO.Path.GetFileName(weights.File)}, found none. Copy it from where the model was published", kind: "ConfigMissing");
            config = JsonFile.ReadObject(configPath);
        }

        string generationPath = System.IO.Path.Combine(folder, "generation_config.json");
        JsonElement? generation = File.Exists(generationPath) ? JsonFile.ReadObject(generationPath) : null;
        return new ModelFolder(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)), folder, checkpoint, config, generation, [.. weights.Warnings, .. checkpoint.Warnings]);
    }
}
