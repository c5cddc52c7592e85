using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// Splits a logit into what each part of the model wrote into the residual stream at one position ("direct logit attribution"; Elhage et al. 2021,
/// "A Mathematical Framework for Transformer Circuits"): the last residual stream is the sum of the token's vector, the position's, every head's
/// and every MLP's output, and at its actual scale the final norm is linear.
/// </summary>
internal sealed class DirectContributions
{
    private readonly LanguageModel _model;
    private readonly Trace _trace;
    private readonly int _position;
    private readonly List<string> _names = [];
    private readonly List<float> _rows = []; // [part, model]

    internal DirectContributions(LanguageModel model, Trace trace, int position) => (_model, _trace, _position) = (model, trace, position);

    /// <summary>What a run has to keep for this.</summary>
    internal static TraceSites Sites => TraceSites.Embedding | TraceSites.ResidPost | TraceSites.HeadOutput | TraceSites.AttentionOut | TraceSites.MlpOut;

    /// <summary>False for blocks that norm the stream itself (OPT-350m): there later norms rescale earlier parts, and no split is linear.</summary>
    internal static bool Exists(TransformerConfig config) => config.Layers.All(layer => layer.Shape != BlockShape.PostNorm);

    /// <summary>
    /// A remark where heads cannot be told apart (a norm follows the attention's output), or where the parts add up to something else than the logit.
    /// </summary>
    internal static string? Remark(TransformerConfig config)
    {
        if (!Exists(config))
            return "contributions: none, because these blocks norm the residual stream itself and no split of the logit is linear";
        if (config.Layers.Any(HasNormAfterAttention))
            return "contributions: a norm follows the attention's output, so each layer's heads are one part, attention.L";
        return config.Output.LogitSoftCap is null ? null : "contributions add up to the logit before its soft cap";
    }

    /// <summary>Every part onto the target's output direction, and onto target minus rival.</summary>
    internal IReadOnlyDictionary<string, Contribution> Of(ReadOnlySpan<float> target, ReadOnlySpan<float> rival)
    {
        var contributions = new Dictionary<string, Contribution>();
        if (!Exists(_model.Config))
            return contributions;
        AddEmbedding();
        for (int layer = 0; layer < _model.Config.LayerCount; layer++)
        {
            AddAttention(layer);
            Add($"mlp.{layer}", _trace.MlpOut(layer).Row(_position));
        }

        float[] final = _trace.Residual(TraceSites.ResidPost, _model.Config.LayerCount - 1).Row(_position).ToArray();
        Matrix normed = _model.Parts.ApplyFinalNormLinearly(new Matrix(_names.Count, _model.Config.ModelDim, [.. _rows]), final);
        for (int i = 0; i < _names.Count; i++)
            contributions.Add(_names[i], Onto(normed.Row(i), target, rival));
        return contributions;
    }

    /// <summary>A vector's part of the target's logit and of the difference.</summary>
    internal static Contribution Onto(ReadOnlySpan<float> vector, ReadOnlySpan<float> target, ReadOnlySpan<float> rival)
    {
        double onTarget = Vectors.DotDouble(vector, target);
        return new Contribution(onTarget, onTarget - Vectors.DotDouble(vector, rival));
    }

    private static bool HasNormAfterAttention(LayerConfig layer) => layer.Shape is BlockShape.Sandwich or BlockShape.NormAfter;

    private void AddEmbedding()
    {
        // A norm after the embedding (BLOOM) mixes token and position: then they are one part.
        if (_model.Config.Embedding.Norm is not null)
        {
            Add("tokenEmbedding", _trace.Embedding.Row(_position));
            return;
        }

        Add("tokenEmbedding", _model.Parts.TokenVector(_trace.Ids[_position]));
        if (_model.Parts.PositionVector(_position) is { } position)
            Add("positionEmbedding", position);
    }

    private void AddAttention(int layer)
    {
        LayerConfig config = _model.Config.Layers[layer];
        if (HasNormAfterAttention(config))
        {
            Add($"attention.{layer}", _trace.AttentionOut(layer).Row(_position));
            return;
        }

        Matrix heads = _model.Parts.HeadContributions(layer, _trace.HeadOutput(layer).Row(_position)); // [head, model]
        for (int head = 0; head < heads.Rows; head++)
            Add($"head.{layer}.{head}", heads.Row(head));
        if (config.Attention.HasOutputBias)
            Add($"attentionBias.{layer}", _model.Parts.AttentionOutputBias(layer));
    }

    private void Add(string name, ReadOnlySpan<float> row)
    {
        _names.Add(name);
        _rows.AddRange(row);
    }
}
