using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Blocks;

/// <summary>cap · tanh(x / cap): keeps values inside ± cap, and small ones as they are (Gemma 2).</summary>
internal static class SoftCap
{
    /// <summary>In place; a value's result does not depend on where it stands.</summary>
    public static void Apply(Span<float> values, float cap)
    {
        TensorPrimitives.Divide(values, cap, values);
        Activations.Tanh(values);
        TensorPrimitives.Multiply(values, cap, values);
    }
}
