namespace Azimuth.Transformers.Tracing;

/// <summary>Places in a run whose values a <see cref="Trace"/> keeps; combine them with |.</summary>
[Flags]
public enum TraceSites
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The first layer's input, positions, norm and projection included: [position, model].</summary>
    Embedding = 1 << 0,

    /// <summary>Residual stream at a layer's input: [position, model].</summary>
    ResidPre = 1 << 1,

    /// <summary>Residual stream between attention and MLP (after the first norm in a post-norm block; none in a parallel one): [position, model].</summary>
    ResidMid = 1 << 2,

    /// <summary>Residual stream at a layer's output, as it enters the next one: [position, model].</summary>
    ResidPost = 1 << 3,

    /// <summary>Attention after softmax: [head][query, key].</summary>
    AttentionPattern = 1 << 4,

    /// <summary>Queries as they meet the keys, after norm and rotation: [position, heads · headDim].</summary>
    Query = 1 << 5,

    /// <summary>Keys, after norm and rotation: [position, key-value heads · headDim].</summary>
    Key = 1 << 6,

    /// <summary>Values: [position, key-value heads · headDim].</summary>
    Value = 1 << 7,

    /// <summary>Attention-weighted values of each head, before the output matrix: [position, heads · headDim].</summary>
    HeadOutput = 1 << 8,

    /// <summary>What attention adds to the residual stream, bias included: [position, model].</summary>
    AttentionOut = 1 << 9,

    /// <summary>What enters the MLP's non-linearity (the gate's, where gated; none in a mixture of experts): [position, mlp].</summary>
    MlpPre = 1 << 10,

    /// <summary>What enters the MLP's last matrix, after non-linearity and gate (none in a mixture of experts): [position, mlp].</summary>
    MlpHidden = 1 << 11,

    /// <summary>What the MLP adds to the residual stream, bias included: [position, model].</summary>
    MlpOut = 1 << 12,

    /// <summary>After the final norm (the last residual stream, where there is none): [position, model].</summary>
    FinalNorm = 1 << 13,

    /// <summary>Logits, after scale and soft cap: [position, vocab].</summary>
    Logits = 1 << 14,

    /// <summary>The residual stream at every place.</summary>
    Residuals = Embedding | ResidPre | ResidMid | ResidPost,

    /// <summary>Everything.</summary>
    All = (1 << 15) - 1,
}
