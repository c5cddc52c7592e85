using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Blocks;

namespace Azimuth.Training.LanguageModels;

/// <summary>
/// Forward and backward pass of a decoder over a batch of sequences of one length: every product takes all rows at once, attention a key-value head of a sequence at a time.
/// Holds the activations; one batch at a time. Results do not depend on the number of threads.
/// </summary>
internal sealed class TrainingPass : IDisposable
{
    private readonly TransformerConfig _config;
    private readonly TrainedWeights _weights;
    private readonly Workers _workers;
    private readonly int _mostRows;
    private readonly LayerTape[] _tapes;
    private readonly TrainedEmbedding _embedding;
    private readonly TrainedAttention _attention;
    private readonly LossHead _head;

    // [row, model] each: the stream behind the last layer and its norm, what a norm gives, the gradient on its way down and two scratch places.
    private readonly float[] _last, _finished, _normed, _other, _scratch, _gradient, _spare;
    private readonly float[] _heads, _queryKeyValue;
    private readonly MlpScratch _mlp;
    private int _rows, _length;

    /// <param name="config">What is computed; <see cref="Trainability"/> has let it through.</param>
    /// <param name="weights">Its weights; <see cref="TrainedWeights.Prepare"/> is called after every change of them.</param>
    /// <param name="mostRows">Sequences times length of the largest batch.</param>
    /// <param name="workers">Threads.</param>
    public TrainingPass(TransformerConfig config, TrainedWeights weights, int mostRows, Workers workers)
    {
        (_config, _weights, _mostRows, _workers) = (config, weights, mostRows, workers);
        _tapes = [.. config.Layers.Select(layer => new LayerTape(config, layer, mostRows))];
        float[] Rows(int columns) => new float[checked(mostRows * columns)];
        int model = config.ModelDim;
        (_last, _finished, _normed, _other, _scratch, _gradient, _spare) = (Rows(model), Rows(model), Rows(model), Rows(model), Rows(model), Rows(model), Rows(model));
        _heads = Rows(config.Layers.Max(layer => layer.Attention.QueryWidth));
        _queryKeyValue = Rows(config.Layers.Max(layer => layer.Attention.QueryWidth + 2 * layer.Attention.KeyWidth));
        _mlp = new MlpScratch(config.Layers, mostRows);
        (_embedding, _attention, _head) = (new TrainedEmbedding(config, weights), new TrainedAttention(config), new LossHead(config, weights.Output, workers));
    }

    /// <summary>The mean loss of a batch in nats.</summary>
    /// <param name="ids">[sequence, position], all sequences of one length.</param>
    /// <param name="targets">The right next token of each.</param>
    /// <param name="sequences">How many.</param>
    /// <param name="losses">[sequence, position], or empty: gets each position's loss.</param>
    public double Loss(ReadOnlySpan<int> ids, ReadOnlySpan<int> targets, int sequences, Span<double> losses = default)
    {
        Forward(ids, sequences);
        return _head.Run(_finished, targets, null, 0, losses);
    }

    /// <summary>The same, and the gradient of <paramref name="share"/> times it is added to the gradients of the weights.</summary>
    /// <inheritdoc cref="Loss" path="/param"/>
    /// <param name="ids">[sequence, position], all sequences of one length.</param>
    /// <param name="targets">The right next token of each.</param>
    /// <param name="sequences">How many.</param>
    /// <param name="share">1, or what part of a step the batch is.</param>
    /// <param name="losses">[sequence, position], or empty: gets each position's loss.</param>
    public double LossAndGradient(ReadOnlySpan<int> ids, ReadOnlySpan<int> targets, int sequences, double share, Span<double> losses = default)
    {
        Forward(ids, sequences);
        float[] finishedGradient = _weights.FinalNorm is null ? _gradient : _spare;
        double loss = _head.Run(_finished, targets, finishedGradient, share, losses);
        _weights.FinalNorm?.Backward(_last, finishedGradient, _rows, _gradient, adds: false, _workers);
        for (int layer = _config.LayerCount - 1; layer >= 0; layer--)
            Backward(layer);
        _embedding.Backward(ids, _length, _gradient, _other, _workers);
        return loss;
    }

    /// <summary>Logits [vocab] of the token after the last position of one sequence.</summary>
    public void NextLogits(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Forward(ids, 1);
        _head.Logits(_finished.AsSpan((ids.Length - 1) * _config.ModelDim, _config.ModelDim), 1, logits);
    }

    /// <summary>Releases the scratch memory of sequences that are not of this length.</summary>
    public void KeepOnly(int length) => _attention.KeepOnly(length);

    /// <summary>Releases scratch memory.</summary>
    public void Dispose() => _attention.Dispose();

