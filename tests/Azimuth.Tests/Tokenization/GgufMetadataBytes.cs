using System.Text;

namespace Azimuth.Tests.Tokenization;

/// <summary>Writes a GGUF 3 file that holds metadata and no tensors.</summary>
internal sealed class GgufMetadataBytes
{
    private readonly MemoryStream _values = new();
    private long _count;

    public GgufMetadataBytes Text(string key, string value) => Add(key, 8, writer => Text(writer, value));

    public GgufMetadataBytes Integer(string key, uint value) => Add(key, 4, writer => writer.Write(value));

    public GgufMetadataBytes Texts(string key, params string[] values) => Add(key, 9, writer => Array(writer, 8, values, Text));

    public GgufMetadataBytes Integers(string key, params int[] values) => Add(key, 9, writer => Array(writer, 5, values, (to, value) => to.Write(value)));

    public GgufMetadataBytes Singles(string key, params float[] values) => Add(key, 9, writer => Array(writer, 6, values, (to, value) => to.Write(value)));

    public GgufMetadataBytes Flag(string key, bool value) => Add(key, 7, writer => writer.Write(value));

    public GgufMetadataBytes Bytes(string key, params byte[] values) => Add(key, 9, writer => Array(writer, 0, values, (to, value) => to.Write(value)));

    public byte[] ToArray()
    {
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write(0L);
        writer.Write(_count);
        writer.Write(_values.ToArray());
        return file.ToArray();
    }

    private static void Text(BinaryWriter writer, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        writer.Write((long)bytes.Length);
        writer.Write(bytes);
    }

    private static void Array<T>(BinaryWriter writer, uint type, T[] values, Action<BinaryWriter, T> write)
    {
        writer.Write(type);
        writer.Write((long)values.Length);
        foreach (T value in values)
            write(writer, value);
    }

    private GgufMetadataBytes Add(string key, uint type, Action<BinaryWriter> write)
    {
        BinaryWriter writer = new(_values);
        Text(writer, key);
        writer.Write(type);
        write(writer);
        _count++;
        return this;
    }
}
