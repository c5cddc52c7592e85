using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>
/// An array in the metadata, read from the mapped file when it is asked for: a vocabulary of 50,000 texts costs nothing until its texts are wanted.
/// Immutable, safe for many threads.
/// </summary>
public sealed class GgufArray : IReadOnlyList<GgufValue>
{
    private const int HeaderBytes = sizeof(uint) + sizeof(ulong);

    private readonly GgufSource _source;
    private readonly string _key;
    private readonly long _first;
    private long[]? _places;

    internal GgufArray(GgufSource source, string key, long at)
    {
        (_source, _key, _first) = (source, key, at + HeaderBytes);
        ElementType = (GgufType)source.UInt32(at);
        ulong count = source.UInt64(at + sizeof(uint));
        // Every element takes a byte or more of the file, so that only an array beyond 2 GiB of bytes can have more.
        if (count > (ulong)Array.MaxLength)
            throw new CheckpointFormatException(source.Path, $"expected at most {Array.MaxLength} values for {key}, found {count}", offset: at, kind: "ArrayTooLong");
        Count = (int)count;
    }

    /// <summary>How the elements are stored.</summary>
    public GgufType ElementType { get; }

    /// <summary>How many elements there are.</summary>
    public int Count { get; }

    /// <summary>One element.</summary>
    public GgufValue this[int index] => new(_source, _key, ElementType, Place(index));

    /// <summary>The bytes of one text, UTF-8 or not, in the file's own memory: valid as long as this array is reachable.</summary>
    /// <exception cref="CheckpointFormatException">The elements are not texts.</exception>
    public ReadOnlySpan<byte> Utf8(int index) => ElementType == GgufType.String ? _source.Text(Place(index)) : throw Expected("texts");

    /// <summary>All texts; bytes that are not UTF-8 become U+FFFD (see <see cref="Utf8"/>).</summary>
    /// <exception cref="CheckpointFormatException">The elements are not texts.</exception>
    public string[] ToStrings()
    {
        if (ElementType != GgufType.String)
            throw Expected("texts");
        var texts = new string[Count];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = Encoding.UTF8.GetString(_source.Text(Place(i)));
        GC.KeepAlive(this);
        return texts;
    }

    /// <summary>All numbers, rounded to single precision.</summary>
    /// <exception cref="CheckpointFormatException">The elements are not numbers.</exception>
    public float[] ToSingles()
    {
        var values = new float[Count];
        if (ElementType == GgufType.Float32 && !_source.BigEndian && BitConverter.IsLittleEndian)
        {
            CopyPlain(MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        for (int i = 0; i < values.Length; i++)
            values[i] = this[i].AsSingle();
        return values;
    }

    /// <summary>All whole numbers.</summary>
    /// <exception cref="CheckpointFormatException">The elements are not whole numbers, or one exceeds 31 bits.</exception>
    public int[] ToInt32s()
    {
        var values = new int[Count];
        if (ElementType == GgufType.Int32 && !_source.BigEndian && BitConverter.IsLittleEndian)
        {
            CopyPlain(MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        for (int i = 0; i < values.Length; i++)
            values[i] = this[i].AsInt32();
        return values;
    }

    /// <inheritdoc/>
    public IEnumerator<GgufValue> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>"string[49152]".</summary>
    public override string ToString() => FormattableString.Invariant($"{GgufTypes.Name(ElementType)}[{Count}]");

    private long Place(int index)
    {
        if ((uint)index >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"the array of {_key} has {Count} values");
        int size = GgufTypes.SizeOf(ElementType);
        return size > 0 ? _first + (long)index * size : (_places ??= FindPlaces())[index];
    }

    /// <summary>Where each text or inner array starts. The header's reader has checked every one; two threads finding them at once find the same.</summary>
    private long[] FindPlaces()
    {
        var cursor = new GgufCursor(_source, _first);
        var places = new long[Count];
        if (ElementType == GgufType.String)
        {
            cursor.SkipTexts(Count, _key, places);
            return places;
        }

        for (int i = 0; i < places.Length; i++)
            places[i] = cursor.SkipValue(ElementType, _key);
        return places;
    }

    private void CopyPlain(Span<byte> destination)
    {
        const int Part = 1 << 20;
        long length = Count * (long)GgufTypes.SizeOf(ElementType);
        for (long i = 0; i < length; i += Part)
        {
            int count = (int)Math.Min(Part, length - i);
            _source.Bytes.Span(_first + i, count).CopyTo(destination.Slice((int)i, count));
        }

        GC.KeepAlive(this);
    }

    private CheckpointFormatException Expected(string what) =>
        new(_source.Path, $"expected an array of {what} for the metadata key {_key}, found {this}", offset: _first - HeaderBytes, kind: "MetadataType");
}
