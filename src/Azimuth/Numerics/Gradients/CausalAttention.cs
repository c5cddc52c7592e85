using System.Collections.Concurrent;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// Causal attention of many sequences of one length, and its gradient. Softmax weights are never kept: the backward pass makes them again from each row's log of its sum, a block of
/// queries at a time (Dao et al. 2022, "FlashAttention", §3.1), so memory grows with the length and not with its square. One task is a key-value head of a sequence; results do
/// not depend on the threads.
/// </summary>
/// <param name="shape">What is computed.</param>
/// <param name="length">Positions of each sequence.</param>
internal sealed unsafe class CausalAttention(CausalAttentionShape shape, int length) : IDisposable
{
    private const int Panel = PackedMatrix.PanelWidth;
    private const int Tile = Tiles512.Rows;
    private const int BlockRows = CausalAttentionScratch.BlockRows;
    private readonly ConcurrentBag<CausalAttentionScratch> _scratch = [];
    private readonly VectorWidth _width = MatrixProduct.Widest;
    private readonly int _padded = CausalAttentionScratch.WholePanels(length), _dimPanels = CausalAttentionScratch.WholePanels(shape.HeadDim) / Panel;

    /// <summary>heads = softmax(scale · Q·Kᵀ)·V for each head.</summary>
    /// <param name="rows">[sequence · length, queries | keys | values].</param>
    /// <param name="sequences">How many.</param>
    /// <param name="heads">[row, heads · headDim], overwritten.</param>
    /// <param name="logSums">[row, head], overwritten: the log of each softmax's denominator, for the backward pass.</param>
    /// <param name="workers">Threads.</param>
    public void Forward(float[] rows, int sequences, float[] heads, float[] logSums, Workers workers)
    {
        Require(rows, sequences, heads, logSums);
        workers.Run(sequences * shape.KeyValueHeads, part =>
        {
            CausalAttentionScratch scratch = Rent();
            fixed (float* pRows = rows, pHeads = heads, pSums = logSums)
                ForwardPart(part / shape.KeyValueHeads, part % shape.KeyValueHeads, pRows, pHeads, pSums, scratch);
            _scratch.Add(scratch);
        });
    }

    /// <summary>The gradient with respect to queries, keys and values.</summary>
    /// <param name="rows">As in the forward pass.</param>
    /// <param name="sequences">How many.</param>
    /// <param name="heads">The forward pass's result.</param>
    /// <param name="logSums">The forward pass's.</param>
    /// <param name="headGradient">[row, heads · headDim].</param>
    /// <param name="rowGradient">[row, queries | keys | values], overwritten.</param>
    /// <param name="workers">Threads.</param>
    public void Backward(float[] rows, int sequences, float[] heads, float[] logSums, float[] headGradient, float[] rowGradient, Workers workers)
    {
        Require(rows, sequences, heads, logSums);
        Require(rowGradient, sequences, headGradient, logSums);
        workers.Run(sequences * shape.KeyValueHeads, part =>
        {
            CausalAttentionScratch scratch = Rent();
            fixed (float* pRows = rows, pHeads = heads, pSums = logSums, pHeadGradient = headGradient, pRowGradient = rowGradient)
                BackwardPart(part / shape.KeyValueHeads, part % shape.KeyValueHeads, pRows, pHeads, pSums, pHeadGradient, pRowGradient, scratch);
            _scratch.Add(scratch);
        });
    }

    /// <summary>Releases the scratch memory.</summary>
    public void Dispose()
    {
        while (_scratch.TryTake(out CausalAttentionScratch? scratch))
            scratch.Dispose();
    }

    private void ForwardPart(int sequence, int group, float* rows, float* heads, float* logSums, CausalAttentionScratch s)
    {
        int dim = shape.HeadDim, width = shape.RowWidth, queries = shape.QueryWidth, shared = shape.Heads / shape.KeyValueHeads;
        rows += (long)sequence * length * width;
        float* keys = rows + queries + group * dim, values = keys + shape.KeyValueHeads * dim;
        s.PackTransposed(keys, width, s.KeysAcross);
        s.PackDown(values, width, s.ValuesDown);
        for (int head = group * shared; head < (group + 1) * shared; head++)
        {
            for (int first = 0; first < length; first += BlockRows)
            {
                int count = Math.Min(BlockRows, length - first);
                s.CopyRows(rows + (long)first * width + head * dim, width, count, shape.Scale, s.Block);
                Score(s.Block, first, count, s.KeysAcross, s.Weights);
                for (int i = 0; i < count; i++)
                {
                    Span<float> seen = Seen(s.Weights, first, i);
                    Bend(seen, first + i, head, default);
                    logSums[((long)sequence * length + first + i) * shape.Heads + head] = Normalize(seen);
                }

                MaskAll(s.Weights, first, count);
                float* to = heads + ((long)sequence * length + first) * queries + head * dim;
                Mix(s.Weights, first, count, s.ValuesDown, to, queries, s.Sums);
            }
        }
    }

