using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers.Blocks;
using Azimuth.Transformers.Running;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers;

/// <summary>
/// Pieces of a model's computation applied to given vectors: what logit lens and direct contributions are made of. Every row is treated alone;
/// the results have the same bits as in a run. Safe for many threads.
/// </summary>
public sealed class ModelParts
{
    private readonly TransformerConfig _config;
    private readonly TransformerWeights _weights;
    private readonly Lazy<ForwardPass> _forward;
    private readonly Workers _workers;

    internal ModelParts(TransformerConfig config, TransformerWeights weights, Lazy<ForwardPass> forward, Workers workers) =>
        (_config, _weights, _forward, _workers) = (config, weights, forward, workers);

    /// <summary>The final norm's bias [model]; zeros where there is none.</summary>
    public float[] FinalNormBias => _weights.FinalNorm?.Bias?.AsSpan().ToArray() ?? new float[_config.ModelDim];

    /// <summary>The final norm of rows [n, model], gain and bias included; a copy of them where the model has none.</summary>
    public Matrix ApplyFinalNorm(Matrix rows)
    {
        RequireWidth(rows, _config.ModelDim);
        var result = new Matrix(rows.Rows, rows.Columns);
        for (int row = 0; row < rows.Rows; row++)
            _forward.Value.Finish(rows.Row(row), result.Row(row));
        return result;
    }

    /// <summary>
    /// The linear part of the final norm at the scale it has for <paramref name="at"/> [model]: for any v, (v − mean(v)) · gain / σ(at) of a LayerNorm,
    /// v · gain / rms(at) of an RMSNorm, without the bias. Applied to parts that add up to <paramref name="at"/>, the results add up to the final norm
    /// of <paramref name="at"/> less <see cref="FinalNormBias"/>. A copy where the model has no final norm.
    /// </summary>
    /// <param name="rows">[n, model].</param>
    /// <param name="at">The residual stream whose scale is used.</param>
    public Matrix ApplyFinalNormLinearly(Matrix rows, ReadOnlySpan<float> at)
    {
        RequireWidth(rows, _config.ModelDim);
        var result = new Matrix(rows.Rows, rows.Columns);
        if (_weights.FinalNorm is not { } norm)
        {
            rows.Values.CopyTo(result.Values, 0);
            return result;
        }

        float scale = 1 / norm.Spread(at);
        for (int row = 0; row < rows.Rows; row++)
            norm.ApplyLinearly(rows.Row(row), scale, result.Row(row));
        return result;
    }

    /// <summary>Logits [n, vocab] of rows [n, model] that have been through the final norm: projection, output table, bias, scale, soft cap.</summary>
    /// <exception cref="NotSupportedException">A model without an output.</exception>
    public Matrix Logits(Matrix finalNormed)
    {
        _config.RequireLogits();
        RequireWidth(finalNormed, _config.ModelDim);
        var logits = new Matrix(finalNormed.Rows, _config.VocabSize);
        _forward.Value.Unembed(finalNormed.Values, finalNormed.Rows, logits.Values);
        return logits;
    }

    /// <summary>
    /// What the logits of rows that have been through the final norm say of a token each, and the largest of them: the same numbers as from <see cref="Logits(Matrix)"/>, without
    /// room for them, as the logits are made and forgotten some hundred at a time.
    /// </summary>
    /// <param name="finalNormed">[n, model].</param>
    /// <param name="tokens">Whose logit and rank is wanted in each row [n].</param>
    /// <param name="top">How many of a row's largest logits, 0 or more.</param>
    /// <param name="cancellation">Checked every few hundred logits of each row.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="NotSupportedException">A model without an output.</exception>
    /// <exception cref="ArgumentException">As many tokens as rows are needed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such token, or a negative count.</exception>
    public NextToken[] Predict(Matrix finalNormed, IReadOnlyList<int> tokens, int top = 0, CancellationToken cancellation = default)
    {
        _config.RequireLogits();
        RequireWidth(finalNormed, _config.ModelDim);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        if (tokens.Count != finalNormed.Rows)
            throw new ArgumentException($"{finalNormed.Rows} rows need as many tokens, found {tokens.Count}", nameof(tokens));
        foreach (int token in tokens)
            RequireToken(token);
        return _forward.Value.Predict(finalNormed.Values, [.. tokens], top, cancellation);
    }

