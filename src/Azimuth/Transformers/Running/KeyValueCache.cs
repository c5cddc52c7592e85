using Azimuth.Transformers.Running;

namespace Azimuth.Transformers;

/// <summary>
/// Keys and values of the tokens run so far, so that the next token costs one row: [layer][position, key-value heads · headDim], and the
/// buffers of the run. One run at a time; belongs to the model that made it. Nobody disposes it.
/// </summary>
public sealed class KeyValueCache
{
    private readonly TransformerConfig _config;
    private readonly float[][] _keys, _values; // [layer][position · key-value heads · headDim]
    private int[] _ids;

    internal KeyValueCache(TransformerConfig config, int capacity)
    {
        _config = config;
        Capacity = Math.Clamp(capacity, 1, config.ContextLength);
        _ids = new int[Capacity];
        _keys = Allocate();
        _values = Allocate();
    }

    /// <summary>Tokens run so far.</summary>
    public int Length { get; private set; }

    /// <summary>Tokens there is room for before the buffers grow; never more than the context.</summary>
    public int Capacity { get; private set; }

    /// <summary>The ids of the tokens run so far.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Length);

    /// <summary>Bytes of the keys and values there is room for.</summary>
    public long SizeBytes => _keys.Sum(layer => 2L * sizeof(float) * layer.Length);

    /// <summary>Forgets everything after the first <paramref name="length"/> tokens, to go on from there with others.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    internal Workspace Workspace { get; } = new();

    /// <summary>Keys of a layer: [position, key-value heads · headDim].</summary>
    internal float[] Keys(int layer) => _keys[layer];

    /// <summary>Values of a layer: [position, key-value heads · headDim].</summary>
    internal float[] Values(int layer) => _values[layer];

    /// <summary>Takes in the ids of tokens about to be run, and makes room for them.</summary>
    internal void Append(ReadOnlySpan<int> ids)
    {
        int length = checked(Length + ids.Length);
        if (length > _config.ContextLength)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"prompt: expected at most {_config.ContextLength} tokens (the model's context), found {length}. Shorten the text."), nameof(ids));
        }

        if (length > Capacity)
            Grow(length);
        ids.CopyTo(_ids.AsSpan(Length));
        Length = length;
    }

    private void Grow(int length)
    {
        Capacity = Math.Min(_config.ContextLength, Math.Max(length, checked(2 * Capacity)));
        Array.Resize(ref _ids, Capacity);
        for (int layer = 0; layer < _keys.Length; layer++)
        {
            Array.Resize(ref _keys[layer], Capacity * _config.Layers[layer].Attention.KeyWidth);
            Array.Resize(ref _values[layer], Capacity * _config.Layers[layer].Attention.KeyWidth);
        }
    }

    private float[][] Allocate() => [.. _config.Layers.Select(layer => new float[checked(Capacity * layer.Attention.KeyWidth)])];
}