    private void BackwardPart(int sequence, int group, float* rows, float* heads, float* logSums, float* headGradient, float* rowGradient, CausalAttentionScratch s)
    {
        int dim = shape.HeadDim, width = shape.RowWidth, queries = shape.QueryWidth, keyWidth = shape.KeyValueHeads * dim, shared = shape.Heads / shape.KeyValueHeads;
        long start = (long)sequence * length;
        rows += start * width;
        rowGradient += start * width;
        float* keys = rows + queries + group * dim, keyGradient = rowGradient + queries + group * dim;
        s.PackTransposed(keys, width, s.KeysAcross);
        s.PackDown(keys, width, s.KeysDown);
        s.PackTransposed(keys + keyWidth, width, s.ValuesAcross);
        for (int t = 0; t < length; t++)
        {
            new Span<float>(keyGradient + (long)t * width, dim).Clear();
            new Span<float>(keyGradient + (long)t * width + keyWidth, dim).Clear();
        }

        for (int head = group * shared; head < (group + 1) * shared; head++)
        {
            float* gradients = headGradient + start * queries + head * dim;
            s.PackDown(rows + head * dim, width, s.QueriesDown);
            s.PackDown(gradients, queries, s.GradientsDown);
            for (int first = 0; first < length; first += BlockRows)
            {
                int count = Math.Min(BlockRows, length - first);
                s.CopyRows(rows + (long)first * width + head * dim, width, count, shape.Scale, s.Block);
                Score(s.Block, first, count, s.KeysAcross, s.Weights);
                s.CopyRows(gradients + (long)first * queries, queries, count, 1, s.Block);
                Score(s.Block, first, count, s.ValuesAcross, s.Slopes); // dP = dO · Vᵀ
                for (int i = 0; i < count; i++)
                {
                    long row = start + first + i;
                    var mixed = new ReadOnlySpan<float>(heads + row * queries + head * dim, dim);
                    float along = TensorPrimitives.Dot(mixed, new ReadOnlySpan<float>(headGradient + row * queries + head * dim, dim)); // Σ P dP
                    Span<float> seen = Seen(s.Weights, first, i), slopes = Seen(s.Slopes, first, i);
                    Span<float> bend = shape.SoftCap is null ? default : new Span<float>(s.Bends, seen.Length);
                    Bend(seen, first + i, head, bend);
                    Differentiate(seen, slopes, logSums[row * shape.Heads + head], along);
                    if (!bend.IsEmpty)
                        TensorPrimitives.Multiply(slopes, bend, slopes);
                }

                MaskAll(s.Weights, first, count);
                MaskAll(s.Slopes, first, count);
                Mix(s.Slopes, first, count, s.KeysDown, rowGradient + (long)first * width + head * dim, width, s.Sums);
                MixBack(s.Slopes, first, count, s.QueriesDown, keyGradient, width, s.Sums);
                MixBack(s.Weights, first, count, s.GradientsDown, keyGradient + keyWidth, width, s.Sums);
            }
        }
    }

    /// <summary>Soft cap and bias on one query's scores; <paramref name="slopes"/>, unless empty, gets the cap's derivative.</summary>
    private void Bend(Span<float> seen, int query, int head, Span<float> slopes)
    {
        if (shape.SoftCap is float cap)
        {
            TensorPrimitives.Divide(seen, cap, seen);
            Activations.Tanh(seen);
            for (int i = 0; i < slopes.Length; i++)
                slopes[i] = 1 - seen[i] * seen[i];
            TensorPrimitives.Multiply(seen, cap, seen);
        }

        if (shape.BiasByKey is { } byKey)
            TensorPrimitives.Add(seen, byKey[head].AsSpan(query + 1 - seen.Length, seen.Length), seen);
        if (shape.BiasByDistance is { } bias)
        {
            for (int i = 0; i < seen.Length; i++)
                seen[i] += bias[head][seen.Length - 1 - i];
        }
    }

    /// <summary>Softmax in place; returns the log of Σ exp.</summary>
    private static float Normalize(Span<float> seen)
    {
        float max = TensorPrimitives.Max(seen);
        double sum = Exponentials.Of(seen, max);
        TensorPrimitives.Multiply(seen, (float)(1 / sum), seen);
        return (float)(max + Math.Log(sum));
    }