    /// <summary>
    /// What the output table's rows are multiplied with [n, embedding width]: rows [n, model] that have been through the final norm, led through the output
    /// projection or the head where there is one; a copy of them elsewhere.
    /// </summary>
    public Matrix ApplyOutputProjection(Matrix finalNormed)
    {
        RequireWidth(finalNormed, _config.ModelDim);
        int width = (_weights.ProjectOut ?? _weights.HeadMatrix)?.Outputs ?? finalNormed.Columns;
        return new Matrix(finalNormed.Rows, width, _forward.Value.ProjectOut(finalNormed.Values, finalNormed.Rows).ToArray());
    }

    /// <summary>The unembedding's bias before the logit scale [vocab]; empty where there is none.</summary>
    public float[] UnembeddingBias => _weights.Unembedding.Bias?.AsSpan().ToArray() ?? [];

    /// <summary>
    /// The direction in the residual stream whose product with a final-normed row is token <paramref name="id"/>'s logit, before bias and soft cap:
    /// its output row, led back through the output projection where there is one, times the logit scale [model].
    /// </summary>
    public float[] OutputDirection(int id)
    {
        RequireToken(id);
        float[] direction = _weights.UnembeddingTable.Row(id); // [embedding width]
        if (_weights.ProjectOut is { } project)
            direction = project.TransposedProduct(direction); // [model]
        TensorPrimitives.Multiply(direction, _config.Output.LogitScale, direction);
        return direction;
    }

    /// <summary>What is added to token <paramref name="id"/>'s logit whatever the prompt: the unembedding's bias, times the logit scale.</summary>
    public float OutputBias(int id)
    {
        RequireToken(id);
        return (_weights.Unembedding.Bias?[id] ?? 0) * _config.Output.LogitScale;
    }

    /// <summary>The logit of a product of an output row with what the output reads: bias added, scaled, soft-capped.</summary>
    internal double LogitOf(double product, int id)
    {
        double logit = (product + (_weights.Unembedding.Bias?[id] ?? 0)) * _config.Output.LogitScale;
        return _config.Output.LogitSoftCap is float cap ? cap * Math.Tanh(logit / cap) : logit;
    }

    /// <summary>The pooler of rows [n, model] of the last hidden state; what it says of a text is that of the text's first position.</summary>
    /// <exception cref="NotSupportedException">The model has no pooler.</exception>
    public Matrix ApplyPooler(Matrix rows)
    {
        RequireWidth(rows, _config.ModelDim);
        if (!_config.HasPooler)
            throw new NotSupportedException($"expected a model with a pooler, found {_config.Architecture} without one.");
        var result = new Matrix(rows.Rows, rows.Columns);
        _forward.Value.Pool(rows.Values, rows.Rows, result.Values);
        return result;
    }

    /// <summary>
    /// The token's share of the first residual stream [model]: its row, scaled and projected; no position, no norm. Where the projection comes last, its row
    /// as it is added to position and type [embedding width].
    /// </summary>
    public float[] TokenVector(int id)
    {
        RequireToken(id);
        var result = new float[_config.Embedding.SumDim(_config.ModelDim)];
        _forward.Value.EmbedTokens([id], result, new float[_config.Embedding.Dim]);
        return result;
    }

    /// <summary>The norm that follows the embedding (BLOOM), of rows [n, model]; a copy of them where the model has none.</summary>
    public Matrix ApplyEmbeddingNorm(Matrix rows)
    {
        RequireWidth(rows, _config.Embedding.SumDim(_config.ModelDim));
        var result = new Matrix(rows.Rows, rows.Columns, [.. rows.Values]);
        _weights.EmbeddingNorm?.ApplyRows(result.Values, result.Values, rows.Columns);
        return result;
    }

    /// <summary>
    /// What the output rows are multiplied with when a token's own row goes straight to the output: scaled and projected in, through the embedding's norm
    /// (where there is one) and the final norm, projected out or through the head [embedding width]. No position, no block; no other weight is looked at.
    /// </summary>
    public float[] ReadOut(int id)
    {
        RequireToken(id);
        float[] row = _weights.TokenEmbedding.Row(id);
        TensorPrimitives.Multiply(row, _config.Embedding.Scale, row);
        bool isLast = _config.Embedding.Projection == EmbeddingProjection.Last;
        row = Projected(isLast ? null : _weights.ProjectIn, row);
        _weights.EmbeddingNorm?.Apply(row, row);
        row = Projected(isLast ? _weights.ProjectIn : null, row);
        _weights.FinalNorm?.Apply(row, row);
        row = Projected(_weights.HeadMatrix ?? _weights.ProjectOut, row);
        if (_config.Output.Head is { } head)
        {
            Mlp.Apply(head.Activation, row);
            _weights.HeadNorm!.Apply(row, row);
        }

        return row;
    }

