using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// Values kept from one run of one prompt, the same bits as in an untraced run. Rows are positions. The matrices are this trace's own; treat
/// them as read-only. Safe for many threads once the run is over.
/// </summary>
public sealed class Trace
{
    private readonly Dictionary<(TraceSites Site, int Layer), Matrix> _values = [];
    private readonly Dictionary<int, Matrix[]> _patterns = [];

    internal Trace(int[] ids, TraceSites sites, int layerCount, int? patternQuery = null) =>
        (Ids, Sites, LayerCount, PatternQuery) = (ids, sites, layerCount, patternQuery);

    /// <summary>The token ids of the run.</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>What was asked for.</summary>
    public TraceSites Sites { get; }

    /// <summary>Layers of the model.</summary>
    public int LayerCount { get; }

    /// <summary>The one query whose attention was kept, as the only row of each pattern; null when all queries' was.</summary>
    internal int? PatternQuery { get; }

    /// <summary>Number of positions.</summary>
    public int Positions => Ids.Count;

    /// <summary>The first layer's input [position, model].</summary>
    public Matrix Embedding => Get(TraceSites.Embedding, 0);

    /// <summary>After the final norm [position, model].</summary>
    public Matrix FinalNorm => Get(TraceSites.FinalNorm, 0);

    /// <summary>[position, vocab].</summary>
    public Matrix Logits => Get(TraceSites.Logits, 0);

    /// <summary>The residual stream [position, model] at <see cref="TraceSites.ResidPre"/>, ResidMid or ResidPost of a layer.</summary>
    /// <exception cref="ArgumentException">Another site, one that was not traced, or no such layer.</exception>
    public Matrix Residual(TraceSites site, int layer) =>
        site is TraceSites.ResidPre or TraceSites.ResidMid or TraceSites.ResidPost
            ? Get(site, layer)
            : throw new ArgumentException($"{site} is not one place of the residual stream: ask for ResidPre, ResidMid or ResidPost", nameof(site));

    /// <summary>True when the values are there: asked for, and the block has such a place (a parallel block has no ResidMid).</summary>
    public bool Has(TraceSites site, int layer = 0) =>
        site == TraceSites.AttentionPattern ? _patterns.ContainsKey(layer) : _values.ContainsKey((site, layer));

    /// <summary>Attention after softmax, one matrix [query, key] a head; zero where a query may not look.</summary>
    public IReadOnlyList<Matrix> AttentionPattern(int layer) =>
        _patterns.TryGetValue(layer, out Matrix[]? heads) ? heads : throw Missing(TraceSites.AttentionPattern, layer);

    /// <summary>Queries [position, heads · headDim], after norm and rotation.</summary>
    public Matrix Query(int layer) => Get(TraceSites.Query, layer);

    /// <summary>Keys [position, key-value heads · headDim], after norm and rotation.</summary>
    public Matrix Key(int layer) => Get(TraceSites.Key, layer);

    /// <summary>Values [position, key-value heads · headDim].</summary>
    public Matrix Value(int layer) => Get(TraceSites.Value, layer);

    /// <summary>Attention-weighted values, before the output matrix [position, heads · headDim].</summary>
    public Matrix HeadOutput(int layer) => Get(TraceSites.HeadOutput, layer);

    /// <summary>What attention adds to the residual stream [position, model].</summary>
    public Matrix AttentionOut(int layer) => Get(TraceSites.AttentionOut, layer);

    /// <summary>Before the MLP's non-linearity [position, mlp].</summary>
    public Matrix MlpPre(int layer) => Get(TraceSites.MlpPre, layer);

    /// <summary>Before the MLP's last matrix [position, mlp].</summary>
    public Matrix MlpHidden(int layer) => Get(TraceSites.MlpHidden, layer);

    /// <summary>What the MLP adds to the residual stream [position, model].</summary>
    public Matrix MlpOut(int layer) => Get(TraceSites.MlpOut, layer);

    /// <summary>Copies [rows, width] to positions from <paramref name="position"/> on, if the site was asked for.</summary>
    internal void Record(TraceSites site, int layer, int position, ReadOnlySpan<float> rows, int width) => RecordColumns(site, layer, position, rows, width, 0, width);

    /// <summary>The same of <paramref name="count"/> columns from <paramref name="from"/> on.</summary>
    internal void RecordColumns(TraceSites site, int layer, int position, ReadOnlySpan<float> rows, int width, int from, int count)
    {
        if ((Sites & site) == 0)
            return;
        if (!_values.TryGetValue((site, layer), out Matrix? kept))
            _values[(site, layer)] = kept = new Matrix(Positions, count);
        Span<float> to = kept.Values.AsSpan(position * count);
        if (count == width)
        {
            rows.CopyTo(to);
            return;
        }

        for (int row = 0; row * width < rows.Length; row++)
            rows.Slice(row * width + from, count).CopyTo(to[(row * count)..]);
    }

    /// <summary>The matrix [position, width] of a site that belongs to no layer, to be filled by the run.</summary>
    internal Matrix RoomFor(TraceSites site, int width) => _values[(site, 0)] = new Matrix(Positions, width);

    /// <summary>The matrices [query, key] that attention writes its pattern to, or null when it was not asked for.</summary>
    internal Matrix[]? PatternOf(int layer, int headCount)
    {
        if ((Sites & TraceSites.AttentionPattern) == 0)
            return null;
        if (!_patterns.TryGetValue(layer, out Matrix[]? heads))
        {
            heads = new Matrix[headCount];
            for (int h = 0; h < headCount; h++)
                heads[h] = new Matrix(PatternQuery is null ? Positions : 1, Positions);
            _patterns[layer] = heads;
        }

        return heads;
    }

    private Matrix Get(TraceSites site, int layer) => _values.TryGetValue((site, layer), out Matrix? kept) ? kept : throw Missing(site, layer);

    private ArgumentException Missing(TraceSites site, int layer) =>
        (uint)layer >= (uint)LayerCount ? new ArgumentException($"the model has layers 0 to {LayerCount - 1}, asked for {layer}", nameof(layer))
        : (Sites & site) == 0 ? new ArgumentException($"{site} was not traced: the run kept {Sites}", nameof(site))
        : new ArgumentException($"layer {layer} has no {site}", nameof(site));
}
