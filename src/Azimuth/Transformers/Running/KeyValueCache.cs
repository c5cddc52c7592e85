using Azimuth.Transformers.Running;

namespace Azimuth.Transformers;

/// <summary>
/// Keys and values of the tokens run so far, so that the next token costs one row, and the buffers of the run. One run at a time; belongs to
/// the model that made it. Nobody disposes it. An encoder runs a text at once and has no use for a layer's keys after it: its layers take turns in one place.
/// </summary>
public sealed class KeyValueCache
{
    /// <summary>Positions whose keys lie side by side, and the multiple that a head's values are padded to: one 512-bit register of floats.</summary>
    internal const int Lanes = 16;

    private readonly TransformerConfig _config;
    private readonly float[][] _keys, _values;
    private int[] _ids;

    internal KeyValueCache(TransformerConfig config, int capacity)
    {
        _config = config;
        Capacity = Math.Clamp(capacity, 1, config.LongestRun);
        _ids = new int[Capacity];
        _keys = new float[config.IsCausal ? config.LayerCount : 1][];
        _values = new float[_keys.Length][];
        Resize();
    }

    /// <summary>Tokens run so far.</summary>
    public int Length { get; private set; }

    /// <summary>Tokens there is room for before the buffers grow; never more than the model can run.</summary>
    public int Capacity { get; private set; }

    /// <summary>The ids of the tokens run so far.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Length);

    /// <summary>Bytes of the keys and values there is room for.</summary>
    public long SizeBytes => sizeof(float) * (_keys.Sum(layer => (long)layer.Length) + _values.Sum(layer => (long)layer.Length));

    internal Workspace Workspace { get; } = new();

    /// <summary>Length of the run that the stored keys were turned for. Truncating leaves it: where angles depend on the length, the keys kept are still those of the longer run.</summary>
    internal int TurnedFor { get; set; }

    /// <summary>Forgets everything after the first <paramref name="length"/> tokens, to go on from there with others.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <summary>Width of a head's values as they lie in the cache.</summary>
    internal static int Padded(int headDim) => (headDim + Lanes - 1) / Lanes * Lanes;

    /// <summary>Keys of a layer: [block of 16 positions, key-value head, headDim, position in block], so that one register holds one value of 16 keys.</summary>
    internal float[] Keys(int layer) => _keys[Place(layer)];

    /// <summary>Values of a layer: [position, key-value head, headDim padded to 16], the padding zero.</summary>
    internal float[] Values(int layer) => _values[Place(layer)];

    internal static ArgumentException TooLong(TransformerConfig config, int length) => new(FormattableString.Invariant(
        $"prompt: expected at most {config.LongestRun} tokens (the context of this {config.Architecture} model), found {length}. Shorten the text."));

    internal bool BelongsTo(TransformerConfig config) => ReferenceEquals(_config, config);

    /// <summary>Takes in the ids of tokens about to be run, and makes room for them.</summary>
    /// <exception cref="ArgumentException">More than the model's context.</exception>
    internal void Append(ReadOnlySpan<int> ids)
    {
        int length = checked(Length + ids.Length);
        if (length > _config.LongestRun)
            throw TooLong(_config, length);
        if (length > Capacity)
            Grow(length);
        ids.CopyTo(_ids.AsSpan(Length));
        Length = length;
    }

    /// <summary>Stores the keys and values [key-value heads · headDim] of one position.</summary>
    internal void Store(int layer, int position, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        AttentionConfig attention = _config.Layers[layer].Attention;
        int dim = attention.HeadDim, padded = Padded(dim);
        Span<float> keyBlock = _keys[Place(layer)].AsSpan(position / Lanes * Lanes * attention.KeyWidth, Lanes * attention.KeyWidth);
        int lane = position % Lanes;
        for (int i = 0; i < keys.Length; i++)
            keyBlock[i * Lanes + lane] = keys[i];
        int valueWidth = attention.KeyValueHeadCount * padded;
        Span<float> valueRow = _values[Place(layer)].AsSpan(position * valueWidth, valueWidth);
        for (int head = 0; head < attention.KeyValueHeadCount; head++)
            values.Slice(head * dim, dim).CopyTo(valueRow[(head * padded)..]);
    }

    private void Grow(int length)
    {
        Capacity = (int)Math.Min(_config.LongestRun, Math.Max(length, 2L * Capacity));
        Array.Resize(ref _ids, Capacity);
        Resize();
    }

    private void Resize()
    {
        for (int place = 0; place < _keys.Length; place++)
        {
            // Layers that take turns need room for the widest of them.
            IEnumerable<LayerConfig> layers = _keys.Length == _config.LayerCount ? [_config.Layers[place]] : _config.Layers;
            Array.Resize(ref _keys[place], layers.Max(layer => KeyLength(layer.Attention)));
            Array.Resize(ref _values[place], layers.Max(layer => ValueLength(layer.Attention)));
        }
    }

    private int Place(int layer) => _keys.Length == 1 ? 0 : layer;

    /// <summary>The row of the position table that a token of the run gets.</summary>
    internal int PositionRow(int position)
    {
        if (_config.Embedding.Positions is not { } table)
            return 0;
        if (table.PaddingId is not { } padding)
            return table.Offset + position;
        return _ids[position] == padding ? table.Offset - 1 : table.Offset + position - _ids.AsSpan(0, position).Count(padding);
    }

    private int KeyLength(AttentionConfig attention) => checked(Padded(Capacity) * attention.KeyWidth);

    private int ValueLength(AttentionConfig attention) => checked(Capacity * attention.KeyValueHeadCount * Padded(attention.HeadDim));
}
