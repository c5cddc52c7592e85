namespace Azimuth.Transformers;

/// <summary>What a tensor of a model is a part of.</summary>
public enum ModelPart
{
    /// <summary>The input table; the output table too where they are one.</summary>
    TokenTable,

    /// <summary>A learned table of positions.</summary>
    Positions,

    /// <summary>Queries, keys, values and the attention's output, biases included.</summary>
    Attention,

    /// <summary>The MLPs with their biases; routers and experts where there are several.</summary>
    Mlp,

    /// <summary>Gains and biases of all norms.</summary>
    Norms,

    /// <summary>From a narrower table into the model and back (OPT-350m).</summary>
    Projections,

    /// <summary>An output table of its own, and the bias of the logits.</summary>
    Output,
}
