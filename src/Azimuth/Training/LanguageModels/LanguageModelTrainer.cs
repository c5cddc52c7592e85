using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Transformers;

namespace Azimuth.Training.LanguageModels;

/// <summary>
/// Trains a decoder on a corpus of token ids, a step at a time. A saved state is a model folder that every command opens, with the optimiser's moments beside it; going on from it gives the
/// bits of an undisturbed run, with any number of threads.
/// </summary>
public sealed class LanguageModelTrainer : ITrainer, IDisposable
{
    /// <summary>Steps that <see cref="TrainingReading.RecentLossNats"/> is the mean of.</summary>
    public const int RecentSteps = 100;

    private const int HeldOutWindow = 512; // what `eval perplexity` takes
    private readonly ModelSource _source;
    private readonly LanguageModelSettings _settings;
    private readonly TokenSpool _corpus;
    private readonly TrainedWeights _weights;
    private readonly Optimizer _optimizer;
    private readonly TrainingPass _pass;
    private readonly WindowOrder _order;
    private readonly Workers _workers;
    private readonly int[] _window, _inputs, _targets;
    private double _lossSum, _lastLoss = double.NaN, _norm = double.NaN;
    private long _lossSteps;
    private Queue<double> _recent = [];
    private double? _heldOut;
    private string? _sample;

    private LanguageModelTrainer(ModelSource source, TokenSpool corpus, LanguageModelSettings settings, Workers workers)
    {
        (_source, _settings, _corpus, _workers) = (source, settings, corpus, workers);
        TransformerConfig config = source.Config;
        if (settings.Length < 1 || settings.Length > config.LongestRun)
            throw new ArgumentException(FormattableString.Invariant($"length: expected 1 to {config.LongestRun} tokens, the model's context, found {settings.Length}."));
        Require(config, settings.Batch, settings.Length);
        if (settings.Rows is var (from, end) && (settings.Part != TrainedPart.OnlyTables || from < 0 || end <= from || end > config.VocabSize))
            throw new ArgumentException(FormattableString.Invariant($"rows: expected a range of the table's {config.VocabSize} rows with the tables alone moved, found {from}..{end}."));
        _order = new WindowOrder(corpus.Count, settings.Length, settings.Seed);
        _weights = TrainedWeights.Create(config, source.Names, source.Weights is null ? source.Names.Prefixes[0] : source.Names.PrefixIn(source.Weights), settings.Part, settings.Rows);
        int rows = settings.Batch * settings.Length;
        // A window of held-out text or a sample may be longer than a small batch.
        int longest = Math.Max(Math.Min(settings.HeldOut.Count, HeldOutWindow), settings.Prompt.Count == 0 ? 0 : settings.Prompt.Count + settings.SampleTokens);
        _pass = new TrainingPass(config, _weights, Math.Max(rows, Math.Min(config.ContextLength, longest)), workers);
        (_window, _inputs, _targets) = (new int[settings.Length + 1], new int[rows], new int[rows]);
        if (source.Weights is { } checkpoint)
            _weights.Read(checkpoint);
        else
            _weights.Randomize(new SeededRandom(settings.Seed));
        _weights.Prepare(workers);
        _optimizer = new Optimizer(_weights.Tensors, settings.Optimizer, workers);
        Table = new EmbeddingTable("input table", StoredMatrix.OverPinned(_weights.TokenTable.Values, config.VocabSize, config.ModelDim), TextOf);
    }

    /// <inheritdoc/>
    public long Step => _optimizer.Step;

    /// <inheritdoc/>
    public bool Finished => Step >= _settings.Rate.Steps;

    /// <inheritdoc/>
    public bool HasNews => _heldOut is not null || _sample is not null;

    /// <inheritdoc/>
    public JsonObject Effective => new()
    {
        ["tokens"] = _corpus.Count,
        ["steps"] = _settings.Rate.Steps,
        ["batch"] = _settings.Batch,
        ["length"] = _settings.Length,
        ["accumulate"] = _settings.Accumulate,
        ["optimizer"] = _settings.Optimizer.Kind == OptimizerKind.Muon ? "muon" : "adamw",
        ["rate"] = _settings.Rate.Peak,
        ["lowest-rate"] = _settings.Rate.Lowest,
        ["schedule"] = _settings.Rate.Shape.ToString().ToLowerInvariant(),
        ["warm-up"] = _settings.Rate.WarmUpSteps,
        ["decay-from"] = _settings.Rate.DecayFrom,
        ["weight-decay"] = _settings.Optimizer.WeightDecay,
        ["clip"] = _settings.Optimizer.ClipNorm,
        ["look-every"] = _settings.LookEvery,
        ["moved"] = _settings.Rows is var (from, end) ? FormattableString.Invariant($"rows {from} to {end - 1} of the tables")
            : _settings.Part switch { TrainedPart.OnlyTables => "the tables", TrainedPart.AllButTables => "all but the tables", _ => "all" },
        ["seed"] = _settings.Seed,
        ["threads"] = _workers.ThreadCount,
    };

