using System.Text.Json.Nodes;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>
/// Trains a tokenizer: counts the corpus's words, then makes a vocabulary of them. The result does not depend on the number of threads, on time or on interruptions.
/// Bytes that are not UTF-8 are read as U+FFFD and counted. Not thread-safe; the threads stay the caller's.
/// </summary>
public sealed class TokenizerTrainer : ITrainer, IDisposable
{
    private readonly TextCorpus _corpus;
    private readonly TokenizerTrainingOptions _options;
    private readonly Workers _workers;
    private WordCounting? _counting;
    private WordTable? _words;
    private ITokenizerLearner? _learner;

    /// <summary>Begins, or goes on from a saved state.</summary>
    /// <param name="corpus">The text.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="workers">Threads for counting, and for Unigram's passes.</param>
    /// <param name="state">The folder of a saved state; null to begin.</param>
    /// <exception cref="ArgumentException">Options that do not fit together: one sentence.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">The state is damaged, or of another corpus.</exception>
    public TokenizerTrainer(TextCorpus corpus, TokenizerTrainingOptions options, Workers workers, string? state = null)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        options.Check();
        (_corpus, _options, _workers) = (corpus, options, workers);
        if (state is null)
        {
            _counting = new WordCounting(corpus, options, workers);
            return;
        }

        var saved = new StateReader(state);
        Step = saved.Number("steps");
        if (saved.OneOf("stage", "counting", "learning") == "counting")
        {
            _counting = new WordCounting(corpus, options, workers, saved);
            return;
        }

        _words = saved.Words();
        Replaced = new ReplacedBytes(saved.Number("replaced"), 0, null);
        _learner = Learner(saved);
    }

    /// <summary>Stretches of work done.</summary>
    public long Step { get; private set; }

    /// <inheritdoc/>
    public bool Finished => _learner is { Finished: true };

    /// <summary>A tokenizer has no vectors.</summary>
    public EmbeddingTable? Table => null;

    /// <summary>Different words of the corpus; 0 while they are counted.</summary>
    public int DifferentWords => _words?.Count ?? 0;

    /// <summary>Words of the corpus; 0 while they are counted.</summary>
    public long Words { get; private set; }

    /// <summary>What was no UTF-8; of a run that went on when all words were counted, without a file's name.</summary>
    public ReplacedBytes Replaced { get; private set; } = ReplacedBytes.None;

    /// <summary>The tokenizer as far as it has come.</summary>
    /// <exception cref="InvalidOperationException">Words are still being counted.</exception>
    public TrainedTokenizer Result => _learner?.Result() ?? throw new InvalidOperationException("the words are still being counted");

    /// <inheritdoc/>
    public void Advance()
    {
        Step++;
        if (_counting is { Finished: false })
        {
            _counting.Advance();
        }
        else if (_learner is null)
        {
            Replaced = _counting!.Replaced;
            _words = _counting.Words();
            if (Enumerable.Range(0, _words.Count).All(word => string.IsNullOrWhiteSpace(_words.Text(word).Replace((char)PieceSplitter.BlankMark, ' '))))
                throw new TrainingException($"{_corpus.Named}: expected text to train on, found no word in it. Name another corpus");
            _learner = Learner(null);
            _counting.Dispose();
            _counting = null;
        }
        else
        {
            _learner.Advance();
        }
    }

    /// <inheritdoc/>
    public TrainingReading Read() => _learner is null
        ? new TrainingReading
        {
            Step = Step,
            Stage = "counting words",
            Done = _corpus.SizeBytes == 0 ? 0 : 0.5 * _counting!.StoredBytesRead / _corpus.SizeBytes,
            Unit = "bytes of text",
            Items = _counting!.TextBytes,
        }
        : new TrainingReading { Step = Step, Stage = _learner.Stage, Done = 0.5 + (0.5 * _learner.Done), Unit = "tokens", Items = _learner.Tokens };

    /// <inheritdoc/>
    public void Save(string folder)
    {
        var values = new JsonObject { ["stage"] = _learner is null ? "counting" : "learning", ["steps"] = Step, ["replaced"] = Replaced.Count };
        var tensors = new List<SafetensorsEntry>();
        if (_learner is null)
        {
            _counting!.Save(values, tensors);
        }
        else
        {
            StateReader.Add(tensors, _words!);
            _learner.Save(values, tensors);
        }

        new TrainingState(values, tensors).Save(folder);
    }

    /// <summary>Closes the corpus.</summary>
    public void Dispose() => _counting?.Dispose();

    private ITokenizerLearner Learner(StateReader? state)
    {
        foreach (long count in _words!.Counts)
            Words += count;
        return _options.Model == TokenizerModel.Unigram ? new UnigramLearner(_words, _options, _workers, state) : new MergeLearner(_words, _options, state);
    }
}
