using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.Word2Vec;

/// <summary>
/// Learns word vectors (Mikolov et al. 2013, "Distributed representations of words and phrases and their compositionality"), with the conventions of the original program but an
/// exact sigmoid.
/// <para>
/// On one thread predictions are learned in the order of the text. On T threads skip-gram deals out the rows of both matrices to T blocks, anew every few thousand words. Their
/// predictions are drawn, the negatives of a position from the block of its word where the vocabulary allows (<see cref="NegativePool"/>), and in T rounds thread t learns what lies between input block t and output block t + round
/// (Gemulla et al. 2011, "Large-scale matrix factorization with distributed stochastic gradient descent"). No two threads ever touch the same row, so that nothing is lost or
/// outdated, and the result is the same to the bit for one number of threads; it differs from another number's by the order of updates within those few thousand words and by the
/// negatives drawn. CBOW, whose predictions touch rows of all blocks, is drawn on all threads and learned on one.
/// </para>
/// <para>
/// Skip-gram with negatives that are drawn once for a position learns its context words together: all products are taken from the rows before the position (Ji et al. 2016,
/// "Parallelizing word2vec in shared and distributed memory"). Everything else is learned one prediction after the other.
/// </para>
/// </summary>
public sealed class Word2VecTrainer : ITrainer, IDisposable
{
    /// <summary>The vectors in a saved state, as word2vec binary.</summary>
    public const string VectorsName = "vectors.bin";

    private const int MostBlocks = 16, ChunksABlock = 2;

    /// <summary>The loss is taken on one prediction in so many: its logarithms would cost more than the learning.</summary>
    private const int LossEvery = 64;

    private readonly TrainingText _text;
    private readonly Word2VecOptions _options;
    private readonly Workers _workers;
    private readonly ExampleMaker _maker;
    private readonly PaddedRows _input, _output;
    private readonly ExampleChunk[] _chunks;
    private readonly Learner[] _learners;
    private readonly Dictionary<string, int> _ids;
    private readonly long _total;
    private long _words;
    private LossSum _sinceReading, _pass;
    private long _predictions;

