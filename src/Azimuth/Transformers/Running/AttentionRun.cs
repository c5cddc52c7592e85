using System.Buffers;
using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers.Blocks;
using Azimuth.Transformers.Positions;

namespace Azimuth.Transformers.Running;

/// <summary>
/// Attention of one layer over the keys and values in the caches: softmax of scaled scores, values mixed by it (Vaswani et al. 2017, eq. 1). Every query
/// row is computed alone and in one order, whatever else is in the call. Reused from layer to layer; one run at a time.
/// </summary>
internal sealed class AttentionRun
{
    private readonly List<(Segment Segment, int First, int Count)> _tiles = []; // up to four neighbouring queries of one prompt
    private readonly Action<int> _part;
    private AttentionConfig _config = null!;
    private RelativeBias? _bias;
    private float[] _queryKeyValue = [], _heads = [];
    private Matrix[]? _pattern;
    private int? _patternQuery;
    private int _layer;

    public AttentionRun() => _part = Part;

    /// <summary>Forgets the last run: its caches and patterns are kept by nobody here.</summary>
    public void Clear()
    {
        _tiles.Clear();
        _pattern = null;
    }

    /// <summary>Cuts the call's rows into tiles; once for all layers.</summary>
    public void Begin(List<Segment> segments)
    {
        _tiles.Clear();
        foreach (Segment segment in segments)
        {
            for (int first = 0; first < segment.Count; first += AttentionKernel.Tile)
                _tiles.Add((segment, first, Math.Min(AttentionKernel.Tile, segment.Count - first)));
        }
    }

    /// <summary>Runs one layer.</summary>
    /// <param name="layer">Which.</param>
    /// <param name="config">Its attention.</param>
    /// <param name="bias">The model's biases by distance, or null.</param>
    /// <param name="queryKeyValue">[row, queries | keys | values]; only the queries are read, keys and values come from the caches.</param>
    /// <param name="heads">[row, heads · headDim], overwritten.</param>
    /// <param name="pattern">[head][query, key] to write the softmax to, or null.</param>
    /// <param name="patternQuery">The one query whose row is wanted, the only row of each pattern; null for all.</param>
    /// <param name="workers">Threads.</param>
    public void Run(int layer, AttentionConfig config, RelativeBias? bias, float[] queryKeyValue, float[] heads, Matrix[]? pattern, int? patternQuery, Workers workers)
    {
        (_layer, _config, _bias, _queryKeyValue, _heads, _pattern, _patternQuery) = (layer, config, bias, queryKeyValue, heads, pattern, patternQuery);
        int parts = _tiles.Count * config.HeadCount;
        // Waking the other threads costs more than a short context's attention.
        if (parts * (long)_tiles[^1].Segment.Cache.Length * config.HeadDim < 1 << 17)
        {
            for (int part = 0; part < parts; part++)
                Part(part);
        }
        else
        {
            workers.Run(parts, _part);
        }
    }

    private void Part(int part)
    {
        // All tiles of one head before the next head: its keys and values stay in cache.
        (Segment segment, int firstRow, int count) = _tiles[part % _tiles.Count];
        int head = part / _tiles.Count;
        int keyHead = head / (_config.HeadCount / _config.KeyValueHeadCount);
        int dim = _config.HeadDim, padded = KeyValueCache.Padded(dim);
        int width = _config.QueryWidth + 2 * _config.KeyWidth;
        int row = segment.Row + firstRow, position = segment.Start + firstRow;
        // The tile sees positions from `low` to `end` − 1; each query only a part of them.
        int low = FirstSeen(position), end = EndSeen(position + count - 1, segment.Cache.Length);
        int firstBlock = low / KeyValueCache.Lanes, endBlock = (end + KeyValueCache.Lanes - 1) / KeyValueCache.Lanes;
        int scoreStride = (endBlock - firstBlock) * KeyValueCache.Lanes;
        ReadOnlySpan<float> keys = segment.Cache.Keys(_layer).AsSpan(keyHead * dim * KeyValueCache.Lanes);
        int valueStride = _config.KeyValueHeadCount * padded;
        ReadOnlySpan<float> values = segment.Cache.Values(_layer).AsSpan(low * valueStride + keyHead * padded);
        ReadOnlySpan<float> queries = _queryKeyValue.AsSpan(row * width + head * dim);
        Span<float> results = _heads.AsSpan(row * _config.QueryWidth + head * dim);

        float[] scratch = ArrayPool<float>.Shared.Rent(count * scoreStride);
        Span<float> scores = scratch.AsSpan(0, count * scoreStride); // [query, position − 16·firstBlock]
        if (count == AttentionKernel.Tile)
        {
            AttentionKernel.ScoreTile(queries, width, dim, keys, _config.KeyWidth, firstBlock, endBlock, scores, scoreStride);
        }
        else
        {
            for (int q = 0; q < count; q++)
                AttentionKernel.Score(queries.Slice(q * width, dim), keys, _config.KeyWidth, firstBlock, endBlock, scores[(q * scoreStride)..]);
        }

        int offset = firstBlock * KeyValueCache.Lanes;
        for (int q = 0; q < count; q++)
            Weigh(head, position + q, scores.Slice(q * scoreStride, scoreStride), offset, segment.Cache.Length);

        ReadOnlySpan<float> weights = scores[(low - offset)..];
        if (count == AttentionKernel.Tile)
        {
            AttentionKernel.MixTile(weights, scoreStride, end - low, values, valueStride, results, _config.QueryWidth, dim);
        }
        else
        {
            for (int q = 0; q < count; q++)
            {
                AttentionKernel.Mix(
                    weights.Slice(q * scoreStride, end - low), values, valueStride, results.Slice(q * _config.QueryWidth, dim));
            }
        }

        ArrayPool<float>.Shared.Return(scratch);
    }

    /// <summary>The first position that a query sees.</summary>
    private int FirstSeen(int position) => _config.Window is { } window ? Math.Max(0, position - window + 1) : 0;

    /// <summary>One past the last position that a query sees in a run of <paramref name="length"/>.</summary>
    private int EndSeen(int position, int length) =>
        _config.IsCausal ? position + 1 : _config.Window is { } window ? (int)Math.Min(length, (long)position + window) : length;

    /// <summary>Turns one query's scores into weights: softmax over the positions it sees, zero elsewhere.</summary>
    private void Weigh(int head, int position, Span<float> row, int offset, int length)
    {
        int low = FirstSeen(position), end = EndSeen(position, length);
        Span<float> seen = row[(low - offset)..(end - offset)];
        TensorPrimitives.Multiply(seen, _config.Scale, seen);
        if (_config.SoftCap is { } cap)
            SoftCap.Apply(seen, cap);

        if (_config.HasAlibi)
        {
            for (int i = 0; i < seen.Length; i++)
                seen[i] += _config.AlibiBias(head, position, low + i);
        }

        if (_bias is not null)
            TensorPrimitives.Add(seen, _bias.Of(head, position, low, seen.Length), seen);

        Softmax.Apply(seen, seen);
        row[..(low - offset)].Clear();
        row[(end - offset)..].Clear();
        if (_pattern is not null && (_patternQuery ?? position) == position)
            seen.CopyTo(_pattern[head].Row(_patternQuery is null ? position : 0)[low..]);
    }
}
