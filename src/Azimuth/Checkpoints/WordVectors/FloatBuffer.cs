namespace Azimuth.Checkpoints.WordVectors;

/// <summary>The numbers of a row whose length is known only at its end; the memory is used again for the next.</summary>
internal sealed class FloatBuffer
{
    private float[] _values = new float[64];

    public int Count { get; private set; }

    public void Add(float value)
    {
        if (Count == _values.Length)
            Array.Resize(ref _values, Count * 2);
        _values[Count++] = value;
    }

    public void Clear() => Count = 0;

    public void CopyTo(Span<float> destination) => _values.AsSpan(0, Count).CopyTo(destination);
}