    /// <summary>The table of tokens, as it is now.</summary>
    public EmbeddingTable Table { get; }

    /// <summary>Weights that are moved.</summary>
    public long TrainedCount => _weights.Tensors.Where(tensor => tensor.Trains).Sum(tensor => tensor.Moves is var (from, end) ? end - from : (long)tensor.Length);

    /// <summary>All weights.</summary>
    public long Count => _weights.Tensors.Sum(tensor => (long)tensor.Length);

    private long StepTokens => (long)_settings.Batch * _settings.Length * _settings.Accumulate;

    /// <summary>Stops before a batch that is too large for arrays, which can be known before a corpus is read.</summary>
    /// <param name="config">The model.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="length">Tokens of each.</param>
    /// <exception cref="ArgumentException">It is too large: one sentence.</exception>
    public static void Require(TransformerConfig config, int batch, int length)
    {
        ArgumentNullException.ThrowIfNull(config);
        TrainableSize.RequireRows(config, batch, length);
    }

    /// <summary>Begins with a model, new or to go on with.</summary>
    /// <param name="source">The model.</param>
    /// <param name="corpus">What is learned.</param>
    /// <param name="settings">How.</param>
    /// <param name="workers">Threads; stay the caller's. Results do not depend on their number.</param>
    /// <exception cref="ArgumentException">A length beyond the context, a batch that is too large, or a corpus shorter than a window.</exception>
    public static LanguageModelTrainer Begin(ModelSource source, TokenSpool corpus, LanguageModelSettings settings, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(workers);
        return new LanguageModelTrainer(source, corpus, settings, workers);
    }

    /// <summary>Goes on from a saved state.</summary>
    /// <param name="folder">The state.</param>
    /// <param name="source">The model of the state, from <see cref="ModelSource.Of"/>.</param>
    /// <param name="corpus">What is learned.</param>
    /// <param name="settings">Those it was begun with.</param>
    /// <param name="workers">Threads; stay the caller's.</param>
    /// <exception cref="CheckpointFormatException">A file of the state is missing or damaged.</exception>
    public static LanguageModelTrainer Resume(string folder, ModelSource source, TokenSpool corpus, LanguageModelSettings settings, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(corpus);
        (StateValues values, SafetensorsFile moments) = TrainingState.Open(folder);
        long step = values.Number("step", settings.Rate.Steps), tokens = values.Number("tokens");
        double[] recent = values.Amounts("losses", RecentSteps);
        if (tokens != corpus.Count)
            throw new CheckpointFormatException(corpus.Path, FormattableString.Invariant($"expected the {tokens} token ids that the run began with, found {corpus.Count}. Begin the run again"));
        try
        {
            LanguageModelTrainer trainer = Begin(source, corpus, settings, workers);
            trainer._optimizer.Load(moments, step);
            trainer._recent = new Queue<double>(recent);
            return trainer;
        }
        catch (ArgumentException e)
        {
            throw new CheckpointFormatException(folder, $"its model is not the one that was trained ({e.Message.TrimEnd('.')}). Delete the folder to go on from the state before it");
        }
    }

    /// <inheritdoc/>
    public void Advance()
    {
        double loss = 0;
        _weights.ClearGradients();
        for (int micro = 0; micro < _settings.Accumulate; micro++)
        {
            ReadBatch((Step * _settings.Accumulate + micro) * _settings.Batch);
            loss += _pass.LossAndGradient(_inputs, _targets, _settings.Batch, 1.0 / _settings.Accumulate) / _settings.Accumulate;
        }

        double norm = _optimizer.GradientNorm();
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            throw new TrainingException(FormattableString.Invariant($"step {Step + 1}: expected a finite loss and gradient, found {loss} and {norm}. Begin again with a lower --rate or a longer --warm-up"));
        _optimizer.Update(_settings.Rate.At(Step), norm);
        _weights.Prepare(_workers);
        if (_recent.Count == RecentSteps)
            _recent.Dequeue();
        _recent.Enqueue(loss);
        (_lossSum, _lossSteps, _lastLoss, _norm) = (_lossSum + loss, _lossSteps + 1, loss, norm);
        if (Finished || (_settings.LookEvery > 0 && Step % _settings.LookEvery == 0))
        {
            Look();
            _pass.KeepOnly(_settings.Length);
        }
    }