    private void Forward(ReadOnlySpan<int> ids, int sequences)
    {
        (_rows, _length) = (ids.Length, ids.Length / sequences);
        if (_rows > _mostRows || _length * sequences != _rows || _length > _config.LongestRun)
            throw new ArgumentException($"at most {_mostRows} rows in sequences of at most {_config.LongestRun} expected, found {sequences} sequences of {_length}", nameof(ids));
        _embedding.Forward(ids, _length, _tapes[0].Input, _other, _workers);
        for (int layer = 0; layer < _config.LayerCount; layer++)
        {
            float[] output = layer + 1 < _config.LayerCount ? _tapes[layer + 1].Input : _last;
            LayerTape tape = _tapes[layer];
            if (_config.Layers[layer].Shape is BlockShape.Parallel or BlockShape.ParallelTwoNorms)
            {
                ForwardParallel(layer, tape, output);
                continue;
            }

            TrainedLayer weights = _weights.Layers[layer];
            Attend(layer, tape, Input(layer, weights.AttentionNorm, tape.Input), _scratch);
            AddTo(layer, tape.Input, weights.AttentionOutputNorm, weights.AttentionNorm, tape.AttentionKept, tape.Mid);
            RunMlp(layer, tape, Input(layer, weights.MlpNorm, tape.Mid), _scratch);
            AddTo(layer, tape.Mid, weights.MlpOutputNorm, weights.MlpNorm, tape.MlpKept, output);
        }

        if (_weights.FinalNorm is { } norm)
            norm.Forward(_last, _rows, _finished, _workers);
        else
            _last.AsSpan(0, _rows * _config.ModelDim).CopyTo(_finished);
    }

    /// <summary>What enters a sub-block: the norm of the stream, or in post-norm and norm-after blocks the stream itself.</summary>
    private float[] Input(int layer, TrainedNorm? norm, float[] stream)
    {
        if (norm is null || _config.Layers[layer].Shape == BlockShape.PostNorm)
            return stream;
        norm.Forward(stream, _rows, _normed, _workers);
        return _normed;
    }

    /// <summary>output = stream + scale · norm(added), or norm(stream + scale · added) in a post-norm block; what the norm reads is kept.</summary>
    private void AddTo(int layer, float[] stream, TrainedNorm? outputNorm, TrainedNorm? inputNorm, float[] kept, float[] output)
    {
        LayerConfig config = _config.Layers[layer];
        bool isPost = config.Shape == BlockShape.PostNorm;
        float[] added = _scratch;
        if (outputNorm is not null)
        {
            added.AsSpan(0, _rows * _config.ModelDim).CopyTo(kept);
            outputNorm.Forward(kept, _rows, added, _workers);
        }

        AddScaled(stream, added, config.ResidualScale, isPost ? kept : output);
        if (isPost)
            inputNorm!.Forward(kept, _rows, output, _workers);
    }

    private void ForwardParallel(int layer, LayerTape tape, float[] output)
    {
        TrainedLayer weights = _weights.Layers[layer];
        float scale = _config.Layers[layer].ResidualScale;
        weights.AttentionNorm!.Forward(tape.Input, _rows, _normed, _workers);
        Attend(layer, tape, _normed, _scratch);
        AddScaled(tape.Input, _scratch, scale, output);
        weights.MlpNorm?.Forward(tape.Input, _rows, _normed, _workers);
        RunMlp(layer, tape, _normed, _scratch);
        AddScaled(output, _scratch, scale, output);
    }

    private void Attend(int layer, LayerTape tape, float[] input, float[] output)
    {
        TrainedLayer weights = _weights.Layers[layer];
        weights.QueryKeyValue.Forward(input, _rows, tape.QueryKeyValue, _workers);
        weights.QueryKey?.Forward(tape.QueryKeyValue, _rows, tape.Unturned, _workers);
        _attention.Forward(layer, tape, _rows, _length, _workers);
        weights.AttentionOutput.Forward(tape.Heads, _rows, output, _workers);
    }

    private void RunMlp(int layer, LayerTape tape, float[] input, float[] output)
    {
        TrainedLayer weights = _weights.Layers[layer];
        weights.Mlp?.Forward(input, _rows, tape.Up, _mlp, output, _workers);
        weights.Mixture?.Forward(input, _rows, tape.Mixture!, _mlp, output, _workers);
    }

