using System.Numerics.Tensors;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Running;
using Azimuth.Transformers.Tracing;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers;

/// <summary>
/// A transformer with its weights and tokenizer: a decoder, which predicts next tokens, or an encoder, which gives hidden states and fills in masked ones. Opening it reads headers and vectors; its matrices are checked for non-finite values and packed when it
/// first runs, so commands that look at tables never pay for it. Immutable: many threads may run it, each with a cache of its own. Nobody disposes it;
/// the workers are the caller's.
/// </summary>
public sealed class LanguageModel
{
    private readonly Checkpoint _checkpoint;
    private readonly TransformerWeights _weights;
    private readonly Lazy<ForwardPass> _forward;
    private readonly Lazy<Runner> _runner;
    private readonly Lazy<Tokenizer?> _tokenizer;

    private LanguageModel(ModelFolder folder, Checkpoint checkpoint, TransformerConfig config, TensorNames names, Workers workers)
    {
        (_checkpoint, Config, Workers) = (checkpoint, config, workers);
        (Folder, Names) = (folder, names);
        Warnings = [.. config.Remarks, .. UnusedTensors.Remarks(config, names, checkpoint)];
        (Name, Path) = (folder.Name, folder.Path);
        _weights = WeightLoader.Load(config, names, checkpoint);
        GenerationDefaults = GenerationDefaults.Read(folder);
        _tokenizer = new Lazy<Tokenizer?>(() => Tokenizer.Find(folder));
        IsTied = config.Output.Tied;
        TokenEmbedding = new EmbeddingTable(IsTied && config.Output.HasLogits ? "input and output table" : "input table", _weights.TokenEmbedding, TextOf);
        Unembedding = IsTied ? TokenEmbedding : new EmbeddingTable("output table", _weights.UnembeddingTable, TextOf);
        _forward = new Lazy<ForwardPass>(Prepare);
        _runner = new Lazy<Runner>(() => new Runner(config, _forward.Value));
        Parts = new ModelParts(config, _weights, _forward, workers);
    }

    /// <summary>The weights of another model under a config of the same shapes.</summary>
    private LanguageModel(LanguageModel original, TransformerConfig config, TransformerWeights weights)
    {
        (_checkpoint, _weights, _tokenizer, Config, Workers) = (original._checkpoint, weights, original._tokenizer, config, original.Workers);
        (Folder, Names, Warnings) = (original.Folder, original.Names, original.Warnings);
        (Name, Path, GenerationDefaults, IsTied) = (original.Name, original.Path, original.GenerationDefaults, original.IsTied);
        (TokenEmbedding, Unembedding) = (original.TokenEmbedding, original.Unembedding);
        _forward = new Lazy<ForwardPass>(() =>
        {
            _ = original._forward.Value; // checks and packs the matrices, which are shared
            return new ForwardPass(config, weights, Workers);
        });
        _runner = new Lazy<Runner>(() => new Runner(config, _forward.Value));
        Parts = new ModelParts(config, weights, _forward, Workers);
    }

    /// <summary>The model's name: its folder's.</summary>
    public string Name { get; }

    /// <summary>The folder or file it was opened from.</summary>
    public string Path { get; }

    /// <summary>What it computes.</summary>
    public TransformerConfig Config { get; }

    /// <summary>Its tokenizer, read when first asked for; null when its files hold none.</summary>
    /// <exception cref="CheckpointFormatException">The tokenizer's files are damaged.</exception>
    public Tokenizer? Tokenizer => _tokenizer.Value;

    /// <summary>The input table [vocab, embedding width], as stored.</summary>
    public EmbeddingTable TokenEmbedding { get; }

    /// <summary>The output table [vocab, embedding width]; the same object as <see cref="TokenEmbedding"/> when tied.</summary>
    public EmbeddingTable Unembedding { get; }

    /// <summary>True when input and output table are one.</summary>
    public bool IsTied { get; }

    /// <summary>Begin, end and padding ids, and the sampling its makers suggest.</summary>
    public GenerationDefaults GenerationDefaults { get; }

    /// <summary>The threads it computes with.</summary>
    public Workers Workers { get; }

    /// <summary>What is not an error yet may not be meant, one sentence each: tensors in the checkpoint that the configuration does not ask for, and <see cref="TransformerConfig.Remarks"/>.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The pieces of the computation, for what looks inside it.</summary>
    public ModelParts Parts { get; }

    /// <summary>The files it was read from: weights, configuration, tokenizer.</summary>
    public IReadOnlyList<string> Files => Folder.Files();

    /// <summary>The files it was opened from.</summary>
    internal ModelFolder Folder { get; }

