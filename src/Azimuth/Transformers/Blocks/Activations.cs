using System.Numerics.Tensors;

namespace Azimuth.Transformers.Blocks;

/// <summary>The non-linearities, on one row at a time so that a value never depends on where its row stands in a batch.</summary>
internal static class Activations
{
    /// <summary>Applies <paramref name="activation"/> to a row in place.</summary>
    public static void Apply(Activation activation, Span<float> row)
    {
        switch (activation)
        {
            case Activation.Gelu:
                foreach (ref float x in row)
                    x = (float)(0.5 * x * ErrorFunction.Complement(-x * Sqrt1Over2)); // Φ(x) = ½ erfc(−x/√2), exact in the left tail too
                break;
            case Activation.GeluTanh:
                ApplyGeluTanh(row);
                break;
            case Activation.GeluQuick:
                ApplyTiles(row, static (x, factor) =>
                {
                    TensorPrimitives.Multiply(x, 1.702f, factor);
                    TensorPrimitives.Sigmoid(factor, factor);
                });
                break;
            case Activation.Relu:
                TensorPrimitives.Max(row, 0f, row);
                break;
            case Activation.Silu:
                ApplyTiles(row, static (x, factor) => TensorPrimitives.Sigmoid(x, factor));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown activation");
        }
    }

    private const double Sqrt1Over2 = 0.70710678118654752440;
    private const float Sqrt2OverPi = 0.79788456080286536f;
    private const int Tile = 256;

    private delegate void Factor(ReadOnlySpan<float> x, Span<float> factor);

    /// <summary>x · factor(x), a tile on the stack at a time.</summary>
    private static void ApplyTiles(Span<float> row, Factor factorOf)
    {
        Span<float> factor = stackalloc float[Tile];
        for (int at = 0; at < row.Length; at += Tile)
        {
            Span<float> x = row.Slice(at, Math.Min(Tile, row.Length - at));
            factorOf(x, factor[..x.Length]);
            TensorPrimitives.Multiply(x, factor[..x.Length], x);
        }
    }

    private static void ApplyGeluTanh(Span<float> row) => ApplyTiles(row, static (x, factor) =>
    {
        // ½ (1 + tanh(√(2/π) · x · (1 + 0.044715 x²)))
        TensorPrimitives.Multiply(x, x, factor);
        TensorPrimitives.Multiply(factor, 0.044715f * Sqrt2OverPi, factor);
        TensorPrimitives.Add(factor, Sqrt2OverPi, factor);
        TensorPrimitives.Multiply(factor, x, factor);
        TensorPrimitives.Tanh(factor, factor);
        TensorPrimitives.Add(factor, 1f, factor);
        TensorPrimitives.Multiply(factor, 0.5f, factor);
    });
}
