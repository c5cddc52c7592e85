using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Training.LanguageModels;

/// <summary>
/// A mixture of experts that is trained (Shazeer et al. 2017): each row goes through the experts its router ranks highest, whose results are added with the router's shares. Which
/// ones are chosen has no gradient, their shares have. No loss is added for an even load.
/// </summary>
/// <param name="config">How many experts, and how their shares are made.</param>
/// <param name="router">Model width to one score an expert.</param>
/// <param name="experts">The experts.</param>
internal sealed class TrainedMixture(ExpertsConfig config, TrainedLinear router, IReadOnlyList<TrainedMlp> experts)
{
    private float[] _input = [], _output = [], _slopes = [];

    /// <summary>Its matrices.</summary>
    public IEnumerable<TrainedLinear> Matrices => experts.SelectMany(expert => expert.Matrices).Prepend(router);

    /// <summary>output [rows, model] = Σ share · expert(input).</summary>
    /// <param name="input">[row, model].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="tape">Overwritten, for the backward pass.</param>
    /// <param name="scratch">Room.</param>
    /// <param name="output">[row, model], overwritten.</param>
    /// <param name="workers">Threads.</param>
    public void Forward(float[] input, int rows, MixtureTape tape, MlpScratch scratch, float[] output, Workers workers)
    {
        int model = router.Inputs;
        Route(input, rows, tape, workers);
        output.AsSpan(0, rows * model).Clear();
        for (int expert = 0; expert < experts.Count; expert++)
        {
            int[] chosen = tape.Rows[expert];
            if (chosen.Length == 0)
                continue;
            float[] gathered = Gather(input, chosen, model, ref _input), result = Room(ref _output, chosen.Length * model);
            float[] kept = Room(ref tape.Kept[expert], chosen.Length * experts[expert].KeptWidth);
            experts[expert].Forward(gathered, chosen.Length, kept, scratch, result, workers);
            for (int i = 0; i < chosen.Length; i++)
            {
                Span<float> sum = output.AsSpan(chosen[i] * model, model);
                TensorPrimitives.MultiplyAdd(result.AsSpan(i * model, model), tape.Shares[chosen[i] * config.Count + expert], sum, sum);
            }
        }
    }

    /// <summary>Adds to the gradients of the weights and gives that of the input.</summary>
    /// <param name="input">As in the forward pass.</param>
    /// <param name="dy">The gradient of its output [row, model].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="tape">The forward pass's; used up.</param>
    /// <param name="scratch">Room.</param>
    /// <param name="inputGradient">[row, model], overwritten.</param>
    /// <param name="workers">Threads.</param>
    public void Backward(float[] input, float[] dy, int rows, MixtureTape tape, MlpScratch scratch, float[] inputGradient, Workers workers)
    {
        int model = router.Inputs;
        float[] slopes = Room(ref _slopes, rows * config.Count), above = [], back = [];
        slopes.AsSpan(0, rows * config.Count).Clear();
        for (int row = 0; row < rows; row++)
            inputGradient.AsSpan(row * model, model).Clear();
        for (int expert = 0; expert < experts.Count; expert++)
        {
            int[] chosen = tape.Rows[expert];
            if (chosen.Length == 0)
                continue;
            float[] gathered = Gather(input, chosen, model, ref _input), gradient = Gather(dy, chosen, model, ref above), result = Room(ref back, chosen.Length * model);
            float[] shares = [.. chosen.Select(row => tape.Shares[row * config.Count + expert])];
            experts[expert].Backward(gathered, gradient, chosen.Length, tape.Kept[expert], scratch, result, workers, shares);
            for (int i = 0; i < chosen.Length; i++)
            {
                slopes[chosen[i] * config.Count + expert] = shares[i];
                Span<float> sum = inputGradient.AsSpan(chosen[i] * model, model);
                TensorPrimitives.Add(sum, result.AsSpan(i * model, model), sum);
            }
        }

        for (int row = 0; row < rows; row++)
            ScoreGradient(tape, row, slopes.AsSpan(row * config.Count, config.Count));
        router.WeightGradient(input, slopes, rows, workers);
        float[] routed = Room(ref _output, rows * model);
        router.InputGradient(slopes, rows, routed, workers);
        TensorPrimitives.Add(inputGradient.AsSpan(0, rows * model), routed.AsSpan(0, rows * model), inputGradient);
    }

    /// <summary>Which experts take which rows, with what shares.</summary>
    private void Route(float[] input, int rows, MixtureTape tape, Workers workers)
    {
        Room(ref tape.Shares, rows * config.Count);
        Room(ref tape.Probabilities, rows * config.Count);
        router.Forward(input, rows, tape.Probabilities, workers);
        var chosen = new List<int>[config.Count];
        for (int expert = 0; expert < chosen.Length; expert++)
            chosen[expert] = [];
        for (int row = 0; row < rows; row++)
        {
            Span<float> all = tape.Probabilities.AsSpan(row * config.Count, config.Count), shares = tape.Shares.AsSpan(row * config.Count, config.Count);
            Softmax.Apply(all, all);
            Scored[] best = TopK.Largest(all, config.Used);
            float total = config.Renormalised ? best.Sum(b => b.Value) : 1;
            shares.Clear();
            foreach (Scored b in best)
            {
                shares[b.Index] = b.Value / total;
                if (shares[b.Index] != 0)
                    chosen[b.Index].Add(row);
            }
        }

        for (int expert = 0; expert < chosen.Length; expert++)
            tape.Rows[expert] = [.. chosen[expert]];
    }

    /// <summary>
    /// Gradients of a row's shares become those of its scores. Renormalised shares are a softmax over the chosen scores alone: s (ds − Σ s ds). Others are parts of the softmax over all:
    /// p (ds − Σ p ds), where ds is zero for those not chosen.
    /// </summary>
    private void ScoreGradient(MixtureTape tape, int row, Span<float> slopes)
    {
        ReadOnlySpan<float> weights = (config.Renormalised ? tape.Shares : tape.Probabilities).AsSpan(row * config.Count, config.Count);
        float mean = TensorPrimitives.Dot(weights, slopes);
        for (int expert = 0; expert < slopes.Length; expert++)
            slopes[expert] = weights[expert] * (slopes[expert] - mean);
    }

    private static float[] Gather(float[] rows, int[] chosen, int width, ref float[] to)
    {
        Room(ref to, chosen.Length * width);
        for (int i = 0; i < chosen.Length; i++)
            rows.AsSpan(chosen[i] * width, width).CopyTo(to.AsSpan(i * width));
        return to;
    }

    private static float[] Room(ref float[] array, int count)
    {
        if (array.Length < count)
            array = new float[count];
        return array;
    }
}

/// <summary>What a mixture keeps of its forward pass.</summary>
/// <param name="experts">How many.</param>
internal sealed class MixtureTape(int experts)
{
    /// <summary>[row, expert]: what its result is multiplied by, zero where it does not run.</summary>
    public float[] Shares = [];

    /// <summary>[row, expert]: the router's softmax.</summary>
    public float[] Probabilities = [];

    /// <summary>Rows of each expert, in order.</summary>
    public int[][] Rows { get; } = new int[experts][];

    /// <summary>What each expert keeps of its rows.</summary>
    public float[][] Kept { get; } = [.. Enumerable.Repeat(Array.Empty<float>(), experts)];
}
