using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// The scores of one head, recomputed in double from traced queries and keys as they meet (after norm and rotation): scaled products, soft cap, ALiBi, and the softmax
/// over the positions a query sees (Vaswani et al. 2017, eq. 1).
/// </summary>
internal sealed class HeadScores
{
    private readonly AttentionConfig _config;
    private readonly Matrix _queries, _keys; // [position, heads · headDim], [position, key-value heads · headDim]
    private readonly int _head;
    private readonly double[] _wideQueries, _wideKeys, _keyNorms; // this head's rows, widened once: [position, headDim]

    public HeadScores(AttentionConfig config, Matrix queries, Matrix keys, int head)
    {
        (_config, _queries, _keys, _head) = (config, queries, keys, head);
        _keyNorms = new double[keys.Rows];
        _wideQueries = new double[queries.Rows * config.HeadDim];
        _wideKeys = new double[_wideQueries.Length];
        for (int position = 0; position < _keyNorms.Length; position++)
        {
            _keyNorms[position] = Vectors.Norm(Key(position));
            TensorPrimitives.ConvertChecked<float, double>(Query(position), _wideQueries.AsSpan(position * config.HeadDim));
            TensorPrimitives.ConvertChecked<float, double>(Key(position), _wideKeys.AsSpan(position * config.HeadDim));
        }
    }

    /// <summary>Which key-value head this head reads.</summary>
    public int KeyHead => _head / (_config.HeadCount / _config.KeyValueHeadCount);

    /// <summary>The head's slope where scores fall with the distance, else null.</summary>
    public float? Slope => _config.AlibiSlopes?[_head] * _config.AlibiScale;

    /// <summary>What ALiBi adds to the score of two positions, or null.</summary>
    public float? AlibiBias(int query, int key) => _config.HasAlibi ? _config.AlibiBias(_head, query, key) : null;

    public double KeyNorm(int key) => _keyNorms[key];

    /// <summary>[headDim].</summary>
    public ReadOnlySpan<float> Query(int position) => _queries.Row(position).Slice(_head * _config.HeadDim, _config.HeadDim);

    /// <summary>[headDim].</summary>
    public ReadOnlySpan<float> Key(int position) => _keys.Row(position).Slice(KeyHead * _config.HeadDim, _config.HeadDim);

    /// <summary>The first position that a query sees.</summary>
    public int FirstSeen(int position) => _config.Window is { } window ? Math.Max(0, position - window + 1) : 0;

    /// <summary>q·k of a query with every position it sees.</summary>
    /// <param name="position">The query's.</param>
    /// <param name="products">[position − first seen].</param>
    public void Products(int position, Span<double> products)
    {
        int low = FirstSeen(position), dim = _config.HeadDim;
        ReadOnlySpan<double> query = _wideQueries.AsSpan(position * dim, dim);
        for (int i = 0; i < products.Length; i++)
            products[i] = Dot(query, _wideKeys.AsSpan((low + i) * dim, dim));
    }

    /// <summary>What goes into the softmax: q·k · scale, soft cap, ALiBi.</summary>
    public double Score(int position, int key, double product)
    {
        double score = product * _config.Scale;
        if (_config.SoftCap is { } cap)
            score = cap * Math.Tanh(score / cap);
        return score + (AlibiBias(position, key) ?? 0);
    }

    /// <summary>The softmax of a query's scores; <paramref name="products"/> and <paramref name="weights"/> may be the same.</summary>
    /// <returns>The weights' entropy in nats, −Σ w ln w.</returns>
    public double Weights(int position, ReadOnlySpan<double> products, Span<double> weights)
    {
        int low = FirstSeen(position);
        double largest = double.NegativeInfinity, total = 0, mean = 0;
        for (int i = 0; i < products.Length; i++)
        {
            weights[i] = Score(position, low + i, products[i]);
            largest = Math.Max(largest, weights[i]);
        }

        for (int i = 0; i < weights.Length; i++)
        {
            double below = weights[i] - largest, power = Math.Exp(below);
            (weights[i], total, mean) = (power, total + power, mean + power * below);
        }

        for (int i = 0; i < weights.Length; i++)
            weights[i] /= total;
        return Math.Max(0, Math.Log(total) - mean / total); // ln w = below − ln total
    }

    /// <summary>The index of the largest value, the lowest of equal ones.</summary>
    public static int Largest(ReadOnlySpan<double> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
                best = i;
        }

        return best;
    }

    /// <summary>Eight running sums, whose order depends only on the length.</summary>
    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector512<double> sums = default;
        int i = 0;
        for (; i + 8 <= a.Length; i += 8)
            sums = Vector512.FusedMultiplyAdd(Vector512.Create(a.Slice(i, 8)), Vector512.Create(b.Slice(i, 8)), sums);
        double sum = Vector512.Sum(sums);
        for (; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
