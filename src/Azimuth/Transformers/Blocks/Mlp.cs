using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Blocks;

/// <summary>What happens between an MLP's matrices.</summary>
internal static class Mlp
{
    /// <summary>
    /// Gated (Shazeer 2020): hidden = activation(gate) · up of rows [gate | up]; plain: activation(up), where <paramref name="up"/> and
    /// <paramref name="hidden"/> may be the same.
    /// </summary>
    public static void Activate(MlpConfig config, Span<float> up, Span<float> hidden, int rows)
    {
        int width = config.HiddenDim;
        for (int row = 0; row < rows; row++)
        {
            Span<float> result = hidden.Slice(row * width, width);
            if (config.IsGated)
            {
                Span<float> gate = up.Slice(2 * row * width, width);
                Apply(config.Activation, gate);
                TensorPrimitives.Multiply(gate, up.Slice((2 * row + 1) * width, width), result);
            }
            else
            {
                up.Slice(row * width, width).CopyTo(result);
                Apply(config.Activation, result);
            }
        }
    }

    /// <summary>The non-linearity, in place.</summary>
    public static void Apply(Activation activation, Span<float> values)
    {
        switch (activation)
        {
            case Activation.Gelu:
                Activations.Gelu(values);
                break;
            case Activation.GeluTanh:
                Activations.GeluTanh(values);
                break;
            case Activation.GeluQuick:
                Activations.GeluQuick(values);
                break;
            case Activation.Relu:
                Activations.Relu(values);
                break;
            case Activation.Silu:
                Activations.Silu(values);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown activation");
        }
    }
}
