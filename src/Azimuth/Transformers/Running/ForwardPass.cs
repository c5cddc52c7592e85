using System.Numerics.Tensors;
using Azimuth.Numerics;
using Azimuth.Transformers.Blocks;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Tracing;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Running;

/// <summary>
/// The forward pass, whole, of decoders and encoders: embedding, blocks, final norm, logits. Rows of several prompts share the matrix products; everything else treats each
/// row alone. Together with products whose sums do not depend on the number of rows, a row's numbers are the same bits however it is run. Holds no
/// state of a run; safe for many threads.
/// </summary>
internal sealed class ForwardPass
{
    private readonly TransformerConfig _config;
    private readonly TransformerWeights _weights;
    private readonly Workers _workers;
    private readonly RotaryTables _rotary = new();

    public ForwardPass(TransformerConfig config, TransformerWeights weights, Workers workers) => (_config, _weights, _workers) = (config, weights, workers);

    /// <summary>
    /// Runs the workspace's segments through all layers. Their ids have been taken in by their caches; keys and values are stored there, the last residual
    /// streams stay in the workspace [row, model].
    /// </summary>
    /// <param name="work">The rows to run.</param>
    /// <param name="trace">Keeps what it was asked for, or null; needs a single segment.</param>
    public void Forward(Workspace work, Trace? trace)
    {
        Embed(work);
        int model = _config.ModelDim;
        int position = work.Segments[0].Start;
        float[] stream = work.Residual(model);
        trace?.Record(TraceSites.Embedding, 0, position, work.All(stream, model), model);
        work.Attention.Begin(work.Segments);
        for (int layer = 0; layer < _config.LayerCount; layer++)
        {
            trace?.Record(TraceSites.ResidPre, layer, position, work.All(stream, model), model);
            if (_config.Layers[layer].Shape is BlockShape.Parallel or BlockShape.ParallelTwoNorms)
                RunParallel(work, layer, trace);
            else
                RunSequential(work, layer, trace);
            trace?.Record(TraceSites.ResidPost, layer, position, work.All(stream, model), model);
        }
    }

    /// <summary>Final norm of one row of the residual stream; a copy where there is none.</summary>
    public void Finish(ReadOnlySpan<float> residual, Span<float> result)
    {
        if (_weights.FinalNorm is { } norm)
            norm.Apply(residual, result);
        else
            residual.CopyTo(result);
    }

    /// <summary>Logits [rows, vocab] of finally normed rows [rows, model].</summary>
    public void Unembed(ReadOnlySpan<float> finished, int rows, Span<float> logits)
    {
        _weights.Unembedding.Apply(ProjectOut(finished, rows), rows, logits, _workers);
        FinishLogits(logits);
    }

    /// <summary>What they say of a token each, and the <paramref name="top"/> largest, without all logits in memory.</summary>
    public NextToken[] Predict(ReadOnlySpan<float> finished, int[] tokens, int top, CancellationToken cancellation) =>
        new VocabularyScan(_weights.Unembedding, FinishLogits, ProjectOut(finished, tokens.Length).ToArray(), tokens, top).Run(_workers, cancellation);

    /// <summary>What the output table is multiplied with [rows, embedding width]: finally normed rows [rows, model], led through the output projection or the head where there is one.</summary>
    public ReadOnlySpan<float> ProjectOut(ReadOnlySpan<float> finished, int rows)
    {
        if ((_weights.ProjectOut ?? _weights.HeadMatrix) is not { } matrix)
            return finished;
        var narrow = new float[rows * matrix.Outputs];
        matrix.Apply(finished, rows, narrow, _workers);
        if (_config.Output.Head is { } head)
        {
            Mlp.Apply(head.Activation, narrow);
            _weights.HeadNorm!.ApplyRows(narrow, narrow, matrix.Outputs);
        }

        return narrow;
    }

    /// <summary>Products with the output table to logits, each by itself.</summary>
    private void FinishLogits(Span<float> products)
    {
        if (_config.Output.LogitScale != 1)
            TensorPrimitives.Multiply(products, _config.Output.LogitScale, products);
        if (_config.Output.LogitSoftCap is { } cap)
            SoftCap.Apply(products, cap);
    }

    /// <summary>tanh(W·x + b) of rows [rows, model] of the last hidden state; what a model says of a whole text is that of its first position.</summary>
    public void Pool(ReadOnlySpan<float> finished, int rows, Span<float> result)
    {
        _weights.Pooler!.Apply(finished, rows, result, _workers);
        Activations.Tanh(result);
    }

    /// <summary>
    /// Token rows, scaled, and projected where that comes first: [row, width of the sum]. Positions and norm are not in it.
    /// </summary>
    public void EmbedTokens(ReadOnlySpan<int> ids, Span<float> result, Span<float> narrow)
    {
        int width = _config.Embedding.Dim;
        bool isProjected = _config.Embedding.Projection == EmbeddingProjection.First;
        Span<float> rows = isProjected ? narrow : result;
        for (int i = 0; i < ids.Length; i++)
        {
            Span<float> row = rows.Slice(i * width, width);
            _weights.TokenEmbedding.ReadRow(ids[i], row);
            if (_config.Embedding.Scale != 1)
                TensorPrimitives.Multiply(row, _config.Embedding.Scale, row);
        }

        if (isProjected)
            _weights.ProjectIn!.Apply(rows, ids.Length, result, _workers);
    }

