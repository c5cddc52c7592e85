using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Transformers.Running;

/// <summary>
/// Inner loops of attention over the cache's layout. One score is q·k summed over the head's values in order; one output is Σ weight·value summed over
/// positions in order: the same sequence of fused multiply-adds whether one query is handled or four share the loads, so results do not depend on it.
/// </summary>
internal static class AttentionKernel
{
    /// <summary>Queries that share the loads of keys and values.</summary>
    public const int Tile = 4;

    private const int Lanes = KeyValueCache.Lanes;

    /// <summary>Scores of one query with the keys of blocks <paramref name="first"/> to <paramref name="end"/> − 1.</summary>
    /// <param name="query">[headDim].</param>
    /// <param name="keys">A layer's keys from this head on: block b's value d of 16 keys is at (b · stride + d) · 16.</param>
    /// <param name="stride">Values of all heads: key-value heads · headDim.</param>
    /// <param name="first">First block of 16 positions.</param>
    /// <param name="end">One past the last block.</param>
    /// <param name="scores">[position − 16·first].</param>
    public static void Score(ReadOnlySpan<float> query, ReadOnlySpan<float> keys, int stride, int first, int end, Span<float> scores)
    {
        var k = MemoryMarshal.Cast<float, Vector512<float>>(keys);
        var result = MemoryMarshal.Cast<float, Vector512<float>>(scores);
        int b = first;
        for (; b + 3 < end; b += 4)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int d = 0; d < query.Length; d++)
            {
                Vector512<float> q = Vector512.Create(query[d]);
                int at = b * stride + d;
                s0 = Vector512.FusedMultiplyAdd(q, k[at], s0);
                s1 = Vector512.FusedMultiplyAdd(q, k[at + stride], s1);
                s2 = Vector512.FusedMultiplyAdd(q, k[at + 2 * stride], s2);
                s3 = Vector512.FusedMultiplyAdd(q, k[at + 3 * stride], s3);
            }