    /// <summary>What its tensors are called.</summary>
    internal TensorNames Names { get; }

    /// <summary>Opens a model folder, a single .safetensors or .gguf file, or a bundled model by its name.</summary>
    /// <param name="path">Folder, file or name.</param>
    /// <param name="workers">The threads to compute with; stays the caller's.</param>
    /// <exception cref="CheckpointFormatException">Not a model: unknown architecture, contradictory config, missing or misshapen tensor.</exception>
    public static LanguageModel Load(string path, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(workers);
        ModelFolder folder = ModelFolder.Open(KnownModels.Resolve(path));
        return folder.Gguf is { } gguf
            ? Load(folder, ArchitectureRegistry.Read(gguf), workers)
            : Load(folder, folder.Config!.Value, System.IO.Path.Combine(folder.TokenizerFolder, "config.json"), workers);
    }

    /// <summary>The weights of a folder under a config that need not be the folder's own.</summary>
    internal static LanguageModel Load(ModelFolder folder, JsonElement config, string configPath, Workers workers) =>
        Load(folder, ArchitectureRegistry.Read(new ConfigReader(config, configPath, folder.Checkpoint)), workers);

    /// <summary>The same model with other weights, under names of their own.</summary>
    internal LanguageModel With(Checkpoint weights, TensorNames names) => new(Folder, weights, Config, names, Workers);

    /// <summary>Logits of the token after <paramref name="ids"/>: [vocab]. Only the last position's are computed.</summary>
    /// <exception cref="ArgumentException">No ids, an id outside the table, or more than the context.</exception>
    /// <exception cref="CheckpointFormatException">A weight is not a finite number.</exception>
    /// <exception cref="NotSupportedException">An encoder, which predicts no next token.</exception>
    public float[] NextLogits(ReadOnlySpan<int> ids)
    {
        var logits = new float[Config.VocabSize];
        NextLogits(ids, CreateCache(Math.Max(1, ids.Length)), logits);
        return logits;
    }

    /// <summary>
    /// Runs <paramref name="ids"/> after what <paramref name="cache"/> holds, adds them to it, and writes the logits of the token after them to
    /// <paramref name="logits"/> [vocab]. The same bits as running everything at once.
    /// </summary>
    /// <remarks>When it is cancelled or fails on the way, the cache is empty afterwards.</remarks>
    /// <exception cref="OperationCanceledException">Cancelled, which is heard every few hundred tokens.</exception>
    /// <inheritdoc cref="NextLogits(ReadOnlySpan{int})" path="/exception"/>
    public void NextLogits(ReadOnlySpan<int> ids, KeyValueCache cache, Span<float> logits, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        RequireCausal();
        _runner.Value.Next(cache, ids, logits, cancellation);
    }

