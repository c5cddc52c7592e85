using System.Globalization;
using Azimuth.Checkpoints;

namespace Azimuth.Transformers.Weights;

/// <summary>What a tensor is for.</summary>
internal enum WeightRole
{
    /// <summary>The input table [vocab, width].</summary>
    TokenTable,

    /// <summary>The output table [vocab, width], and its bias [vocab].</summary>
    OutputTable,

    /// <summary>The table of positions, of biases by distance, or of token types.</summary>
    Positions,

    /// <summary>A matrix of a block or a projection, and its bias.</summary>
    Matrix,

    /// <summary>Scores of experts.</summary>
    Router,

    /// <summary>Gain and bias of a norm.</summary>
    Norm,
}

/// <summary>One place of a model that tensors fill: NAME.weight, and NAME.bias where there is one.</summary>
/// <param name="Name">In the checkpoint, prefix included, without ending.</param>
/// <param name="Role">What it is for.</param>
internal sealed record WeightSlot(string Name, WeightRole Role);

/// <summary>
/// All places of a model in a fixed order. Whether a place has a bias is for the checkpoint to say.
/// </summary>
internal static class WeightSlots
{
    /// <summary>The places of a config under a family's names.</summary>
    /// <param name="config">Which places there are.</param>
    /// <param name="names">What they are called.</param>
    /// <param name="checkpoint">Where prefixes are tried; the first prefix is taken when null.</param>
    public static IReadOnlyList<WeightSlot> Of(TransformerConfig config, TensorNames names, Checkpoint? checkpoint)
    {
        string prefix = names.Prefixes.FirstOrDefault(p => checkpoint?.Find($"{p}{names.TokenEmbedding}.weight") is not null) ?? names.Prefixes[0];
        List<WeightSlot> slots = [new(prefix + names.TokenEmbedding, WeightRole.TokenTable)];
        void Add(string? name, WeightRole role, int layer = 0)
        {
            if (name is not null)
                slots.Add(new WeightSlot(prefix + Number(name, "{layer}", layer), role));
        }

        Add(names.PositionEmbedding, WeightRole.Positions);
        Add(names.RelativeBias, WeightRole.Positions);
        Add(names.TokenTypes, WeightRole.Positions);
        Add(names.EmbeddingNorm, WeightRole.Norm);
        Add(names.ProjectIn, WeightRole.Matrix);
        Add(names.ProjectOut, WeightRole.Matrix);
        foreach (int layer in config.Layers.Select((layer, number) => layer.WeightsOf ?? number).Distinct())
        {
            Add(names.AttentionNorm, WeightRole.Norm, layer);
            Add(names.AttentionOutputNorm, WeightRole.Norm, layer);
            foreach (string part in names.QueryKeyValue.Parts)
                Add(part, WeightRole.Matrix, layer);
            Add(names.QueryNorm, WeightRole.Norm, layer);
            Add(names.KeyNorm, WeightRole.Norm, layer);
            Add(names.AttentionOutput, WeightRole.Matrix, layer);
            Add(names.MlpNorm, WeightRole.Norm, layer);
            Add(names.MlpOutputNorm, WeightRole.Norm, layer);
            AddMlp(config.Layers[layer].Mlp, layer);
        }

        Add(names.FinalNorm, WeightRole.Norm);
        Add(names.Pooler, WeightRole.Matrix);
        slots.Add(new WeightSlot(names.Unembedding, WeightRole.OutputTable));
        foreach ((string? name, WeightRole role) in new[] { (names.UnembeddingBias, WeightRole.OutputTable), (names.HeadMatrix, WeightRole.Matrix), (names.HeadNorm, WeightRole.Norm) })
        {
            if (name is not null)
                slots.Add(new WeightSlot(name, role)); // no prefix, as the output table
        }

        return slots;

        void AddMlp(MlpConfig mlp, int layer)
        {
            if (mlp.Experts is null)
            {
                foreach (string up in names.MlpUp.Parts)
                    Add(up, WeightRole.Matrix, layer);
                Add(names.MlpDown, WeightRole.Matrix, layer);
                return;
            }

            Add(names.Router, WeightRole.Router, layer);
            for (int expert = 0; expert < mlp.Experts.Count; expert++)
            {
                foreach (string up in names.ExpertUp!.Parts)
                    Add(Number(up, "{expert}", expert), WeightRole.Matrix, layer);
                Add(Number(names.ExpertDown!, "{expert}", expert), WeightRole.Matrix, layer);
            }
        }
    }

    private static string Number(string name, string mark, int number) => name.Replace(mark, number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
