using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Training.Glove;

/// <summary>
/// GloVe (Pennington, Socher and Manning 2014): fits the logarithms of how often words meet by AdaGrad; a step is a chunk of pairs. Words are dealt out to as many groups as
/// threads learn, and no two threads work on the same group at the same time (Gemulla et al. 2011, "Large-scale matrix factorization with distributed stochastic gradient descent"): the same
/// seed, text and number of threads give the same bits.
/// </summary>
public sealed class GloveTrainer : ITrainer, IDisposable
{
    /// <summary>What each state holds for other commands.</summary>
    public const string VectorsName = "vectors.bin";

    /// <summary>How many times the cost of vectors of zeros is beyond sense; one a pair is added, as pairs that meet once cost such vectors nothing.</summary>
    private const double WorseThanZeros = 100;

    private readonly GlovePairs _pairs;
    private readonly GloveOptions _options;
    private readonly Workers _workers;
    private readonly int _blocks, _padded;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly PaddedRows _rows; // words, then contexts: numbers, sums of squares, bias and its sum
    private readonly long _total;
    private (double Sum, long Pairs) _sinceReading, _pass;

    private GloveTrainer(GlovePairs pairs, GloveOptions options, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        options.Validate();
        (_pairs, _options, _workers, _blocks, _total) = (pairs, options, workers, GlovePairs.Blocks(workers.ThreadCount), (long)pairs.File.Chunks * options.Epochs);
        for (int id = 0; id < pairs.Words.Count; id++)
            _ids.TryAdd(pairs.Words[id], id);
        _padded = AdaGradStep.Padded(options.Dimensions);
        _rows = new PaddedRows(checked(2 * pairs.Words.Count), AdaGradStep.RowFloats(options.Dimensions));
    }

    /// <summary>Chunks of about a million pairs done.</summary>
    public long Step { get; private set; }

    /// <inheritdoc/>
    public bool Finished => Step >= _total;

    /// <summary>Word vectors plus context vectors, without biases, as they are: a copy.</summary>
    public EmbeddingTable? Table => new("vectors", Vectors(), id => _pairs.Words[id], word => _ids.TryGetValue(word, out int id) ? id : null);

    /// <summary>Begins: numbers and biases uniform in ±½/d, sums of squares at 1.</summary>
    /// <param name="pairs">In random order.</param>
    /// <param name="options">Settings.</param>
    /// <param name="workers">The threads; their number changes the result as said above.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting without meaning.</exception>
    public static GloveTrainer Begin(GlovePairs pairs, GloveOptions options, Workers workers)
    {
        var trainer = new GloveTrainer(pairs, options, workers);
        var random = new SeededRandom(options.Seed);
        for (int row = 0; row < trainer._rows.Rows; row++)
        {
            Span<float> values = trainer._rows.Row(row);
            values[trainer._padded..].Fill(1);
            foreach (ref float value in values[..options.Dimensions])
                value = (float)((random.NextDouble() - 0.5) / options.Dimensions);
            values[2 * trainer._padded] = (float)((random.NextDouble() - 0.5) / options.Dimensions);
        }

        return trainer;
    }

    /// <summary>Goes on from a saved state.</summary>
    /// <exception cref="CheckpointFormatException">The state is damaged or of another corpus.</exception>
    public static GloveTrainer Open(string state, GlovePairs pairs, GloveOptions options, Workers workers)
    {
        var (values, tensors) = TrainingState.Open(state);
        var trainer = new GloveTrainer(pairs, options, workers);
        trainer.Step = values.Number("step", trainer._total);
        trainer._pass = (values.Amount("passCost"), values.Number("passPairs"));
        trainer._rows.CopyFrom(tensors.Matrix("rows", trainer._rows.Rows, trainer._rows.Columns));
        return trainer;
    }

