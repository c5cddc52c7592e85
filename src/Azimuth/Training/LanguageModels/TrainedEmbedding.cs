using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Training.LanguageModels;

/// <summary>What enters the first layer: the scaled rows of the tokens, those of their positions and a norm where a model has them. Columns of the gradient are shared out, so its sums do not depend on the threads.</summary>
internal sealed class TrainedEmbedding(TransformerConfig config, TrainedWeights weights)
{
    /// <param name="ids">[sequence, position].</param>
    /// <param name="length">Positions of a sequence.</param>
    /// <param name="output">[row, model], overwritten.</param>
    /// <param name="scratch">As large.</param>
    /// <param name="workers">Threads.</param>
    public void Forward(ReadOnlySpan<int> ids, int length, float[] output, float[] scratch, Workers workers)
    {
        Sum(ids, length, weights.EmbeddingNorm is null ? output : scratch);
        weights.EmbeddingNorm?.Forward(scratch, ids.Length, output, workers);
    }

    /// <summary>Every row's gradient goes to its token's row and its position's row, rows in order.</summary>
    /// <param name="ids">[sequence, position].</param>
    /// <param name="length">Positions of a sequence.</param>
    /// <param name="gradient">[row, model] of the output; becomes that of the sum.</param>
    /// <param name="scratch">As large.</param>
    /// <param name="workers">Threads.</param>
    public void Backward(ReadOnlySpan<int> ids, int length, float[] gradient, float[] scratch, Workers workers)
    {
        if (weights.EmbeddingNorm is { } norm)
        {
            // The sum that was normed was not kept: it is made again.
            Sum(ids, length, scratch);
            norm.Backward(scratch, gradient, ids.Length, gradient, adds: false, workers);
        }

        int model = config.ModelDim;
        float[]? tokens = weights.TokenTable.Gradient, positions = weights.Positions?.Gradient;
        if (tokens is null && positions is null)
            return;
        int[] rows = ids.ToArray();
        workers.RunRanges(model, 32, (from, to) =>
        {
            for (int row = 0; row < rows.Length; row++)
            {
                ReadOnlySpan<float> part = gradient.AsSpan(row * model + from, to - from);
                if (tokens is not null)
                {
                    Span<float> sum = tokens.AsSpan(rows[row] * model + from, to - from);
                    TensorPrimitives.MultiplyAdd(part, config.Embedding.Scale, sum, sum);
                }

                if (positions is not null)
                {
                    Span<float> sum = positions.AsSpan((row % length + config.Embedding.Positions!.Offset) * model + from, to - from);
                    TensorPrimitives.Add(sum, part, sum);
                }
            }
        });
    }

    private void Sum(ReadOnlySpan<int> ids, int length, float[] output)
    {
        int model = config.ModelDim;
        for (int row = 0; row < ids.Length; row++)
        {
            Span<float> to = output.AsSpan(row * model, model);
            TensorPrimitives.Multiply(weights.TokenTable.Values.AsSpan(ids[row] * model, model), config.Embedding.Scale, to);
            if (weights.Positions is { } positions)
                TensorPrimitives.Add(to, positions.Values.AsSpan((row % length + config.Embedding.Positions!.Offset) * model, model), to);
        }
    }
}