            (result[b - first], result[b - first + 1], result[b - first + 2], result[b - first + 3]) = (s0, s1, s2, s3);
        }

        for (; b < end; b++)
        {
            Vector512<float> s = default;
            for (int d = 0; d < query.Length; d++)
                s = Vector512.FusedMultiplyAdd(Vector512.Create(query[d]), k[b * stride + d], s);
            result[b - first] = s;
        }
    }

    /// <summary>The same for four queries, <paramref name="queryStride"/> apart; scores are <paramref name="scoreStride"/> apart.</summary>
    public static void ScoreTile(
        ReadOnlySpan<float> queries, int queryStride, int headDim, ReadOnlySpan<float> keys, int stride, int first, int end, Span<float> scores, int scoreStride)
    {
        var k = MemoryMarshal.Cast<float, Vector512<float>>(keys);
        var result = MemoryMarshal.Cast<float, Vector512<float>>(scores);
        int row = scoreStride / Lanes;
        ReadOnlySpan<float> q0 = queries[..headDim], q1 = queries.Slice(queryStride, headDim),
            q2 = queries.Slice(2 * queryStride, headDim), q3 = queries.Slice(3 * queryStride, headDim);
        int b = first;
        // Two blocks at a time: eight sums hide the latency of the fused multiply-add, and a query's value is loaded once for both. Vectors of 256 bits hold one block's, in two registers each.
        for (; Vector512.IsHardwareAccelerated && b + 1 < end; b += 2)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default, t0 = default, t1 = default, t2 = default, t3 = default;
            ReadOnlySpan<Vector512<float>> block = k.Slice(b * stride, headDim), next = k.Slice((b + 1) * stride, headDim);
            for (int d = 0; d < block.Length; d++)
            {
                Vector512<float> key = block[d], other = next[d], q = Vector512.Create(q0[d]);
                s0 = Vector512.FusedMultiplyAdd(q, key, s0);
                t0 = Vector512.FusedMultiplyAdd(q, other, t0);
                q = Vector512.Create(q1[d]);
                s1 = Vector512.FusedMultiplyAdd(q, key, s1);
                t1 = Vector512.FusedMultiplyAdd(q, other, t1);
                q = Vector512.Create(q2[d]);
                s2 = Vector512.FusedMultiplyAdd(q, key, s2);
                t2 = Vector512.FusedMultiplyAdd(q, other, t2);
                q = Vector512.Create(q3[d]);
                s3 = Vector512.FusedMultiplyAdd(q, key, s3);
                t3 = Vector512.FusedMultiplyAdd(q, other, t3);
            }

            int at = b - first;
            (result[at], result[row + at], result[2 * row + at], result[3 * row + at]) = (s0, s1, s2, s3);
            (result[at + 1], result[row + at + 1], result[2 * row + at + 1], result[3 * row + at + 1]) = (t0, t1, t2, t3);
        }

        for (; b < end; b++)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            ReadOnlySpan<Vector512<float>> block = k.Slice(b * stride, headDim);
            for (int d = 0; d < block.Length; d++)
            {
                Vector512<float> key = block[d];
                s0 = Vector512.FusedMultiplyAdd(Vector512.Create(q0[d]), key, s0);
                s1 = Vector512.FusedMultiplyAdd(Vector512.Create(q1[d]), key, s1);
                s2 = Vector512.FusedMultiplyAdd(Vector512.Create(q2[d]), key, s2);
                s3 = Vector512.FusedMultiplyAdd(Vector512.Create(q3[d]), key, s3);
            }

            int at = b - first;
            (result[at], result[row + at], result[2 * row + at], result[3 * row + at]) = (s0, s1, s2, s3);
        }
    }

    /// <summary>Σ weight · value over <paramref name="weights"/>.Length positions, for one query.</summary>
    /// <param name="weights">[position].</param>
    /// <param name="values">A layer's values from the first position and this head on; rows are <paramref name="stride"/> apart.</param>
    /// <param name="stride">Key-value heads · padded headDim.</param>
    /// <param name="result">[headDim].</param>
    public static void Mix(ReadOnlySpan<float> weights, ReadOnlySpan<float> values, int stride, Span<float> result)
    {
        var v = MemoryMarshal.Cast<float, Vector512<float>>(values);
        int row = stride / Lanes, lanes = KeyValueCache.Padded(result.Length) / Lanes, i = 0;
        Span<Vector512<float>> sums = stackalloc Vector512<float>[4];
        for (; i + 3 < lanes; i += 4)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int t = 0; t < weights.Length; t++)
            {
                Vector512<float> w = Vector512.Create(weights[t]);
                int at = t * row + i;
                s0 = Vector512.FusedMultiplyAdd(w, v[at], s0);
                s1 = Vector512.FusedMultiplyAdd(w, v[at + 1], s1);
                s2 = Vector512.FusedMultiplyAdd(w, v[at + 2], s2);
                s3 = Vector512.FusedMultiplyAdd(w, v[at + 3], s3);
            }

            (sums[0], sums[1], sums[2], sums[3]) = (s0, s1, s2, s3);
            for (int part = 0; part < 4; part++)
                Store(sums[part], i + part, result);
        }

        for (; i < lanes; i++)
        {
            Vector512<float> s = default;
            for (int t = 0; t < weights.Length; t++)
                s = Vector512.FusedMultiplyAdd(Vector512.Create(weights[t]), v[t * row + i], s);
            Store(s, i, result);
        }
    }

    /// <summary>The same for four queries: weights are <paramref name="weightStride"/> apart, results <paramref name="resultStride"/>.</summary>
    public static void MixTile(
        ReadOnlySpan<float> weights, int weightStride, int positions, ReadOnlySpan<float> values, int stride, Span<float> results, int resultStride, int headDim)
    {
        var v = MemoryMarshal.Cast<float, Vector512<float>>(values);
        int row = stride / Lanes, lanes = KeyValueCache.Padded(headDim) / Lanes;
        ReadOnlySpan<float> w0 = weights[..positions], w1 = weights.Slice(weightStride, positions),
            w2 = weights.Slice(2 * weightStride, positions), w3 = weights.Slice(3 * weightStride, positions);
        // The sums go through here to the results: one that is live at a call would be written to the stack in each turn of the loop before it, not only at its end.
        Span<Vector512<float>> sums = stackalloc Vector512<float>[16];
        int i = 0;
        // Four registers of the head at a time: sixteen sums, and each position's values and weights are loaded once for all of them. There are that many registers of 512 bits only.
        for (; Vector512.IsHardwareAccelerated && i + 3 < lanes; i += 4)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default, t0 = default, t1 = default, t2 = default, t3 = default;
            Vector512<float> u0 = default, u1 = default, u2 = default, u3 = default, x0 = default, x1 = default, x2 = default, x3 = default;
            for (int t = 0, at = i; t < w0.Length; t++, at += row)
            {
                ReadOnlySpan<Vector512<float>> part = v.Slice(at, 4);
                Vector512<float> v0 = part[0], v1 = part[1], v2 = part[2], v3 = part[3];
                Vector512<float> w = Vector512.Create(w0[t]);
                s0 = Vector512.FusedMultiplyAdd(w, v0, s0);
                t0 = Vector512.FusedMultiplyAdd(w, v1, t0);
                u0 = Vector512.FusedMultiplyAdd(w, v2, u0);
                x0 = Vector512.FusedMultiplyAdd(w, v3, x0);
                w = Vector512.Create(w1[t]);
                s1 = Vector512.FusedMultiplyAdd(w, v0, s1);
                t1 = Vector512.FusedMultiplyAdd(w, v1, t1);
                u1 = Vector512.FusedMultiplyAdd(w, v2, u1);
                x1 = Vector512.FusedMultiplyAdd(w, v3, x1);
                w = Vector512.Create(w2[t]);
                s2 = Vector512.FusedMultiplyAdd(w, v0, s2);
                t2 = Vector512.FusedMultiplyAdd(w, v1, t2);
                u2 = Vector512.FusedMultiplyAdd(w, v2, u2);
                x2 = Vector512.FusedMultiplyAdd(w, v3, x2);
                w = Vector512.Create(w3[t]);
                s3 = Vector512.FusedMultiplyAdd(w, v0, s3);
                t3 = Vector512.FusedMultiplyAdd(w, v1, t3);
                u3 = Vector512.FusedMultiplyAdd(w, v2, u3);
                x3 = Vector512.FusedMultiplyAdd(w, v3, x3);
            }

            (sums[0], sums[1], sums[2], sums[3]) = (s0, s1, s2, s3);
            (sums[4], sums[5], sums[6], sums[7]) = (t0, t1, t2, t3);
            (sums[8], sums[9], sums[10], sums[11]) = (u0, u1, u2, u3);
            (sums[12], sums[13], sums[14], sums[15]) = (x0, x1, x2, x3);
            for (int part = 0; part < 4; part++)
                StoreTile(sums.Slice(4 * part, 4), i + part, results, resultStride, headDim);
        }

        for (; i < lanes; i++)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int t = 0, at = i; t < w0.Length; t++, at += row)
            {
                Vector512<float> value = v[at];
                s0 = Vector512.FusedMultiplyAdd(Vector512.Create(w0[t]), value, s0);
                s1 = Vector512.FusedMultiplyAdd(Vector512.Create(w1[t]), value, s1);
                s2 = Vector512.FusedMultiplyAdd(Vector512.Create(w2[t]), value, s2);
                s3 = Vector512.FusedMultiplyAdd(Vector512.Create(w3[t]), value, s3);
            }

            (sums[0], sums[1], sums[2], sums[3]) = (s0, s1, s2, s3);
            StoreTile(sums[..4], i, results, resultStride, headDim);
        }
    }

    /// <summary>Register <paramref name="index"/> of four heads' results.</summary>
    private static void StoreTile(ReadOnlySpan<Vector512<float>> sums, int index, Span<float> results, int resultStride, int headDim)
    {
        for (int q = 0; q < Tile; q++)
            Store(sums[q], index, results.Slice(q * resultStride, headDim));
    }

    /// <summary>Register <paramref name="index"/> of a head's result; the last one may be cut.</summary>
    private static void Store(Vector512<float> sums, int index, Span<float> result)
    {
        Span<float> place = result[(index * Lanes)..];
        if (place.Length >= Lanes)
        {
            sums.CopyTo(place);
            return;
        }

        Span<float> whole = stackalloc float[Lanes];
        sums.CopyTo(whole);
        whole[..place.Length].CopyTo(place);
    }
}