    /// <summary>The position's share of the first residual stream [model]; null where the model adds no position vector.</summary>
    public float[]? PositionVector(int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, _config.LongestRun);
        return _weights.PositionEmbedding?.Row(position + _config.Embedding.Positions!.Offset);
    }

    /// <summary>The position rows as stored or computed [rows, model], those before position 0 included; null where the model adds no position vector.</summary>
    public StoredMatrix? PositionTable => _weights.PositionEmbedding;

    /// <summary>
    /// The attention output matrix of a layer, without its bias, times the residual multiplier: rows [n, heads · headDim] to [n, model]. With all other
    /// heads' values zero, it gives one head's contribution. A norm of what attention adds (sandwich and norm-after blocks) is not in it.
    /// </summary>
    public Matrix ApplyAttentionOutput(int layer, Matrix headOutputs)
    {
        LayerConfig config = Layer(layer);
        RequireWidth(headOutputs, config.Attention.QueryWidth);
        _ = _forward.Value; // the weights have been checked
        var result = new Matrix(headOutputs.Rows, _config.ModelDim);
        _weights.Layers[layer].AttentionOutput.ApplyWithoutBias(headOutputs.Values, headOutputs.Rows, result.Values, _workers);
        TensorPrimitives.Multiply(result.Values, config.ResidualScale, result.Values);
        return result;
    }

    /// <summary>Each head's contribution to the residual stream: [heads, model] of one row of <c>HeadOutput</c> [heads · headDim], without the bias.</summary>
    public Matrix HeadContributions(int layer, ReadOnlySpan<float> headOutput)
    {
        AttentionConfig attention = Layer(layer).Attention;
        var alone = new Matrix(attention.HeadCount, attention.QueryWidth); // row h: only head h's values
        for (int head = 0; head < attention.HeadCount; head++)
        {
            int at = head * attention.HeadDim;
            headOutput.Slice(at, attention.HeadDim).CopyTo(alone.Row(head)[at..]);
        }

        return ApplyAttentionOutput(layer, alone);
    }

    /// <summary>What the attention's output bias adds to the residual stream [model]; zeros where there is none.</summary>
    public float[] AttentionOutputBias(int layer)
    {
        float scale = Layer(layer).ResidualScale;
        return _weights.Layers[layer].AttentionOutput.Bias is { } bias ? [.. bias.Select(b => b * scale)] : new float[_config.ModelDim];
    }

    /// <summary>
    /// What a layer's MLP adds to the residual stream [n, model], its norms, biases and the residual multiplier included, where the stream that reaches it is
    /// <paramref name="rows"/> [n, model]: that between attention and MLP, in a parallel block the block's input. Experts are chosen as in a run.
    /// </summary>
    /// <remarks>A post-norm block norms the sum afterwards, which is not in it.</remarks>
    public Matrix ApplyMlp(int layer, Matrix rows)
    {
        _ = Layer(layer);
        RequireWidth(rows, _config.ModelDim);
        var result = new Matrix(rows.Rows, rows.Columns);
        _forward.Value.AddedByMlp(layer, rows.Values, rows.Rows, result.Values);
        return result;
    }

    private float[] Projected(Linear? projection, float[] row)
    {
        if (projection is null)
            return row;
        projection.Prepare(_workers);
        var result = new float[projection.Outputs];
        projection.Apply(row, 1, result, _workers);
        return result;
    }

    private LayerConfig Layer(int layer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, _config.LayerCount);
        return _config.Layers[layer];
    }

    private void RequireToken(int id)
    {
        if ((uint)id >= (uint)_config.VocabSize)
            throw new ArgumentOutOfRangeException(nameof(id), id, $"expected a token id from 0 to {_config.VocabSize - 1}");
    }

    private static void RequireWidth(Matrix rows, int width)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Columns != width)
            throw new ArgumentException($"expected rows of {width} values, found {rows.Columns}", nameof(rows));
    }
}