    /// <summary>Scores become weights P = exp(score − log sum), and dP becomes scale · P · (dP − Σ P dP), the gradient of q·k.</summary>
    private void Differentiate(Span<float> scores, Span<float> slopes, float logSum, float along)
    {
        fixed (float* s = scores, d = slopes)
        {
            Vector512<float> shift = Vector512.Create(logSum), mean = Vector512.Create(along), scale = Vector512.Create(shape.Scale);
            // Rows have room for whole vectors; what lies behind the last key seen is masked afterwards.
            for (int i = 0; i < scores.Length; i += Vector512<float>.Count)
            {
                Vector512<float> p = VectorMath.Exp(Vector512.Load(s + i) - shift);
                p.Store(s + i);
                (scale * p * (Vector512.Load(d + i) - mean)).Store(d + i);
            }
        }
    }

    /// <summary>scores[count, key] = block · keysᵀ, for the panels of keys that any of the block's queries sees.</summary>
    private void Score(float* block, int first, int count, float* across, float* scores)
    {
        int dim = shape.HeadDim;
        float* sums = stackalloc float[Tile * Panel];
        for (int panel = LowestSeen(first) / Panel; panel * Panel < first + count; panel++)
        {
            for (int row = 0; row < count; row += Tile)
            {
                int rows = Math.Min(Tile, count - row);
                if (first + row + rows <= panel * Panel)
                    continue;
                TileSum.Block(_width, block + row * dim, dim, 1, rows, across + (long)panel * Panel * dim, dim, sums);
                for (int r = 0; r < rows; r++)
                {
                    float* to = scores + (long)(row + r) * _padded + panel * Panel;
                    Vector512.Load(sums + r * Panel).Store(to);
                    Vector512.Load(sums + r * Panel + Panel / 2).Store(to + Panel / 2);
                }
            }
        }
    }

    /// <summary>to[count, headDim] = weights[count, key] · down[key, headDim].</summary>
    private void Mix(float* weights, int first, int count, float* down, float* to, int stride, float* sums)
    {
        int low = LowestSeen(first);
        for (int row = 0; row < count; row += Tile)
        {
            int rows = Math.Min(Tile, count - row), terms = first + row + rows - low;
            for (int panel = 0; panel < _dimPanels; panel++)
            {
                TileSum.Block(_width, weights + (long)row * _padded + low, _padded, 1, rows, down + ((long)panel * length + low) * Panel, terms, sums);
                Put(sums, rows, panel, to + (long)row * stride, stride, adds: false);
            }
        }
    }

    /// <summary>to[key, headDim] += weightsᵀ · down[query, headDim], the queries being those of the block.</summary>
    private void MixBack(float* weights, int first, int count, float* down, float* to, int stride, float* sums)
    {
        for (int key = LowestSeen(first); key < first + count; key += Tile)
        {
            int rows = Math.Min(Tile, first + count - key), from = Math.Max(0, key - first);
            for (int panel = 0; panel < _dimPanels; panel++)
            {
                TileSum.Block(_width, weights + (long)from * _padded + key, 1, _padded, rows, down + ((long)panel * length + first + from) * Panel, count - from, sums);
                Put(sums, rows, panel, to + (long)key * stride, stride, adds: true);
            }
        }
    }

    private void Put(float* sums, int rows, int panel, float* to, int stride, bool adds)
    {
        int columns = Math.Min(Panel, shape.HeadDim - panel * Panel);
        for (int r = 0; r < rows; r++)
        {
            var from = new ReadOnlySpan<float>(sums + r * Panel, columns);
            var place = new Span<float>(to + (long)r * stride + panel * Panel, columns);
            if (adds)
                TensorPrimitives.Add(place, from, place);
            else
                from.CopyTo(place);
        }
    }

    private int LowestSeen(int query) => shape.Window is int window ? Math.Max(0, query - window + 1) : 0;

    private Span<float> Seen(float* block, int first, int row)
    {
        int low = LowestSeen(first + row);
        return new Span<float>(block + (long)row * _padded + low, first + row + 1 - low);
    }

    /// <summary>Zeros where a query sees nothing, as far as the sums of its tile and of the block's keys reach.</summary>
    private void MaskAll(float* block, int first, int count)
    {
        int low = LowestSeen(first), end = Math.Min(_padded, first + count + Tile);
        for (int i = 0; i < count; i++)
        {
            float* row = block + (long)i * _padded;
            int from = LowestSeen(first + i);
            new Span<float>(row + low, from - low).Clear();
            new Span<float>(row + first + i + 1, end - first - i - 1).Clear();
        }
    }

    private void Require(float[] rows, int sequences, float[] heads, float[] logSums)
    {
        long count = (long)sequences * length;
        if (rows.Length < count * shape.RowWidth || heads.Length < count * shape.QueryWidth || logSums.Length < count * shape.Heads)
            throw new ArgumentException($"{count} rows of {shape.RowWidth}, {shape.QueryWidth} and {shape.Heads} values expected, found {rows.Length}, {heads.Length} and {logSums.Length} values");
    }

    private CausalAttentionScratch Rent() => _scratch.TryTake(out CausalAttentionScratch? scratch) ? scratch : new CausalAttentionScratch(shape.HeadDim, length);
}