    /// <summary>Reads the vector of a position.</summary>
    public void ReadPosition(int position, Span<float> result) =>
        _weights.PositionEmbedding!.ReadRow(position + _config.Embedding.Positions!.Offset, result);

    /// <summary>What a layer's MLP adds to rows [rows, model] of the residual stream that reaches it, by the same steps as in a run.</summary>
    public void AddedByMlp(int layer, ReadOnlySpan<float> stream, int rows, Span<float> added)
    {
        if (rows == 0)
            return;
        LayerConfig config = _config.Layers[layer];
        LayerWeights weights = _weights.Layers[layer];
        var work = new Workspace();
        work.Add(rows);
        ReadOnlySpan<float> input = stream;
        // A parallel block with one norm has it before both.
        Norm? norm = config.Shape == BlockShape.Parallel ? weights.AttentionNorm : weights.MlpNorm;
        if (norm is not null && config.Shape != BlockShape.PostNorm)
        {
            Span<float> normed = work.All(work.Normed(_config.ModelDim), _config.ModelDim);
            norm.ApplyRows(stream, normed, _config.ModelDim);
            input = normed;
        }

        RunMlp(work, layer, input, added, trace: null);
        weights.MlpOutputNorm?.ApplyRows(added, added, _config.ModelDim);
        Scale(added, config.ResidualScale);
    }

    private void Embed(Workspace work)
    {
        EmbeddingConfig config = _config.Embedding;
        int model = _config.ModelDim, width = config.SumDim(model);
        Span<float> residual = work.All(work.Residual(model), model), scratch = work.Normed(Math.Max(model, config.Dim));
        Span<float> sums = config.Projection == EmbeddingProjection.Last ? work.All(work.Added(width), width) : residual; // [row, width]
        foreach (Segment segment in work.Segments)
        {
            Span<float> rows = sums.Slice(segment.Row * width, segment.Count * width);
            EmbedTokens(segment.Cache.Ids.Slice(segment.Start, segment.Count), rows, scratch[..(segment.Count * config.Dim)]);
            for (int i = 0; i < segment.Count; i++)
            {
                Span<float> row = rows.Slice(i * width, width);
                AddRow(_weights.PositionEmbedding, segment.Cache.PositionRow(segment.Start + i), row, scratch);
                AddRow(_weights.TokenTypes, 0, row, scratch);
                _weights.EmbeddingNorm?.Apply(row, row);
            }
        }

        if (config.Projection == EmbeddingProjection.Last)
            _weights.ProjectIn!.Apply(sums, work.Rows, residual, _workers);
    }

    private static void AddRow(StoredMatrix? table, int index, Span<float> sum, Span<float> scratch)
    {
        if (table is null)
            return;
        Span<float> row = scratch[..sum.Length];
        table.ReadRow(index, row);
        TensorPrimitives.Add(sum, row, sum);
    }

    /// <summary>Attention, then MLP on what it left.</summary>
    private void RunSequential(Workspace work, int layer, Trace? trace)
    {
        LayerWeights weights = _weights.Layers[layer];
        int model = _config.ModelDim, position = work.Segments[0].Start;
        float[] residual = work.Residual(model), added = work.Added(model);
        Span<float> rows = work.All(added, model);
        Attend(work, layer, Input(work, layer, weights.AttentionNorm), rows, trace);
        Join(work, layer, added, weights.AttentionOutputNorm, weights.AttentionNorm);
        trace?.Record(TraceSites.AttentionOut, layer, position, rows, model);
        trace?.Record(TraceSites.ResidMid, layer, position, work.All(residual, model), model);
        RunMlp(work, layer, Input(work, layer, weights.MlpNorm), rows, trace);
        Join(work, layer, added, weights.MlpOutputNorm, weights.MlpNorm);
        trace?.Record(TraceSites.MlpOut, layer, position, rows, model);
    }

    /// <summary>What enters a sub-block: the norm of the residual stream, or in post-norm and norm-after blocks the stream itself.</summary>
    private ReadOnlySpan<float> Input(Workspace work, int layer, Norm? norm)
    {
        int model = _config.ModelDim;
        float[] residual = work.Residual(model), normed = work.Normed(model);
        if (norm is null || _config.Layers[layer].Shape == BlockShape.PostNorm)
            return work.All(residual, model);
        RowOperation.Run(new NormRows(norm, residual, normed, model), work.Rows, _workers);
        return work.All(normed, model);
    }

