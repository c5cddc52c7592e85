using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Blocks;

namespace Azimuth.Training.LanguageModels;

/// <summary>
/// Mean cross-entropy of next tokens, −ln p[target], and its gradient p − y (Bridle 1990), a block of rows at a time: the logits of a whole batch never exist.
/// </summary>
internal sealed class LossHead
{
    private const int MostRows = 512;
    private const int BlockValues = 1 << 22;
    private readonly TransformerConfig _config;
    private readonly TrainedLinear _output;
    private readonly Workers _workers;
    private readonly int _blockRows;
    private readonly float[] _logits, _vectors, _gradients, _bends;

    public LossHead(TransformerConfig config, TrainedLinear output, Workers workers)
    {
        (_config, _output, _workers) = (config, output, workers);
        _blockRows = Math.Clamp(BlockValues / config.VocabSize / 12 * 12, 12, MostRows);
        _logits = new float[checked(_blockRows * config.VocabSize)];
        _bends = config.Output.LogitSoftCap is null ? [] : new float[_logits.Length];
        _vectors = new float[_blockRows * config.ModelDim];
        _gradients = new float[_blockRows * config.ModelDim];
    }

    /// <summary>The mean loss over all rows, in nats; with a gradient asked for, that of <paramref name="share"/> times the loss.</summary>
    /// <param name="finished">Rows behind the final norm [row, model].</param>
    /// <param name="targets">The right next token of each row.</param>
    /// <param name="gradient">[row, model], overwritten; null for the loss alone.</param>
    /// <param name="share">Factor on the gradient.</param>
    /// <param name="losses">[row] or empty: each row's loss.</param>
    public double Run(float[] finished, ReadOnlySpan<int> targets, float[]? gradient, double share, Span<double> losses)
    {
        int model = _config.ModelDim, vocab = _config.VocabSize, rows = targets.Length;
        var rowLosses = new double[_blockRows];
        double total = 0;
        for (int first = 0; first < rows; first += _blockRows)
        {
            int count = Math.Min(_blockRows, rows - first);
            int[] wanted = targets.Slice(first, count).ToArray();
            finished.AsSpan(first * model, count * model).CopyTo(_vectors);
            Logits(_vectors, count, _logits, gradient is null ? [] : _bends);
            float factor = (float)(share / rows * _config.Output.LogitScale);
            _workers.Run(count, i => rowLosses[i] = Row(i, wanted[i], gradient is not null, factor));
            for (int i = 0; i < count; i++)
                total += rowLosses[i];
            if (!losses.IsEmpty)
                rowLosses.AsSpan(0, count).CopyTo(losses[first..]);
            if (gradient is null)
                continue;
            _output.WeightGradient(_vectors, _logits, count, _workers);
            _output.InputGradient(_logits, count, _gradients, _workers);
            _gradients.AsSpan(0, count * model).CopyTo(gradient.AsSpan(first * model));
        }

        return total / rows;
    }

    /// <summary>Logits [rows, vocab] of rows behind the final norm.</summary>
    public void Logits(ReadOnlySpan<float> finished, int rows, Span<float> logits) => Logits(finished, rows, logits, []);

    private void Logits(ReadOnlySpan<float> finished, int rows, Span<float> logits, float[] bends)
    {
        _output.Forward(finished, rows, logits, _workers);
        logits = logits[..(rows * _config.VocabSize)];
        if (_config.Output.LogitScale != 1)
            TensorPrimitives.Multiply(logits, _config.Output.LogitScale, logits);
        if (_config.Output.LogitSoftCap is not { } cap)
            return;
        SoftCap.Apply(logits, cap);
        for (int i = 0; i < Math.Min(bends.Length, logits.Length); i++)
            bends[i] = 1 - logits[i] / cap * (logits[i] / cap);
    }

    /// <summary>A row's loss; its logits become the gradient.</summary>
    private double Row(int row, int target, bool differentiates, float factor)
    {
        int vocab = _config.VocabSize;
        Span<float> logits = _logits.AsSpan(row * vocab, vocab);
        float wanted = logits[target], max = TensorPrimitives.Max<float>(logits);
        double sum = Exponentials.Of(logits, max), loss = max + Math.Log(sum) - wanted;
        if (!differentiates)
            return loss;
        TensorPrimitives.Multiply(logits, (float)(factor / sum), logits);
        logits[target] -= factor;
        if (_bends.Length > 0)
            TensorPrimitives.Multiply(logits, _bends.AsSpan(row * vocab, vocab), logits);
        return loss;
    }
}
