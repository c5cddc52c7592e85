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
    private readonly double[] _keyNorms;

    public HeadScores(AttentionConfig config, Matrix queries, Matrix keys, int head)
    {
        (_config, _queries, _keys, _head) = (config, queries, keys, head);
        _keyNorms = new double[keys.Rows];
        for (int key = 0; key < _keyNorms.Length; key++)
            _keyNorms[key] = Vectors.Norm(Key(key));
    }

    /// <summary>Which key-value head this head reads.</summary>
    public int KeyHead => _head / (_config.HeadCount / _config.KeyValueHeadCount);

    /// <summary>The head's slope where scores fall with the distance, else null.</summary>
    public float? Slope => _config.AlibiSlopes?[_head];

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
        int low = FirstSeen(position);
        ReadOnlySpan<float> query = Query(position);
        for (int i = 0; i < products.Length; i++)
            products[i] = Vectors.DotDouble(query, Key(low + i));
    }

    /// <summary>What goes into the softmax: q·k · scale, soft cap, ALiBi.</summary>
    public double Score(int position, int key, double product)
    {
        double score = product * _config.Scale;
        if (_config.SoftCap is { } cap)
            score = cap * Math.Tanh(score / cap);
        return Slope is { } slope ? score + Positions.Alibi.Bias(slope, position, key) : score;
    }

    /// <summary>The softmax of a query's scores; <paramref name="products"/> and <paramref name="weights"/> may be the same.</summary>
    public void Weights(int position, ReadOnlySpan<double> products, Span<double> weights)
    {
        int low = FirstSeen(position);
        double largest = double.NegativeInfinity, total = 0;
        for (int i = 0; i < products.Length; i++)
        {
            weights[i] = Score(position, low + i, products[i]);
            largest = Math.Max(largest, weights[i]);
        }

        for (int i = 0; i < weights.Length; i++)
            total += weights[i] = Math.Exp(weights[i] - largest);
        for (int i = 0; i < weights.Length; i++)
            weights[i] /= total;
    }

    /// <summary>−Σ w ln w.</summary>
    public static double Entropy(ReadOnlySpan<double> weights)
    {
        double sum = 0;
        foreach (double weight in weights)
            sum -= weight > 0 ? weight * Math.Log(weight) : 0;
        return Math.Max(0, sum);
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
}