    /// <summary>Adds a sub-block's result, normed where the block says so, to the residual stream; in a post-norm block the sum is normed.</summary>
    private void Join(Workspace work, int layer, float[] added, Norm? outputNorm, Norm? inputNorm)
    {
        int model = _config.ModelDim;
        LayerConfig config = _config.Layers[layer];
        var join = new JoinRows(added, work.Residual(model), model, outputNorm, config.ResidualScale, config.Shape == BlockShape.PostNorm ? inputNorm : null);
        RowOperation.Run(join, work.Rows, _workers);
    }

    /// <summary>Attention and MLP side by side on the same residual stream.</summary>
    private void RunParallel(Workspace work, int layer, Trace? trace)
    {
        LayerConfig config = _config.Layers[layer];
        LayerWeights weights = _weights.Layers[layer];
        int model = _config.ModelDim, position = work.Segments[0].Start;
        float[] residual = work.Residual(model), normed = work.Normed(model), sum = work.Added(model);
        Span<float> attended = work.All(sum, model), transformed = work.All(work.AddedToo(model), model);

        RowOperation.Run(new NormRows(weights.AttentionNorm!, residual, normed, model), work.Rows, _workers);
        Attend(work, layer, work.All(normed, model), attended, trace);
        if (weights.MlpNorm is { } norm) // one norm for both where the block has only one
            RowOperation.Run(new NormRows(norm, residual, normed, model), work.Rows, _workers);
        RunMlp(work, layer, work.All(normed, model), transformed, trace);
        Scale(attended, config.ResidualScale);
        Scale(transformed, config.ResidualScale);
        trace?.Record(TraceSites.AttentionOut, layer, position, attended, model);
        trace?.Record(TraceSites.MlpOut, layer, position, transformed, model);
        TensorPrimitives.Add(attended, transformed, attended);
        RowOperation.Run(new JoinRows(sum, residual, model, outputNorm: null, scale: 1, sumNorm: null), work.Rows, _workers);
    }

    private void Attend(Workspace work, int layer, ReadOnlySpan<float> input, Span<float> output, Trace? trace)
    {
        AttentionConfig config = _config.Layers[layer].Attention;
        LayerWeights weights = _weights.Layers[layer];
        int queries = config.QueryWidth, keys = config.KeyWidth, width = queries + 2 * keys;
        float[] all = work.QueryKeyValue(width); // [row, queries | keys | values]
        weights.QueryKeyValue.Apply(input, work.Rows, all.AsSpan(0, work.Rows * width), _workers);
        foreach (Segment segment in work.Segments)
        {
            RotaryTable? rotary = config.Rotary is null ? null : _rotary.For(config.Rotary, segment.Cache.Length);
            RowOperation.Run(new StoreRows(config, weights, rotary, segment, layer, all), segment.Count, _workers);
        }

        trace?.RecordColumns(TraceSites.Query, layer, work.Segments[0].Start, work.All(all, width), width, 0, queries);
        trace?.RecordColumns(TraceSites.Key, layer, work.Segments[0].Start, work.All(all, width), width, queries, keys);
        trace?.RecordColumns(TraceSites.Value, layer, work.Segments[0].Start, work.All(all, width), width, queries + keys, keys);
        float[] heads = work.Heads(queries); // [row, heads · headDim]
        work.Attention.Run(layer, config, _weights.RelativeBias, all, heads, trace?.PatternOf(layer, config.HeadCount), trace?.PatternQuery, _workers);
        Span<float> mixed = work.All(heads, queries);
        trace?.Record(TraceSites.HeadOutput, layer, work.Segments[0].Start, mixed, queries);
        weights.AttentionOutput.Apply(mixed, work.Rows, output, _workers);
    }

    private void RunMlp(Workspace work, int layer, ReadOnlySpan<float> input, Span<float> output, Trace? trace)
    {
        MlpConfig config = _config.Layers[layer].Mlp;
        LayerWeights weights = _weights.Layers[layer];
        if (config.Experts is not null)
        {
            Mixture.Run(config, weights, input, work, output, _workers);
            return;
        }

        int hidden = config.HiddenDim, width = config.IsGated ? 2 * hidden : hidden;
        float[] up = work.MlpUp(width), inner = config.IsGated ? work.MlpHidden(hidden) : up; // [row, hidden] or [row, gate | up]; [row, hidden]
        weights.Mlps[0].Up.Apply(input, work.Rows, work.All(up, width), _workers);
        trace?.RecordColumns(TraceSites.MlpPre, layer, work.Segments[0].Start, work.All(up, width), width, 0, hidden);
        RowOperation.Run(new ActivateRows(config, up, inner), work.Rows, _workers);
        trace?.Record(TraceSites.MlpHidden, layer, work.Segments[0].Start, work.All(inner, hidden), hidden);
        weights.Mlps[0].Down.Apply(work.All(inner, hidden), work.Rows, output, _workers);
    }

    private static void Scale(Span<float> rows, float factor)
    {
        if (factor != 1)
            TensorPrimitives.Multiply(rows, factor, rows);
    }
}