    /// <inheritdoc/>
    public TrainingReading Read()
    {
        double loss = _lossSteps > 0 ? _lossSum / _lossSteps : _lastLoss;
        var reading = new TrainingReading
        {
            Step = Step,
            Stage = "training",
            Done = (double)Step / _settings.Rate.Steps,
            Unit = "tokens",
            Items = Step * StepTokens,
            Epoch = (double)(Step * _settings.Accumulate * _settings.Batch) / _order.PerEpoch,
            LossNats = double.IsNaN(loss) ? null : loss,
            RecentLossNats = _recent.Count > 0 ? _recent.Average() : null,
            ValidationLossNats = _heldOut,
            LearningRate = _settings.Rate.At(Math.Min(Step, _settings.Rate.Steps - 1)),
            GradientNorm = double.IsNaN(_norm) ? null : _norm,
            Sample = _sample,
        };
        (_lossSum, _lossSteps, _heldOut, _sample) = (0, 0, null, null);
        return reading;
    }

    /// <inheritdoc/>
    public void Save(string folder)
    {
        SaveModel(folder);
        JsonNode?[] recent = [.. _recent.Select(loss => JsonValue.Create(loss))];
        new TrainingState(new JsonObject { ["step"] = Step, ["tokens"] = _corpus.Count, ["losses"] = new JsonArray(recent) }, [.. _optimizer.Save()]).Save(folder);
    }

    /// <summary>Writes the model alone: config.json, model.safetensors in single precision, the tokenizer's files.</summary>
    public void SaveModel(string folder) => _source.Save(folder, _weights);

    /// <summary>
    /// The loss of ids under the weights as they are, in windows of 512 or the shorter context side by side: what <c>eval perplexity</c> measures when it is not told otherwise.
    /// </summary>
    public double HeldOutLoss(ReadOnlySpan<int> ids)
    {
        int window = Math.Min(_source.Config.ContextLength, HeldOutWindow);
        double sum = 0;
        long predicted = 0;
        for (int begin = 0; begin + 1 < ids.Length; begin += window)
        {
            ReadOnlySpan<int> part = ids.Slice(begin, Math.Min(window, ids.Length - begin));
            sum += _pass.Loss(part[..^1], part[1..], 1) * (part.Length - 1);
            predicted += part.Length - 1;
        }

        return sum / predicted;
    }

    /// <summary>Releases scratch memory.</summary>
    public void Dispose() => _pass.Dispose();

    private void ReadBatch(long first)
    {
        int length = _settings.Length;
        for (int i = 0; i < _settings.Batch; i++)
        {
            _corpus.Read(_order.Begin(first + i), _window, _source.Config.VocabSize);
            _window.AsSpan(0, length).CopyTo(_inputs.AsSpan(i * length));
            _window.AsSpan(1, length).CopyTo(_targets.AsSpan(i * length));
        }
    }

    /// <summary>Held-out loss and a sample; neither changes what is learned.</summary>
    private void Look()
    {
        if (_settings.HeldOut.Count > 1)
            _heldOut = HeldOutLoss([.. _settings.HeldOut]);
        if (_settings.Prompt.Count == 0)
            return;
        var sampler = new Sampler(new GenerationOptions { Temperature = 0.8, TopK = 40, Seed = _settings.Seed + (ulong)Step });
        List<int> ids = [.. _settings.Prompt];
        var logits = new float[_source.Config.VocabSize];
        for (int i = 0; i < _settings.SampleTokens && ids.Count < _source.Config.ContextLength; i++)
        {
            _pass.NextLogits([.. ids], logits);
            ids.Add(sampler.Next(logits));
        }

        _sample = _source.Tokenizer.Decode([.. ids]);
    }

    private string TextOf(int id) => id < _source.Tokenizer.VocabSize ? _source.Tokenizer.TokenText(id) : FormattableString.Invariant($"<{id}>");
}
