using Azimuth.Transformers;

namespace Azimuth.Training.LanguageModels;

/// <summary>What a layer keeps of its forward pass for its backward pass. Norms, softmax weights and what follows a non-linearity are made again instead of being kept.</summary>
internal sealed class LayerTape
{
    public LayerTape(TransformerConfig config, LayerConfig layer, int rows)
    {
        AttentionConfig attention = layer.Attention;
        int model = config.ModelDim, width = layer.Mlp.HiddenDim * (layer.Mlp.IsGated ? 2 : 1);
        bool isParallel = layer.Shape is BlockShape.Parallel or BlockShape.ParallelTwoNorms;
        float[] Rows(int columns) => new float[checked(rows * columns)];
        Input = Rows(model);
        QueryKeyValue = Rows(attention.QueryWidth + 2 * attention.KeyWidth);
        Unturned = TrainedQueryKey.IsIn(attention) ? Rows(attention.QueryWidth + 2 * attention.KeyWidth) : [];
        Heads = Rows(attention.QueryWidth);
        LogSums = Rows(attention.HeadCount);
        Mid = isParallel ? [] : Rows(model);
        Up = layer.Mlp.Experts is null ? Rows(width) : [];
        Mixture = layer.Mlp.Experts is { } experts ? new MixtureTape(experts.Count) : null;
        bool keepsOutput = layer.Shape is BlockShape.Sandwich or BlockShape.NormAfter or BlockShape.PostNorm;
        AttentionKept = keepsOutput ? Rows(model) : [];
        MlpKept = keepsOutput ? Rows(model) : [];
    }

    /// <summary>The residual stream that enters [row, model].</summary>
    public float[] Input { get; }

    /// <summary>[row, queries | keys | values], turned by their positions.</summary>
    public float[] QueryKeyValue { get; }

    /// <summary>The same before norms and turning; empty where there are no norms and no clip.</summary>
    public float[] Unturned { get; }

    /// <summary>[row, heads · headDim].</summary>
    public float[] Heads { get; }

    /// <summary>[row, head]: logs of the softmax sums.</summary>
    public float[] LogSums { get; }

    /// <summary>The residual stream between attention and MLP [row, model]; empty where they stand side by side.</summary>
    public float[] Mid { get; }

    /// <summary>[row, hidden] or [row, gate | up], before the non-linearity; empty where there are experts.</summary>
    public float[] Up { get; }

    /// <summary>What experts keep, or null.</summary>
    public MixtureTape? Mixture { get; }

    /// <summary>What enters the norm behind attention [row, model]: its output, or the sum in a post-norm block; empty where there is none.</summary>
    public float[] AttentionKept { get; }

    /// <summary>The same behind the MLP.</summary>
    public float[] MlpKept { get; }
}
