using Azimuth.Numerics;

namespace Azimuth.Transformers;

/// <summary>
/// Pieces of a model's computation applied to given vectors: what logit lens and direct contributions are made of. Every row is treated alone;
/// the results have the same bits as in a run. Safe for many threads.
/// </summary>
public sealed class ModelParts
{
    internal ModelParts() { }

    /// <summary>The final norm of rows [n, model], gain and bias included; a copy of them where the model has none.</summary>
    public Matrix ApplyFinalNorm(Matrix rows) => throw new NotSupportedException();

    /// <summary>
    /// The linear part of the final norm at the scale it has for <paramref name="at"/> [model]: for any v, (v − mean(v)) · gain / σ(at) of a LayerNorm,
    /// v · gain / rms(at) of an RMSNorm, without the bias. Applied to parts that add up to <paramref name="at"/>, the results add up to the final norm
    /// of <paramref name="at"/> less <see cref="FinalNormBias"/>. A copy where the model has no final norm.
    /// </summary>
    /// <param name="rows">[n, model].</param>
    /// <param name="at">The residual stream whose scale is used.</param>
    public Matrix ApplyFinalNormLinearly(Matrix rows, ReadOnlySpan<float> at) => throw new NotSupportedException();

    /// <summary>The final norm's bias [model]; zeros where there is none.</summary>
    public float[] FinalNormBias => throw new NotSupportedException();

    /// <summary>Logits [n, vocab] of rows [n, model] that have been through the final norm: projection, output table, bias, scale, soft cap.</summary>
    public Matrix Logits(Matrix finalNormed) => throw new NotSupportedException();

    /// <summary>
    /// The direction in the residual stream whose product with a final-normed row is token <paramref name="id"/>'s logit, before bias and soft cap:
    /// its output row, led back through the output projection where there is one, times the logit scale [model].
    /// </summary>
    public float[] OutputDirection(int id) => throw new NotSupportedException();

    /// <summary>What is added to token <paramref name="id"/>'s logit whatever the prompt: the unembedding's bias.</summary>
    public float OutputBias(int id) => throw new NotSupportedException();

    /// <summary>The token's share of the first residual stream [model]: its row, scaled and projected; no position, no norm.</summary>
    public float[] TokenVector(int id) => throw new NotSupportedException();

    /// <summary>The position's share of the first residual stream [model]; null where the model adds no position vector.</summary>
    public float[]? PositionVector(int position) => throw new NotSupportedException();

    /// <summary>
    /// The attention output matrix of a layer, without its bias, times the residual multiplier: rows [n, heads · headDim] to [n, model]. With all other
    /// heads' values zero, it gives one head's contribution.
    /// </summary>
    public Matrix ApplyAttentionOutput(int layer, Matrix headOutputs) => throw new NotSupportedException();

    /// <summary>Each head's contribution to the residual stream: [heads, model] of one row of <c>HeadOutput</c> [heads · headDim], without the bias.</summary>
    public Matrix HeadContributions(int layer, ReadOnlySpan<float> headOutput) => throw new NotSupportedException();

    /// <summary>What the attention's output bias adds to the residual stream [model]; zeros where there is none.</summary>
    public float[] AttentionOutputBias(int layer) => throw new NotSupportedException();
}