    private Word2VecTrainer(TrainingText text, Word2VecOptions options, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimensions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Window, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Negatives, options.HierarchicalSoftmax ? 0 : 1);
        (_text, _options, _workers) = (text, options, workers);
        _maker = new ExampleMaker(text, options, Blocks(options, workers.ThreadCount));
        _total = checked(_maker.ChunksAnEpoch * options.Epochs);
        _input = new PaddedRows(text.Words.Count, options.Dimensions);
        _output = new PaddedRows(options.HierarchicalSoftmax ? text.Words.Count - 1 : text.Words.Count, options.Dimensions);
        int blocks = Blocks(options, workers.ThreadCount);
        _learners = [.. Enumerable.Range(0, blocks).Select(_ => new Learner(this))];
        // All threads draw, also where one learns.
        _chunks = [.. Enumerable.Range(0, ChunksABlock * Math.Min(MostBlocks, workers.ThreadCount)).Select(_ => new ExampleChunk(blocks))];
        _ids = new Dictionary<string, int>(text.Words.Count, StringComparer.Ordinal);
        for (int id = 0; id < text.Words.Count; id++)
            _ids.TryAdd(text.Words[id], id);
    }

    /// <summary>Stretches of about 4,000 words done.</summary>
    public long Step { get; private set; }

    /// <inheritdoc/>
    public bool Finished => Step >= _total;

    /// <summary>The input vectors, as they are: a copy.</summary>
    public EmbeddingTable? Table => new("vectors", _input.ToStored(_workers), id => _text.Words[id], word => _ids.TryGetValue(word, out int id) ? id : null);

    /// <summary>Blocks that rows are dealt out to, and threads that learn: all that the result depends on the number of threads by.</summary>
    public static int Blocks(Word2VecOptions options, int threads)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Cbow ? 1 : Math.Min(threads, MostBlocks);
    }

    /// <summary>Begins: input vectors uniform in ±1/d as in gensim (the original program has half of that), output vectors zero.</summary>
    /// <param name="text">Ready for many passes.</param>
    /// <param name="options">Settings.</param>
    /// <param name="workers">The threads; their number changes the result as said above.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting without meaning.</exception>
    public static Word2VecTrainer Begin(TrainingText text, Word2VecOptions options, Workers workers)
    {
        var trainer = new Word2VecTrainer(text, options, workers);
        var random = new SeededRandom(options.Seed);
        for (int row = 0; row < trainer._input.Rows; row++)
        {
            foreach (ref float value in trainer._input.Row(row))
                value = (float)((2 * random.NextDouble() - 1) / options.Dimensions);
        }

        return trainer;
    }

    /// <summary>Goes on from a saved state.</summary>
    /// <exception cref="CheckpointFormatException">The state is damaged or of another corpus.</exception>
    public static Word2VecTrainer Open(string state, TrainingText text, Word2VecOptions options, Workers workers)
    {
        var (values, tensors) = TrainingState.Open(state);
        var trainer = new Word2VecTrainer(text, options, workers);
        trainer._input.CopyFrom(tensors.Matrix("input", trainer._input.Rows, trainer._input.Columns));
        trainer.Step = values.Number("step", trainer._total);
        if (!trainer.Finished)
            trainer._output.CopyFrom(tensors.Matrix("output", trainer._output.Rows, trainer._output.Columns));
        trainer._words = values.Number("words");
        trainer._predictions = values.Number("predictions");
        trainer._pass = new LossSum(values.Amount("passNats"), values.Number("passMeasured"), values.Number("passTargets"), values.Number("passPredictions"));
        return trainer;
    }

    /// <inheritdoc/>
    public void Advance()
    {
        int count = (int)Math.Min(_chunks.Length, _total - Step), blocks = _learners.Length;
        var dealing = new RowDealing(blocks, _options.Seed ^ unchecked((ulong)(Step + 1) * 0x9E3779B97F4A7C15));
        _workers.Run(count, i => _maker.Fill(_chunks[i], Step + i, dealing));
        var losses = new LossSum[blocks, count];
        for (int round = 0; round < blocks; round++)
        {
            int shift = round;
            _workers.Run(blocks, block =>
            {
                for (int i = 0; i < count; i++)
                {
                    _learners[block].Learn(_chunks[i].List(block, (block + shift) % blocks), _chunks[i].Rate);
                    losses[block, i] += _learners[block].TakeLoss();
                }
            });
        }

        for (int i = 0; i < count; i++, Step++)
        {
            var loss = new LossSum(0, 0, _chunks[i].Targets, _chunks[i].Predictions);
            // In the order of the blocks, whichever thread was first.
            for (int block = 0; block < blocks; block++)
                loss += losses[block, i];
            _words += _chunks[i].Words;
            _predictions += _chunks[i].Predictions;
            _sinceReading += loss;
            _pass = Step % _maker.ChunksAnEpoch == 0 ? loss : _pass + loss;
        }

        if (!double.IsFinite(_sinceReading.Nats))
            throw new TrainingException(FormattableString.Invariant($"step {Step}: the loss is no finite number. Lower the learning rate ({_options.Rate})"));
        if (Finished && _predictions == 0)
            throw new TrainingException(FormattableString.Invariant($"nothing was learned: no word had another one beside it, as each stands on a line of its own or frequent words were left out (--sample {_options.Sample}). Give more words a line, or --sample 0 to leave none out"));
    }

    /// <inheritdoc/>
    public TrainingReading Read()
    {
        var reading = new TrainingReading
        {
            Step = Step,
            Stage = "training",
            Done = (double)Step / _total,
            Unit = "words",
            Items = _words,
            Epoch = (double)Step / _maker.ChunksAnEpoch,
            LossNats = _sinceReading.Mean,
            PassLossNats = _pass.Mean,
            LearningRate = _options.Rate + (_options.LastRate - _options.Rate) * Step / _total,
        };
        _sinceReading = default;
        return reading;
    }

    /// <inheritdoc/>
    public void Save(string folder)
    {
        StoredMatrix input = _input.ToStored(_workers);
        var values = new JsonObject
        {
            ["step"] = Step,
            ["words"] = _words,
            ["predictions"] = _predictions,
            ["passNats"] = _pass.Nats,
            ["passMeasured"] = _pass.Measured,
            ["passTargets"] = _pass.Targets,
            ["passPredictions"] = _pass.Predictions,
        };
        var tensors = new List<SafetensorsEntry> { SafetensorsEntry.From("input", input) };
        // At the end nothing is learned any more that needs the other matrix.
        if (!Finished)
            tensors.Add(SafetensorsEntry.From("output", _output.ToStored(_workers)));
        new TrainingState(values, tensors).Save(folder);
        TableWriter.Save(Path.Combine(folder, VectorsName), new EmbeddingTable("vectors", input, id => _text.Words[id]), new TableExportOptions { Format = TableFormat.Word2VecBinary }, _workers);
    }

    /// <summary>The same matrices under other options, at the same step. For tests, as a finished state keeps one of the two only.</summary>
    internal Word2VecTrainer Under(Word2VecOptions options, Workers workers)
    {
        var trainer = new Word2VecTrainer(_text, options, workers) { Step = Step };
        trainer._input.CopyFrom(_input.ToStored(_workers));
        trainer._output.CopyFrom(_output.ToStored(_workers));
        return trainer;
    }

    /// <summary>Lets go of both matrices.</summary>
    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
        foreach (Learner learner in _learners)
            learner.Dispose();
    }

    /// <summary>The mean of several rows against targets, a row against its own, or several rows against the same.</summary>
    private enum Way
    {
        Mean,
        Row,
        Tile,
    }

    /// <summary>What one thread needs to learn.</summary>
    private sealed class Learner(Word2VecTrainer trainer) : IDisposable
    {
        private const int Ahead = 2;
        private readonly PaddedRows _error = new(1, trainer._options.Dimensions), _mean = new(1, trainer._options.Dimensions);
        private readonly PaddedRows _before = new(LogisticTile.MostInputs, trainer._options.Dimensions);
        private readonly Way _way = trainer._options.Cbow ? Way.Mean : trainer._options.HierarchicalSoftmax || trainer._options.NegativesPerPair ? Way.Row : Way.Tile;
        private double _loss;
        private long _lossTargets;

        public void Learn(ExampleList list, float rate)
        {
            PaddedRows input = trainer._input, output = trainer._output;
            ExampleList.Reader examples = list.Read(), ahead = list.Read();
            for (int i = 0; i < Ahead; i++)
                Prefetch(ref ahead, input, output);
            for (long at = 0; examples.Next(); at++)
            {
                Prefetch(ref ahead, input, output);
                bool measured = at % LossEvery == 0;
                _loss += _way switch
                {
                    Way.Mean => LogisticStep.Mean(input, examples.Inputs, output, examples.Targets, examples.Distinct, rate, _error, _mean, measured),
                    Way.Row => LogisticStep.Row(input, examples.Inputs[0], output, examples.Targets, examples.Distinct, rate, _error, measured),
                    _ => LogisticTile.Learn(input, examples.Inputs, output, examples.Targets, rate, _before, measured),
                };
                _lossTargets += measured ? examples.Targets.Length * (_way == Way.Tile ? examples.Inputs.Length : 1) : 0;
            }
        }

        public LossSum TakeLoss()
        {
            var taken = new LossSum(_loss, _lossTargets, 0, 0);
            (_loss, _lossTargets) = (0, 0);
            return taken;
        }

        public void Dispose()
        {
            _error.Dispose();
            _mean.Dispose();
            _before.Dispose();
        }

        private static void Prefetch(ref ExampleList.Reader ahead, PaddedRows input, PaddedRows output)
        {
            if (!ahead.Next())
                return;
            foreach (int row in ahead.Inputs)
                LogisticStep.Prefetch(input, row);
            foreach (int target in ahead.Targets)
                LogisticStep.Prefetch(output, target >> 1);
        }
    }
}
