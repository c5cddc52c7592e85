using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers.Blocks;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Running;

/// <summary>What is done to each row of a run alone, whatever the other rows are: threads share the rows, and every row gets the same bits.</summary>
internal interface IRowOperation
{
    /// <summary>Does rows <paramref name="from"/> … <paramref name="to"/> − 1.</summary>
    void Apply(int from, int to);
}

/// <summary>Runs one.</summary>
internal static class RowOperation
{
    private const int Grain = KeyValueCache.Lanes; // keys of that many positions share cache lines

    /// <summary>On all threads where there are many rows; a decoded token wakes none, and allocates nothing.</summary>
    public static void Run<T>(T operation, int rows, Workers workers) where T : struct, IRowOperation
    {
        if (rows < 2 * Grain)
            operation.Apply(0, rows);
        else
            Share(operation, rows, workers);
    }

    private static void Share<T>(T operation, int rows, Workers workers) where T : struct, IRowOperation => workers.RunRanges(rows, Grain, operation.Apply);
}

/// <summary>to = norm(from), [row, width] both.</summary>
internal readonly struct NormRows(Norm norm, float[] from, float[] to, int width) : IRowOperation
{
    public void Apply(int first, int end) => norm.ApplyRows(from.AsSpan(first * width, (end - first) * width), to.AsSpan(first * width, (end - first) * width), width);
}

/// <summary>Adds what a sub-block has made to the residual stream, [row, width] both.</summary>
/// <param name="added">Normed and scaled in place first, where the block does so.</param>
/// <param name="residual">The stream.</param>
/// <param name="width">Of the stream.</param>
/// <param name="outputNorm">Of what is added, or null.</param>
/// <param name="scale">Factor of what is added.</param>
/// <param name="sumNorm">Of the sum, in a post-norm block.</param>
internal readonly struct JoinRows(float[] added, float[] residual, int width, Norm? outputNorm, float scale, Norm? sumNorm) : IRowOperation
{
    public void Apply(int first, int end)
    {
        Span<float> part = added.AsSpan(first * width, (end - first) * width), stream = residual.AsSpan(first * width, (end - first) * width);
        outputNorm?.ApplyRows(part, part, width);
        if (scale != 1)
            TensorPrimitives.Multiply(part, scale, part);
        TensorPrimitives.Add(stream, part, stream);
        sumNorm?.ApplyRows(stream, stream, width);
    }
}

/// <summary>What stands between an MLP's matrices.</summary>
internal readonly struct ActivateRows(MlpConfig config, float[] up, float[] hidden) : IRowOperation
{
    public void Apply(int first, int end)
    {
        int width = config.HiddenDim, upWidth = config.IsGated ? 2 * width : width, rows = end - first;
        Mlp.Activate(config, up.AsSpan(first * upWidth, rows * upWidth), hidden.AsSpan(first * width, rows * width), rows);
    }
}

/// <summary>Clip, norm and rotation of rows [queries | keys | values] of one prompt, whose keys and values then go into its cache.</summary>
internal readonly struct StoreRows(AttentionConfig config, LayerWeights weights, RotaryTable? rotary, Segment segment, int layer, float[] all) : IRowOperation
{
    public void Apply(int first, int end)
    {
        int width = config.QueryWidth + 2 * config.KeyWidth;
        for (int i = first; i < end; i++)
        {
            Span<float> row = all.AsSpan((segment.Row + i) * width, width);
            Span<float> queries = row[..config.QueryWidth], keys = row.Slice(config.QueryWidth, config.KeyWidth);
            if (config.Clip is { } clip)
                TensorPrimitives.Clamp(row, -clip, clip, row);
            if (config.QueryKeyNorm is { } norm)
            {
                weights.QueryNorm!.ApplyRows(queries, queries, norm.PerHead ? config.HeadDim : queries.Length);
                weights.KeyNorm!.ApplyRows(keys, keys, norm.PerHead ? config.HeadDim : keys.Length);
            }

            int position = segment.Start + i;
            rotary?.Rotate(queries, config.HeadDim, position);
            rotary?.Rotate(keys, config.HeadDim, position);
            segment.Cache.Store(layer, position, keys, row[(config.QueryWidth + config.KeyWidth)..]);
        }
    }
}