    /// <inheritdoc/>
    public void Advance()
    {
        int chunk = (int)(Step % _pairs.File.Chunks);
        var costs = new (double Cost, double OfZeros)[_blocks];
        for (int round = 0; round < _blocks; round++)
        {
            int shift = round;
            _workers.Run(_blocks, block => Learn(_pairs.File.Block(chunk, block, (block + shift) % _blocks), ref costs[block]));
        }

        Step++;
        double cost = costs.Sum(block => block.Cost), ofZeros = costs.Sum(block => block.OfZeros);
        long learned = _pairs.File.PairsOf(chunk);
        // The clipped gradients of a rate that is too high keep numbers finite while they grow: what is worse by far than no vectors at all will not come back.
        if (!(cost <= learned + WorseThanZeros * ofZeros))
            throw new TrainingException(FormattableString.Invariant($"step {Step}: expected a cost that falls, found {cost / learned:0.###e0} a pair, where vectors of zeros cost {ofZeros / learned:0.###e0}. Lower the learning rate ({_options.Rate})"));
        _sinceReading = (_sinceReading.Sum + cost, _sinceReading.Pairs + learned);
        _pass = chunk == 0 ? (cost, learned) : (_pass.Sum + cost, _pass.Pairs + learned);
    }

    /// <inheritdoc/>
    public TrainingReading Read()
    {
        double passes = (double)Step / _pairs.File.Chunks;
        var reading = new TrainingReading
        {
            Step = Step,
            Stage = "training",
            Done = (double)Step / _total,
            Unit = "pairs",
            Items = (long)(passes * _pairs.Count),
            Epoch = passes,
            Cost = Mean(_sinceReading),
            PassCost = Mean(_pass),
            LearningRate = _options.Rate,
        };
        _sinceReading = default;
        return reading;

        static double? Mean((double Sum, long Pairs) cost) => cost.Pairs > 0 ? cost.Sum / cost.Pairs : null;
    }

    /// <inheritdoc/>
    public void Save(string folder)
    {
        new TrainingState(new JsonObject { ["step"] = Step, ["passCost"] = _pass.Sum, ["passPairs"] = _pass.Pairs }, [SafetensorsEntry.From("rows", _rows.ToStored(_workers))]).Save(folder);
        TableWriter.Save(Path.Combine(folder, VectorsName), Table!, new TableExportOptions { Format = TableFormat.Word2VecBinary }, _workers);
    }

    /// <summary>Lets go of the rows.</summary>
    public void Dispose() => _rows.Dispose();

    private unsafe void Learn(ReadOnlySpan<TrainedPair> pairs, ref (double Cost, double OfZeros) sums)
    {
        const int Ahead = 4;
        float rate = (float)_options.Rate;
        int words = _pairs.Words.Count, stride = _rows.Stride;
        float* rows = _rows.Pointer;
        double cost = 0, ofZeros = 0;
        for (int i = 0; i < pairs.Length; i++)
        {
            if (i + Ahead < pairs.Length)
            {
                TrainedPair next = pairs[i + Ahead];
                if ((uint)next.Word < (uint)words && (uint)next.Context < (uint)words)
                    Fetch(rows + (long)next.Word * stride, rows + (long)(words + next.Context) * stride, stride);
            }

            TrainedPair pair = pairs[i];
            if ((uint)pair.Word >= (uint)words || (uint)pair.Context >= (uint)words)
                throw new TrainingException("the file of pairs has changed since the run began. Begin the run again");
            cost += AdaGradStep.Update(rows + (long)pair.Word * stride, rows + (long)(words + pair.Context) * stride, _padded, pair.Log, pair.Weight, rate);
            ofZeros += 0.5f * pair.Weight * pair.Log * pair.Log;
        }

        GC.KeepAlive(_rows);
        sums = (sums.Cost + cost, sums.OfZeros + ofZeros);
    }

    private static unsafe void Fetch(float* word, float* context, int floats)
    {
        for (int i = 0; i < floats; i += 16)
        {
            CacheHint.Fetch(ref word[i]);
            CacheHint.Fetch(ref context[i]);
        }
    }

    private StoredMatrix Vectors() => StoredMatrix.FromTiles(_pairs.Words.Count, _options.Dimensions, _workers, (first, count, tile) =>
    {
        for (int i = 0; i < count; i++)
        {
            Span<float> sum = tile.Slice(i * _options.Dimensions, _options.Dimensions);
            System.Numerics.Tensors.TensorPrimitives.Add<float>(_rows.Row((int)first + i)[.._options.Dimensions], _rows.Row(_pairs.Words.Count + (int)first + i)[.._options.Dimensions], sum);
        }
    });
}
