using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Blocks;

namespace Azimuth.Training.LanguageModels;

/// <summary>What happens between an MLP's matrices in training, plain or gated. The rows before the non-linearity are kept by the forward pass and used up by the backward pass.</summary>
internal static class GatedMlp
{
    /// <summary>hidden = f(up), or f(gate) · up (Shazeer 2020).</summary>
    /// <param name="config">Which.</param>
    /// <param name="up">[row, hidden] or [row, gate | up]; stays as it is.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="hidden">[row, hidden], overwritten.</param>
    /// <param name="workers">Threads.</param>
    public static void Forward(MlpConfig config, float[] up, int rows, float[] hidden, Workers workers)
    {
        int width = config.HiddenDim, stride = config.IsGated ? 2 * width : width;
        workers.RunRanges(rows, 8, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                Span<float> result = hidden.AsSpan(row * width, width);
                up.AsSpan(row * stride, width).CopyTo(result);
                Mlp.Apply(config.Activation, result);
                if (config.IsGated)
                    TensorPrimitives.Multiply(result, up.AsSpan(row * stride + width, width), result);
            }
        });
    }

    /// <summary>The gradient of the rows before the non-linearity, and the rows behind it again.</summary>
    /// <param name="config">Which.</param>
    /// <param name="up">As kept. Plain: becomes f(up). Gated: used up.</param>
    /// <param name="hidden">The gradient of [row, hidden]. Plain: becomes the gradient of up. Gated: becomes f(gate) · up.</param>
    /// <param name="gated">Gated: the gradient of [row, gate | up], overwritten.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="workers">Threads.</param>
    public static void Backward(MlpConfig config, float[] up, float[] hidden, float[] gated, int rows, Workers workers)
    {
        int width = config.HiddenDim;
        workers.RunRanges(rows, 8, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                Span<float> gradient = hidden.AsSpan(row * width, width);
                if (!config.IsGated)
                {
                    Differentiate(config.Activation, up.AsSpan(row * width, width), gradient);
                    continue;
                }

                Span<float> gate = up.AsSpan(2 * row * width, width), factor = up.AsSpan((2 * row + 1) * width, width);
                Span<float> gateGradient = gated.AsSpan(2 * row * width, width), factorGradient = gated.AsSpan((2 * row + 1) * width, width);
                TensorPrimitives.Multiply(gradient, factor, gateGradient);
                Differentiate(config.Activation, gate, gateGradient); // gate is f(gate) from here on
                TensorPrimitives.Multiply(gradient, gate, factorGradient);
                TensorPrimitives.Multiply(gate, factor, gradient);
            }
        });
    }

    private static void Differentiate(Activation activation, Span<float> values, Span<float> gradients)
    {
        switch (activation)
        {
            case Activation.Gelu:
                ActivationGradients.Apply<ActivationGradients.Gelu>(values, gradients);
                break;
            case Activation.GeluTanh:
                ActivationGradients.Apply<ActivationGradients.GeluTanh>(values, gradients);
                break;
            case Activation.GeluQuick:
                ActivationGradients.Apply<ActivationGradients.GeluQuick>(values, gradients);
                break;
            case Activation.Relu:
                ActivationGradients.Apply<ActivationGradients.Relu>(values, gradients);
                break;
            case Activation.Silu:
                ActivationGradients.Apply<ActivationGradients.Silu>(values, gradients);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown activation");
        }
    }
}
