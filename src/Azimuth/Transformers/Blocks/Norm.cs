using System.Numerics.Tensors;

namespace Azimuth.Transformers.Blocks;

/// <summary>LayerNorm or RMSNorm with its weights. Each row is treated alone, in an order that depends only on its length. Immutable.</summary>
internal sealed class Norm
{
    private readonly NormConfig _config;
    private readonly float[]? _gain, _bias;

    /// <param name="config">The formula.</param>
    /// <param name="gain">As stored; null for none.</param>
    /// <param name="bias">Null for none.</param>
    public Norm(NormConfig config, float[]? gain, float[]? bias)
    {
        _config = config;
        _gain = gain is not null && config.GainIsOffset ? [.. gain.Select(g => g + 1)] : gain;
        _bias = bias;
    }

    /// <summary>The bias, or null.</summary>
    public float[]? Bias => _bias;

    /// <summary>Norm of one row; may be in place.</summary>
    public void Apply(ReadOnlySpan<float> row, Span<float> result)
    {
        ApplyLinearly(row, 1 / Spread(row), result);
        if (_bias is not null)
            TensorPrimitives.Add(result, _bias, result);
    }

    /// <summary>Norm of each row of <paramref name="width"/> values; may be in place.</summary>
    public void ApplyRows(ReadOnlySpan<float> rows, Span<float> results, int width)
    {
        for (int at = 0; at < rows.Length; at += width)
            Apply(rows.Slice(at, width), results.Slice(at, width));
    }

    /// <summary>What the norm divides <paramref name="row"/> by: √(variance + ε) or √(mean square + ε).</summary>
    public float Spread(ReadOnlySpan<float> row)
    {
        if (_config.Kind == NormKind.RmsNorm)
            return MathF.Sqrt(TensorPrimitives.SumOfSquares(row) / row.Length + _config.Epsilon);
        float mean = TensorPrimitives.Sum(row) / row.Length;
        return MathF.Sqrt(SquaresAround(row, mean) / row.Length + _config.Epsilon);
    }

    /// <summary>The norm's linear part at a given scale: (row − mean) · scale · gain, or row · scale · gain. May be in place.</summary>
    public void ApplyLinearly(ReadOnlySpan<float> row, float scale, Span<float> result)
    {
        if (_config.Kind == NormKind.LayerNorm)
        {
            TensorPrimitives.Subtract(row, TensorPrimitives.Sum(row) / row.Length, result);
            row = result;
        }

        TensorPrimitives.Multiply(row, scale, result);
        if (_gain is not null)
            TensorPrimitives.Multiply(result, _gain, result);
    }

    /// <summary>Σ (x − mean)², a buffer of deviations on the stack at a time: two passes, so that a large mean costs no digits.</summary>
    private static float SquaresAround(ReadOnlySpan<float> row, float mean)
    {
        const int Tile = 256;
        Span<float> deviations = stackalloc float[Tile];
        float sum = 0;
        for (int at = 0; at < row.Length; at += Tile)
        {
            ReadOnlySpan<float> part = row.Slice(at, Math.Min(Tile, row.Length - at));
            TensorPrimitives.Subtract(part, mean, deviations[..part.Length]);
            sum += TensorPrimitives.SumOfSquares(deviations[..part.Length]);
        }

        return sum;
    }
}
