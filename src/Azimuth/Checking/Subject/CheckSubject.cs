using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Weights;

namespace Azimuth.Checking;

/// <summary>A config with the tensors it asks for.</summary>
internal sealed record ReadModel(TransformerConfig Config, TensorNames Names, string Prefix, IReadOnlyList<PlannedTensor> Plan);

/// <summary>
/// What rules look at: each file of a model, read when a rule first asks for it, and each kept although others are damaged. For one thread; measurements
/// use the workers.
/// </summary>
internal sealed class CheckSubject
{
    private readonly IProgress<CheckProgress>? _progress;
    private readonly Lazy<Attempt<JsonFileContent>> _config, _generation, _tokenizerConfig;
    private readonly Lazy<Attempt<ReadModel>> _read;
    private readonly Lazy<Attempt<Tokenizer>> _tokenizer;
    private readonly Lazy<Attempt<RawTokenizer>> _raw;
    private readonly Lazy<Attempt<TableRows>> _input, _output;
    private readonly Lazy<UntrainedRows?> _untrained;
    private readonly Lazy<TableGeometry?> _geometry;
    private readonly Lazy<TensorScan?> _tensors;
    private readonly Lazy<Attempt<TrialRun>> _run;

    private CheckSubject(string path, Workers workers, CheckOptions options, IProgress<CheckProgress>? progress, CancellationToken cancellation)
    {
        (Path, Workers, Options, _progress, Cancellation) = (path, workers, options, progress, cancellation);
        Folder = Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(path)!;
        // A model's weights go by the name of its folder; a file of weights that stands alone by its own.
        bool isWeights = path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) && File.Exists(System.IO.Path.Combine(Folder, "config.json"));
        string named = isWeights || path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? Folder : path;
        Name = Hub.HubCache.NameOfSnapshot(named) ?? System.IO.Path.GetFileName(named);
        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            Name = System.IO.Path.GetFileNameWithoutExtension(path);
        bool isTable = File.Exists(path) && TableFile.IsTableFile(path);
        Say(isTable ? "reading the table" : "opening the files", 0);
        Table = isTable ? Attempt.Of(() => TableFile.Load(path, null, cancellation)) : new Attempt<TableFile>(null, null, null);
        Location = isTable ? new Attempt<WeightsLocation>(null, null, null) : Attempt.Of(() => WeightsLocator.Find(path));
        Weights = Location.Value is { } location ? Attempt.Of(location.Open) : new Attempt<Checkpoint>(null, Location.Problem, Location.Kind);
        IsTable = isTable;
        _config = new(() => Json("config.json"));
        _generation = new(() => Json("generation_config.json"));
        _tokenizerConfig = new(() => Json("tokenizer_config.json"));
        _read = new(() => Attempt.Of(ReadConfig));
        _tokenizer = new(() => Attempt.Of(ReadTokenizer));
        _raw = new(() => Attempt.Of(() => RawTokenizer.Find(this)));
        _input = new(() => Attempt.Of(() => TableFinder.Input(this) is { } found ? TableRows.Scan(found, this) : null));
        _output = new(() => Attempt.Of(() => TableFinder.Output(this) is { } found ? TableRows.Scan(found, this) : null));
        _untrained = new(() => Input.Value is { } table && Tokenizer.Value is not null ? UntrainedRows.Of(this, table) : null);
        _geometry = new(Measure);
        _tensors = new(() => Weights.Value is null ? null : TensorScan.Of(this));
        _run = new(() => Attempt.Of(() => TrialRun.Of(this)));
    }

    /// <summary>The path it was opened from, absolute.</summary>
    public string Path { get; }

    /// <summary>The folder that holds it.</summary>
    public string Folder { get; }

    /// <summary>What it is called on screen.</summary>
    public string Name { get; }

    public CheckOptions Options { get; }

    public Workers Workers { get; }

    public CancellationToken Cancellation { get; }

    /// <summary>What has been found so far.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>True for a file of vectors without a model.</summary>
    public bool IsTable { get; }

    /// <summary>The file of vectors.</summary>
    public Attempt<TableFile> Table { get; }

    /// <summary>Which file holds the weights.</summary>
    public Attempt<WeightsLocation> Location { get; }

    /// <summary>The weights' header.</summary>
    public Attempt<Checkpoint> Weights { get; }

    public GgufFile? Gguf => Weights.Value as GgufFile;

    /// <summary>config.json.</summary>
    public Attempt<JsonFileContent> Config => _config.Value;

    /// <summary>generation_config.json.</summary>
    public Attempt<JsonFileContent> Generation => _generation.Value;

    /// <summary>tokenizer_config.json.</summary>
    public Attempt<JsonFileContent> TokenizerConfig => _tokenizerConfig.Value;

    /// <summary>What is computed, and which tensors that takes.</summary>
    public Attempt<ReadModel> Read => _read.Value;

    public Attempt<Tokenizer> Tokenizer => _tokenizer.Value;

    /// <summary>The tokenizer's lists as they stand in the file, also of one that is refused.</summary>
    public Attempt<RawTokenizer> Raw => _raw.Value;

    /// <summary>The input table, or a file's only one.</summary>
    public Attempt<TableRows> Input => _input.Value;

    /// <summary>The output table that is stored, whether the config uses it or not.</summary>
    public Attempt<TableRows> Output => _output.Value;

    /// <summary>Which rows of the input table were never trained; null without a table or a tokenizer.</summary>
    public UntrainedRows? Untrained => _untrained.Value;

    /// <summary>Measures of the input table; null without one.</summary>
    /// <exception cref="CheckpointFormatException">A row is not finite.</exception>
    public TableGeometry? Geometry => _geometry.Value;

    /// <summary>What one pass over all weights gave; null without weights.</summary>
    public TensorScan? Tensors => _tensors.Value;

    /// <summary>What a short run gave.</summary>
    public Attempt<TrialRun> Run => _run.Value;

    /// <summary>Reads what is at a path, as far as it can be read.</summary>
    /// <exception cref="CheckpointFormatException">Nothing there that is a model or a table.</exception>
    public static CheckSubject Open(string path, Workers workers, CheckOptions options, IProgress<CheckProgress>? progress, CancellationToken cancellation)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(KnownModels.Resolve(path)));
        CheckSubject subject = new(full, workers, options, progress, cancellation);
        bool nothing = subject.Location.Kind is "UnknownFormat" or "SeveralWeights" or "FileMissing" or "FileNotReadable"
            || (subject.Location.Kind is "WeightsMissing" && !File.Exists(System.IO.Path.Combine(full, "config.json")) && !TokenizerFolder.Exists(full));
        if (nothing)
            _ = WeightsLocator.Find(full); // its own sentence
        return subject;
    }

    /// <summary>The token's text, or its number in angle brackets where no tokenizer can be read.</summary>
    public string Text(int id) => Table.Value?.Table.Text(id) ?? Tokenizer.Value?.TokenText(id) ?? FormattableString.Invariant($"<{id}>");

    /// <summary>True for a row of a token that texts or markers can name; all rows where there is no tokenizer.</summary>
    public bool HasToken(int id) => Tokenizer.Value is not { } tokenizer || tokenizer.Token(id) is not null;

    /// <summary>Says on the progress line what is being looked at.</summary>
    public void Say(string what, double share)
    {
        Cancellation.ThrowIfCancellationRequested();
        _progress?.Report(new CheckProgress(what, share));
    }

    /// <summary>True when an error has been found that explains why nothing runs.</summary>
    public bool HasError => Findings.Any(f => f.Severity == Severity.Error);

    private Attempt<JsonFileContent> Json(string name)
    {
        string file = System.IO.Path.Combine(Folder, name);
        bool asked = !IsTable && Gguf is null && File.Exists(file);
        return asked ? Attempt.Of(() => new JsonFileContent(file, JsonFile.ReadObject(file))) : new Attempt<JsonFileContent>(null, null, null);
    }

    private TableGeometry? Measure()
    {
        if (Input.Value is not { } table)
            return null;
        Say("measuring the table", 0);
        return TableMeasures.Of(new EmbeddingTable(table.Tensor, table.Matrix, Text), Workers, Cancellation);
    }

    private ReadModel? ReadConfig()
    {
        TransformerConfig config;
        TensorNames names;
        if (Gguf is { } gguf)
            (config, names) = ArchitectureRegistry.Read(gguf);
        else if (Config.Value is { } json)
            (config, names) = ArchitectureRegistry.Read(new ConfigReader(json.Root, json.Path, Weights.Value));
        else if (IsTable || (Weights.Value is null && Config.IsAbsent))
            return null;
        else
            throw new CheckpointFormatException(Folder, Config.Problem ?? "expected config.json beside the weights, found none. Copy it from where the model was published", kind: Config.Kind ?? "ConfigMissing");
        string prefix = Weights.Value is { } weights ? names.PrefixIn(weights) : names.Prefixes[0];
        return new ReadModel(config, names, prefix, [.. TensorPlan.Of(config, names, prefix)]);
    }

    private Tokenizer? ReadTokenizer()
    {
        if (Gguf is { } gguf)
            return GgufTokenizer.Exists(gguf) ? Tokenization.Tokenizer.FromGguf(gguf) : null;
        return !IsTable && TokenizerFolder.Exists(Folder) ? Tokenization.Tokenizer.Load(Folder) : null;
    }
}

/// <summary>A JSON file of the folder.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Root">Its object.</param>
internal sealed record JsonFileContent(string Path, JsonElement Root)
{
    /// <summary>The file's name.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The value, or null when absent or null.</summary>
    public JsonElement? Find(string key) => Root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The text, or null when there is none or another kind.</summary>
    public string? Text(string key) => Find(key) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The number, or null when there is none or another kind.</summary>
    public double? Number(string key) => Find(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out double number) ? number : null;
}
