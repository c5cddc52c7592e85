namespace Azimuth.Transformers;

/// <summary>What a tensor of a model is a part of.</summary>
public enum ModelPart
{
    /// <summary>The input table; the output table too where they are one.</summary>
    TokenTable,

    /// <summary>A learned table of positions, or of biases by distance.</summary>
    Positions,

    /// <summary>The table of token types (BERT's segments).</summary>
    TokenTypes,

    /// <summary>Queries, keys, values and the attention's output, biases included.</summary>
    Attention,

    /// <summary>The MLPs with their biases; routers and experts where there are several.</summary>
    Mlp,

    /// <summary>Gains and biases of all norms.</summary>
    Norms,

    /// <summary>From a narrower table into the model (ALBERT), and back (OPT-350m).</summary>
    Projections,

    /// <summary>The pooler over the first position (BERT).</summary>
    Pooler,

    /// <summary>An output table of its own, the bias of the logits, and the head before them.</summary>
    Output,
}