    /// <summary>Leads the gradient of a layer's output, in <see cref="_gradient"/>, to that of its input.</summary>
    private void Backward(int layer)
    {
        LayerTape tape = _tapes[layer];
        TrainedLayer weights = _weights.Layers[layer];
        if (_config.Layers[layer].Shape is BlockShape.Parallel or BlockShape.ParallelTwoNorms)
        {
            BackwardParallel(layer, tape);
            return;
        }

        float[] stream = tape.Mid;
        float[] dy = OutputGradient(layer, weights.MlpOutputNorm, weights.MlpNorm, tape.MlpKept);
        MlpBackward(layer, tape, Input(layer, weights.MlpNorm, stream), dy, _other);
        AddInputGradient(layer, weights.MlpNorm, stream);
        stream = tape.Input;
        dy = OutputGradient(layer, weights.AttentionOutputNorm, weights.AttentionNorm, tape.AttentionKept);
        AttentionBackward(layer, tape, Input(layer, weights.AttentionNorm, stream), dy, _other);
        AddInputGradient(layer, weights.AttentionNorm, stream);
    }

    /// <summary>The gradient of what a sub-block's matrices gave; behind a post-norm, <see cref="_gradient"/> becomes that of the sum.</summary>
    private float[] OutputGradient(int layer, TrainedNorm? outputNorm, TrainedNorm? inputNorm, float[] kept)
    {
        LayerConfig config = _config.Layers[layer];
        if (config.Shape == BlockShape.PostNorm)
            inputNorm!.Backward(kept, _gradient, _rows, _gradient, adds: false, _workers);
        float[] dy = _gradient;
        if (config.ResidualScale != 1)
        {
            TensorPrimitives.Multiply(_gradient.AsSpan(0, _rows * _config.ModelDim), config.ResidualScale, _spare);
            dy = _spare;
        }

        if (outputNorm is not null)
        {
            outputNorm.Backward(kept, dy, _rows, _spare, adds: false, _workers);
            dy = _spare;
        }

        return dy;
    }

    /// <summary>Adds what came back through a sub-block, in <see cref="_other"/>, to the gradient of the stream.</summary>
    private void AddInputGradient(int layer, TrainedNorm? norm, float[] stream)
    {
        if (norm is not null && _config.Layers[layer].Shape != BlockShape.PostNorm)
            norm.Backward(stream, _other, _rows, _gradient, adds: true, _workers);
        else
            AddScaled(_gradient, _other, 1, _gradient);
    }

    private void BackwardParallel(int layer, LayerTape tape)
    {
        TrainedLayer weights = _weights.Layers[layer];
        TensorPrimitives.Multiply(_gradient.AsSpan(0, _rows * _config.ModelDim), _config.Layers[layer].ResidualScale, _spare);
        weights.AttentionNorm!.Forward(tape.Input, _rows, _normed, _workers);
        AttentionBackward(layer, tape, _normed, _spare, _other);
        if (weights.MlpNorm is { } second)
        {
            weights.AttentionNorm.Backward(tape.Input, _other, _rows, _gradient, adds: true, _workers);
            second.Forward(tape.Input, _rows, _normed, _workers);
            MlpBackward(layer, tape, _normed, _spare, _other);
            second.Backward(tape.Input, _other, _rows, _gradient, adds: true, _workers);
            return;
        }

        MlpBackward(layer, tape, _normed, _spare, _scratch);
        AddScaled(_other, _scratch, 1, _other);
        weights.AttentionNorm.Backward(tape.Input, _other, _rows, _gradient, adds: true, _workers);
    }

    private void AttentionBackward(int layer, LayerTape tape, float[] input, float[] dy, float[] inputGradient)
    {
        TrainedLayer weights = _weights.Layers[layer];
        weights.AttentionOutput.WeightGradient(tape.Heads, dy, _rows, _workers);
        weights.AttentionOutput.InputGradient(dy, _rows, _heads, _workers);
        _attention.Backward(layer, tape, _rows, _length, _heads, _queryKeyValue, _workers);
        weights.QueryKey?.Backward(tape.Unturned, _queryKeyValue, _rows, _workers);
        weights.QueryKeyValue.WeightGradient(input, _queryKeyValue, _rows, _workers);
        weights.QueryKeyValue.InputGradient(_queryKeyValue, _rows, inputGradient, _workers);
    }

    private void MlpBackward(int layer, LayerTape tape, float[] input, float[] dy, float[] inputGradient)
    {
        TrainedLayer weights = _weights.Layers[layer];
        weights.Mlp?.Backward(input, dy, _rows, tape.Up, _mlp, inputGradient, _workers);
        weights.Mixture?.Backward(input, dy, _rows, tape.Mixture!, _mlp, inputGradient, _workers);
    }

    private void AddScaled(float[] stream, float[] added, float scale, float[] output)
    {
        int model = _config.ModelDim;
        _workers.RunRanges(_rows, 64, (from, to) => TensorPrimitives.MultiplyAdd(
            added.AsSpan(from * model, (to - from) * model), scale, stream.AsSpan(from * model, (to - from) * model), output.AsSpan(from * model, (to - from) * model)));
    }
}