    /// <summary>Prompts of any lengths run together: logits [vocab] of the token after each. The same bits as one by one.</summary>
    /// <inheritdoc cref="NextLogits(ReadOnlySpan{int})" path="/exception"/>
    public IReadOnlyList<float[]> NextLogits(IReadOnlyList<int[]> prompts)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        RequireCausal();
        return _runner.Value.Next(prompts);
    }

    /// <summary>
    /// Runs ids[i] after what caches[i] holds, all together, and writes the logits of the token after each to <paramref name="logits"/> [text, vocab]: a step of decoding several texts
    /// side by side, for which the weights are read once. The same bits as one by one.
    /// </summary>
    /// <param name="ids">What is new of each text, at least one id.</param>
    /// <param name="caches">One a text, each of its own.</param>
    /// <param name="logits">[text, vocab].</param>
    /// <param name="cancellation">Ends it between two parts of a long run.</param>
    /// <remarks>When it is cancelled or fails on the way, the caches are empty afterwards.</remarks>
    /// <exception cref="OperationCanceledException">Cancelled, which is heard every few hundred tokens.</exception>
    /// <exception cref="ArgumentException">Not as many caches or rows of logits as texts, a cache twice or of another model, no ids, an id outside the table, or more than the context; no cache is changed.</exception>
    /// <inheritdoc cref="NextLogits(ReadOnlySpan{int})" path="/exception[not(@cref='T:System.ArgumentException')]"/>
    public void NextLogits(IReadOnlyList<int[]> ids, IReadOnlyList<KeyValueCache> caches, Matrix logits, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(caches);
        ArgumentNullException.ThrowIfNull(logits);
        RequireCausal();
        _runner.Value.Next(ids, caches, logits, cancellation);
    }

    /// <summary>Logits at every position: [position, vocab]; of an encoder, those of its head for masked tokens.</summary>
    /// <exception cref="ArgumentException">No ids, an id outside the table, or more than the context.</exception>
    /// <exception cref="NotSupportedException">An encoder without such a head.</exception>
    public Matrix Logits(ReadOnlySpan<int> ids) => _runner.Value.All(ids);

    /// <summary>
    /// The last hidden states of a text [position, model], final norm included: what sentence vectors are pooled from. All token types are 0, all positions
    /// are looked at.
    /// </summary>
    /// <exception cref="ArgumentException">No ids, an id outside the table, or more than the context.</exception>
    public Matrix HiddenStates(ReadOnlySpan<int> ids) => HiddenStates([ids.ToArray()])[0];

    /// <summary>Texts of any lengths run together, without padding and so without a mask: the same bits as one by one.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, which is heard every few hundred tokens.</exception>
    /// <inheritdoc cref="HiddenStates(ReadOnlySpan{int})" path="/exception"/>
    public IReadOnlyList<Matrix> HiddenStates(IReadOnlyList<int[]> texts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return _runner.Value.HiddenStates(texts, cancellation);
    }

    /// <summary>Runs <paramref name="ids"/> and keeps the values of <paramref name="sites"/>; the same bits as an untraced run.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, which is heard every few hundred tokens.</exception>
    /// <inheritdoc cref="NextLogits(ReadOnlySpan{int})" path="/exception"/>
    public Trace Trace(ReadOnlySpan<int> ids, TraceSites sites, CancellationToken cancellation = default) =>
        _runner.Value.Trace(ids, sites, patternQuery: null, cancellation);

    /// <summary>The same, but of the attention pattern only one query's row is kept: all of it grows with the square of the prompt.</summary>
    internal Trace Trace(ReadOnlySpan<int> ids, TraceSites sites, int patternQuery, CancellationToken cancellation = default) =>
        _runner.Value.Trace(ids, sites, patternQuery, cancellation);

    /// <summary>
    /// This model with everything that tells positions apart taken out (<see cref="TransformerConfig.WithoutPositions"/>): to measure what order is worth, not to be
    /// used, since no model was trained so. The weights are shared.
    /// </summary>
    public LanguageModel WithoutPositions() => new(this, Config.WithoutPositions(), _weights with { PositionEmbedding = null });

    /// <summary>An empty cache with room for <paramref name="capacity"/> tokens at first; it grows up to the context.</summary>
    /// <exception cref="NotSupportedException">An encoder, which keeps nothing of a text for the next one.</exception>
    public KeyValueCache CreateCache(int capacity = 256)
    {
        RequireCausal();
        return new KeyValueCache(Config, capacity);
    }

    /// <summary>Stops what asks for next tokens where there are none.</summary>
    internal void RequireCausal()
    {
        if (!Config.IsCausal)
        {
            throw new NotSupportedException(
                $"expected a model that predicts the next token, found {Name}, an encoder ({Config.Architecture}), whose positions see the whole text. Open a decoder, or ask for the encoder's tables and hidden states.");
        }
    }

    /// <summary>Does what the first run would do first, so that what follows can be timed.</summary>
    internal void MakeReady() => _ = _runner.Value;

    /// <summary>Stops before a token is chosen or a loss is taken from logits that mean nothing: finite weights can still overflow on their way through the layers.</summary>
    internal void RequireFinite(ReadOnlySpan<float> logits) => RequireFinite(TensorPrimitives.Max(logits)); // the largest is NaN where any value is

    /// <summary>The same of the largest logit, or of ln Σ exp of them all.</summary>
    internal void RequireFinite(double largest)
    {
        if (!double.IsFinite(largest))
        {
            throw new CheckpointFormatException(
                Path, FormattableString.Invariant($"expected finite logits, found {largest}. The weights are damaged or too large: use another checkpoint"), kind: "NonFiniteActivation");
        }
    }

    private static LanguageModel Load(ModelFolder folder, (TransformerConfig Config, TensorNames Names) read, Workers workers) =>
        new(folder, folder.Checkpoint, read.Config, read.Names, workers);

    /// <summary>What the first run costs: a look at every weight, and the packing of every matrix.</summary>
    private ForwardPass Prepare()
    {
        CheckpointScan.RequireFinite(_checkpoint, Workers);
        foreach (Linear matrix in _weights.Matrices.Where(matrix => Config.Output.HasLogits || matrix != _weights.Unembedding))
            matrix.Prepare(Workers);
        return new ForwardPass(Config, _weights, Workers);
    }

    private string TextOf(int id) => Tokenizer?.TokenText(id) ?? FormattableString.Invariant($"<{id}>");
}
