using System.Buffers.Binary;
using System.Text;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>Metadata to be written: keys in order, each with its value as the file will hold it. Setting a key again keeps its place. Not synchronised.</summary>
public sealed class GgufKeys
{
    private readonly OrderedDictionary<string, byte[]> _values = new(StringComparer.Ordinal); // type and value, little-endian

    /// <summary>Keys in the order of the file.</summary>
    public IEnumerable<string> Names => _values.Keys;

    /// <summary>Number of keys.</summary>
    public int Count => _values.Count;

    /// <summary>All keys and values of a file, in its order; from a big-endian file too.</summary>
    public static GgufKeys From(GgufMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var keys = new GgufKeys();
        foreach (GgufValue value in metadata.Values)
            keys.Copy(value);
        return keys;
    }

    /// <summary>Whether there is such a key.</summary>
    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>Takes a key away, if it is there.</summary>
    public void Remove(string key) => _values.Remove(key);

    /// <summary>A key of another file with its value.</summary>
    public void Copy(GgufValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Set(value.Key, value.Type, stream => WriteValue(stream, value));
    }

    /// <summary>A text.</summary>
    public void Set(string key, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Set(key, GgufType.String, stream => WriteText(stream, Encoding.UTF8.GetBytes(value)));
    }

    /// <summary>A whole number from 0 on.</summary>
    public void Set(string key, uint value) => Set(key, GgufType.UInt32, stream => WriteNumber(stream, value, sizeof(uint)));

    /// <summary>A number in single precision.</summary>
    public void Set(string key, float value) => Set(key, GgufType.Float32, stream => WriteNumber(stream, BitConverter.SingleToUInt32Bits(value), sizeof(float)));

    /// <summary>Yes or no.</summary>
    public void Set(string key, bool value) => Set(key, GgufType.Bool, stream => stream.WriteByte(value ? (byte)1 : (byte)0));

    /// <summary>Texts.</summary>
    public void Set(string key, IReadOnlyList<string> values) => Set(key, [.. values.Select(Encoding.UTF8.GetBytes)]);

    /// <summary>Texts by their bytes, UTF-8 or not.</summary>
    public void Set(string key, IReadOnlyList<byte[]> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        SetArray(key, GgufType.String, values.Count, stream =>
        {
            foreach (byte[] value in values)
                WriteText(stream, value);
        });
    }

    /// <summary>Whole numbers of 32 bits.</summary>
    public void Set(string key, IReadOnlyList<int> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        SetArray(key, GgufType.Int32, values.Count, stream =>
        {
            foreach (int value in values)
                WriteNumber(stream, (uint)value, sizeof(int));
        });
    }

    /// <summary>Yes or no, several times.</summary>
    public void Set(string key, IReadOnlyList<bool> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        SetArray(key, GgufType.Bool, values.Count, stream =>
        {
            foreach (bool value in values)
                stream.WriteByte(value ? (byte)1 : (byte)0);
        });
    }

    /// <summary>Numbers in single precision.</summary>
    public void Set(string key, IReadOnlyList<float> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        SetArray(key, GgufType.Float32, values.Count, stream =>
        {
            foreach (float value in values)
                WriteNumber(stream, BitConverter.SingleToUInt32Bits(value), sizeof(float));
        });
    }

    /// <summary>The whole number of <c>general.alignment</c>, which the writer keeps to, or 32.</summary>
    internal int Alignment =>
        _values.TryGetValue("general.alignment", out byte[]? value) ? BinaryPrimitives.ReadInt32LittleEndian(value.AsSpan(sizeof(uint))) : 32;

    /// <summary>The number of a key that was set as a whole number from 0 on; null where there is no such key.</summary>
    internal uint? WholeNumber(string key) =>
        _values.TryGetValue(key, out byte[]? value) && BinaryPrimitives.ReadUInt32LittleEndian(value) == (uint)GgufType.UInt32 ? BinaryPrimitives.ReadUInt32LittleEndian(value.AsSpan(sizeof(uint))) : null;

    internal void WriteTo(Stream stream)
    {
        foreach (var (key, value) in _values)
        {
            WriteText(stream, Encoding.UTF8.GetBytes(key));
            stream.Write(value);
        }
    }

    internal static void WriteText(Stream stream, ReadOnlySpan<byte> text)
    {
        WriteNumber(stream, (ulong)text.Length, sizeof(ulong));
        stream.Write(text);
    }

    internal static void WriteNumber(Stream stream, ulong value, int width)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        stream.Write(bytes[..width]);
    }

    private void SetArray(string key, GgufType element, int count, Action<Stream> write) => Set(key, GgufType.Array, stream =>
    {
        WriteNumber(stream, (uint)element, sizeof(uint));
        WriteNumber(stream, (ulong)count, sizeof(ulong));
        write(stream);
    });

    private void Set(string key, GgufType type, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        using var stream = new MemoryStream();
        WriteNumber(stream, (uint)type, sizeof(uint));
        write(stream);
        _values[key] = stream.ToArray();
    }

    private static void WriteValue(Stream stream, GgufValue value)
    {
        switch (value.Type)
        {
            case GgufType.String:
                WriteText(stream, value.AsUtf8());
                break;
            case GgufType.Array:
                GgufArray array = value.AsArray();
                WriteNumber(stream, (uint)array.ElementType, sizeof(uint));
                WriteNumber(stream, (ulong)array.Count, sizeof(ulong));
                foreach (GgufValue element in array)
                    WriteValue(stream, element);
                break;
            default:
                WriteNumber(stream, value.Bits, GgufTypes.SizeOf(value.Type));
                break;
        }
    }
}
