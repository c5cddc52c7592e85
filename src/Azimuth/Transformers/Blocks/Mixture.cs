using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers.Running;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Blocks;

/// <summary>
/// A mixture of experts (Shazeer et al. 2017; Fedus et al. 2022): each row goes through the experts its router ranks highest, and their results are added
/// in the experts' order, weighted by the router's softmax.
/// </summary>
internal static class Mixture
{
    /// <summary>Runs rows [rows, model] through their experts.</summary>
    public static void Run(MlpConfig config, LayerWeights weights, ReadOnlySpan<float> input, Workspace work, Span<float> output, Workers workers)
    {
        ExpertsConfig experts = config.Experts!;
        int rows = work.Rows, model = output.Length / rows;
        float[] share = Route(experts, weights.Router!, input, rows, workers); // [row, expert], zero where an expert does not run
        output.Clear();
        for (int expert = 0; expert < experts.Count; expert++)
        {
            int[] chosen = [.. Enumerable.Range(0, rows).Where(row => share[row * experts.Count + expert] != 0)];
            if (chosen.Length == 0)
                continue;
            var gathered = new float[chosen.Length * model]; // [chosen, model]
            for (int i = 0; i < chosen.Length; i++)
                input.Slice(chosen[i] * model, model).CopyTo(gathered.AsSpan(i * model));
            float[] result = RunExpert(config, weights.Mlps[expert], gathered, chosen.Length, workers);
            for (int i = 0; i < chosen.Length; i++)
            {
                Span<float> sum = output.Slice(chosen[i] * model, model);
                TensorPrimitives.MultiplyAdd(result.AsSpan(i * model, model), share[chosen[i] * experts.Count + expert], sum, sum);
            }
        }
    }

    private static float[] Route(ExpertsConfig experts, Linear router, ReadOnlySpan<float> input, int rows, Workers workers)
    {
        var share = new float[rows * experts.Count];
        router.Apply(input, rows, share, workers);
        for (int row = 0; row < rows; row++)
        {
            Span<float> scores = share.AsSpan(row * experts.Count, experts.Count);
            Softmax.Apply(scores, scores);
            Scored[] best = TopK.Largest(scores, experts.Used);
            float total = experts.Renormalised ? best.Sum(b => b.Value) : 1;
            scores.Clear();
            foreach (Scored b in best)
                scores[b.Index] = b.Value / total;
        }

        return share;
    }

    private static float[] RunExpert(MlpConfig config, MlpWeights expert, float[] input, int rows, Workers workers)
    {
        var up = new float[rows * expert.Up.Outputs];
        expert.Up.Apply(input, rows, up, workers);
        float[] hidden = config.IsGated ? new float[rows * config.HiddenDim] : up;
        Mlp.Activate(config, up, hidden, rows);
        var output = new float[rows * expert.Down.Outputs];
        expert.Down.Apply(hidden, rows, output, workers);
        return output;
    }
}
