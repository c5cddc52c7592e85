using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Training.LanguageModels;

/// <summary>What happens to queries, keys and values between their product and their rotation: a clip of all (OLMo), then norms of queries and keys (Qwen3, Gemma 3, OLMo 2).</summary>
/// <param name="config">The attention.</param>
/// <param name="query">Norm of queries, or null.</param>
/// <param name="key">Norm of keys, or null.</param>
internal sealed class TrainedQueryKey(AttentionConfig config, TrainedNorm? query, TrainedNorm? key)
{
    private readonly NormedPart _queries = Part(config, 0, config.QueryWidth), _keys = Part(config, config.QueryWidth, config.KeyWidth);

    /// <summary>Its norms.</summary>
    public IEnumerable<TrainedNorm> Norms => new[] { query, key }.OfType<TrainedNorm>();

    /// <summary>True where an attention has such a step.</summary>
    public static bool IsIn(AttentionConfig config) => config.Clip is not null || config.QueryKeyNorm is not null;

    /// <summary>Changes rows in place.</summary>
    /// <param name="rows">[row, queries | keys | values].</param>
    /// <param name="count">Rows.</param>
    /// <param name="kept">Of the same shape, overwritten: what the backward pass needs.</param>
    /// <param name="workers">Threads.</param>
    public void Forward(float[] rows, int count, float[] kept, Workers workers)
    {
        Span<float> values = rows.AsSpan(0, count * _queries.Stride);
        if (config.Clip is { } clip)
            TensorPrimitives.Clamp(values, -clip, clip, values);
        values.CopyTo(kept);
        query?.Forward(rows, count, _queries, rows, workers);
        key?.Forward(rows, count, _keys, rows, workers);
    }

    /// <summary>Leads gradients back, in place. A clipped value has none.</summary>
    /// <param name="kept">What the forward pass kept.</param>
    /// <param name="gradient">[row, queries | keys | values].</param>
    /// <param name="count">Rows.</param>
    /// <param name="workers">Threads.</param>
    public void Backward(float[] kept, float[] gradient, int count, Workers workers)
    {
        query?.Backward(kept, gradient, count, _queries, gradient, adds: false, workers);
        key?.Backward(kept, gradient, count, _keys, gradient, adds: false, workers);
        if (config.Clip is not { } clip)
            return;
        for (int i = 0; i < count * _queries.Stride; i++)
        {
            if (Math.Abs(kept[i]) >= clip)
                gradient[i] = 0;
        }
    }

    private static NormedPart Part(AttentionConfig config, int offset, int width) =>
        new(config.QueryWidth + 2 * config.KeyWidth, offset, config.QueryKeyNorm is { PerHead: true } ? width / config.HeadDim : 1);
}
