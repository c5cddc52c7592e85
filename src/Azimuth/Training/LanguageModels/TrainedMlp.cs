using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Training.LanguageModels;

/// <summary>An MLP that is trained: down(f(up(x))), or down(f(gate(x)) · up(x)).</summary>
/// <param name="config">Its form.</param>
/// <param name="up">Model width to [hidden] or [gate | up].</param>
/// <param name="down">Back to the model's width.</param>
internal sealed class TrainedMlp(MlpConfig config, TrainedLinear up, TrainedLinear down)
{
    /// <summary>Its matrices.</summary>
    public IEnumerable<TrainedLinear> Matrices => [up, down];

    /// <summary>Width of what the forward pass keeps of a row.</summary>
    public int KeptWidth => up.Outputs;

    /// <summary>output [rows, model] = the MLP of input [rows, model].</summary>
    /// <param name="input">[row, model].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="kept">[row, <see cref="KeptWidth"/>], overwritten, for the backward pass.</param>
    /// <param name="scratch">Room.</param>
    /// <param name="output">[row, model], overwritten.</param>
    /// <param name="workers">Threads.</param>
    public void Forward(float[] input, int rows, float[] kept, MlpScratch scratch, float[] output, Workers workers)
    {
        up.Forward(input, rows, kept, workers);
        GatedMlp.Forward(config, kept, rows, scratch.Hidden, workers);
        down.Forward(scratch.Hidden, rows, output, workers);
    }

    /// <summary>Adds to the gradients of the weights and gives that of the input.</summary>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="dy">The gradient of its output [row, model]; multiplied by <paramref name="shares"/> where there are any.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="kept">The forward pass's; used up.</param>
    /// <param name="scratch">Room.</param>
    /// <param name="inputGradient">[row, model], overwritten.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="shares">Empty, or what each row of the output was multiplied by afterwards; becomes its gradient. Only without a bias of the second matrix.</param>
    public void Backward(float[] input, float[] dy, int rows, float[] kept, MlpScratch scratch, float[] inputGradient, Workers workers, Span<float> shares = default)
    {
        down.InputGradient(dy, rows, scratch.Hidden, workers);
        if (!shares.IsEmpty)
            ApplyShares(dy, rows, kept, scratch, shares, workers);
        GatedMlp.Backward(config, kept, scratch.Hidden, scratch.Gated, rows, workers);
        // Plain: the kept rows have become f(x) and the gradient that of x. Gated: the gradient has become f(gate) · up.
        (float[] activated, float[] upGradient) = config.IsGated ? (scratch.Hidden, scratch.Gated) : (kept, scratch.Hidden);
        down.WeightGradient(activated, dy, rows, workers);
        up.WeightGradient(input, upGradient, rows, workers);
        up.InputGradient(upGradient, rows, inputGradient, workers);
    }

    /// <summary>With y = share · W h: the share's gradient is dy · W h = (Wᵀ dy) · h, and all others are multiplied by the share.</summary>
    private void ApplyShares(float[] dy, int rows, float[] kept, MlpScratch scratch, Span<float> shares, Workers workers)
    {
        int width = config.HiddenDim, model = down.Outputs;
        GatedMlp.Forward(config, kept, rows, scratch.Again, workers);
        for (int row = 0; row < rows; row++)
        {
            Span<float> gradient = scratch.Hidden.AsSpan(row * width, width), above = dy.AsSpan(row * model, model);
            float share = shares[row];
            shares[row] = TensorPrimitives.Dot<float>(gradient, scratch.Again.AsSpan(row * width, width));
            TensorPrimitives.Multiply(gradient, share, gradient);
            TensorPrimitives.Multiply(above, share, above);
        }
    }
}

/// <summary>Room that MLPs of all layers share.</summary>
internal sealed class MlpScratch
{
    /// <param name="layers">Who uses it.</param>
    /// <param name="rows">Most rows.</param>
    public MlpScratch(IReadOnlyList<LayerConfig> layers, int rows)
    {
        Hidden = new float[checked(rows * layers.Max(layer => layer.Mlp.HiddenDim))];
        Gated = new float[checked(rows * layers.Max(layer => layer.Mlp.IsGated ? 2 * layer.Mlp.HiddenDim : 0))];
        Again = layers.Any(layer => layer.Mlp.Experts is not null) ? new float[Hidden.Length] : [];
    }

    /// <summary>[row, hidden].</summary>
    public float[] Hidden { get; }

    /// <summary>[row, gate | up], where an MLP is gated.</summary>
    public float[] Gated { get; }

    /// <summary>[row, hidden], where there are experts.</summary>
    public float[] Again { get; }
}
