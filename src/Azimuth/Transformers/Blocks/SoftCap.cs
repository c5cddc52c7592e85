using System.Numerics.Tensors;

namespace Azimuth.Transformers.Blocks;

/// <summary>cap · tanh(x / cap): keeps values inside ± cap, and small ones as they are (Gemma 2).</summary>
internal static class SoftCap
{
    /// <summary>In place.</summary>
    public static void Apply(Span<float> values, float cap)
    {
        TensorPrimitives.Multiply(values, 1 / cap, values);
        TensorPrimitives.Tanh(values, values);
        TensorPrimitives.Multiply(values, cap, values);
    }
}
