using System.Globalization;
using System.Text;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>One metadata value, read from the mapped file when it is asked for. Immutable, safe for many threads.</summary>
public sealed class GgufValue
{
    private readonly GgufSource _source;
    private readonly long _at;

    internal GgufValue(GgufSource source, string key, GgufType type, long at)
    {
        (_source, Key, Type, _at) = (source, key, type, at);
        if (type == GgufType.Array)
            AsArrayOrNull = new GgufArray(source, key, at);
    }

    /// <summary>The key it belongs to; elements of an array carry the array's.</summary>
    public string Key { get; }

    /// <summary>How it is stored.</summary>
    public GgufType Type { get; }

    private GgufArray? AsArrayOrNull { get; }

    /// <summary>The stored bits of a number or boolean.</summary>
    internal ulong Bits => GgufTypes.SizeOf(Type) switch
    {
        1 => _source.Byte(_at),
        2 => _source.UInt16(_at),
        4 => _source.UInt32(_at),
        _ => _source.UInt64(_at),
    };

    /// <summary>A boolean.</summary>
    /// <exception cref="CheckpointFormatException">Stored as another type.</exception>
    public bool AsBool() => Type == GgufType.Bool ? _source.Byte(_at) != 0 : throw Expected("a boolean");

    /// <summary>A whole number of any stored width.</summary>
    /// <exception cref="CheckpointFormatException">Stored as another type, or too large.</exception>
    public long AsInt64() => Type switch
    {
        GgufType.UInt8 => _source.Byte(_at),
        GgufType.Int8 => (sbyte)_source.Byte(_at),
        GgufType.UInt16 => _source.UInt16(_at),
        GgufType.Int16 => (short)_source.UInt16(_at),
        GgufType.UInt32 => _source.UInt32(_at),
        GgufType.Int32 => (int)_source.UInt32(_at),
        GgufType.Int64 => (long)_source.UInt64(_at),
        GgufType.UInt64 when _source.UInt64(_at) <= long.MaxValue => (long)_source.UInt64(_at),
        _ => throw Expected("a whole number of at most 63 bits"),
    };

    /// <summary>A whole number of any stored width that fits 32 bits.</summary>
    /// <exception cref="CheckpointFormatException">Stored as another type, or outside −2³¹ … 2³¹ − 1.</exception>
    public int AsInt32() => AsInt64() is >= int.MinValue and <= int.MaxValue and var value ? (int)value : throw Expected("a whole number of at most 31 bits");

    /// <summary>A whole number from 0 to 2⁶⁴ − 1.</summary>
    /// <exception cref="CheckpointFormatException">Stored as another type, or negative.</exception>
    public ulong AsUInt64() => Type == GgufType.UInt64 ? _source.UInt64(_at) : AsInt64() is >= 0 and var value ? (ulong)value : throw Expected("a number from 0 on");

    /// <summary>A number of any stored type.</summary>
    /// <exception cref="CheckpointFormatException">Not a number.</exception>
    public double AsDouble() => Type switch
    {
        GgufType.Float32 => BitConverter.UInt32BitsToSingle(_source.UInt32(_at)),
        GgufType.Float64 => BitConverter.UInt64BitsToDouble(_source.UInt64(_at)),
        GgufType.UInt64 => _source.UInt64(_at),
        GgufType.Bool or GgufType.String or GgufType.Array => throw Expected("a number"),
        _ => AsInt64(),
    };

    /// <summary>A number of any stored type, rounded to single precision.</summary>
    /// <exception cref="CheckpointFormatException">Not a number.</exception>
    public float AsSingle() => (float)AsDouble();

    /// <summary>A text; bytes that are not UTF-8 become U+FFFD (see <see cref="AsUtf8"/>).</summary>
    /// <exception cref="CheckpointFormatException">Stored as another type.</exception>
    public string AsString() => Encoding.UTF8.GetString(AsUtf8());

    /// <summary>A text's bytes as stored, UTF-8 or not.</summary>
    /// <exception cref="CheckpointFormatException">Stored as another type.</exception>
    public byte[] AsUtf8()
    {
        if (Type != GgufType.String)
            throw Expected("a text");
        byte[] bytes = _source.Text(_at).ToArray();
        GC.KeepAlive(_source);
        return bytes;
    }

    /// <summary>An array.</summary>
    /// <exception cref="CheckpointFormatException">Stored as another type.</exception>
    public GgufArray AsArray() => AsArrayOrNull ?? throw Expected("an array");

    /// <summary>The value as text in the invariant culture; an array as "string[49152]".</summary>
    public override string ToString() => Type switch
    {
        GgufType.Bool => AsBool() ? "true" : "false",
        GgufType.String => AsString(),
        GgufType.Array => AsArray().ToString(),
        GgufType.Float32 => AsSingle().ToString(CultureInfo.InvariantCulture),
        GgufType.Float64 => AsDouble().ToString(CultureInfo.InvariantCulture),
        GgufType.UInt64 => AsUInt64().ToString(CultureInfo.InvariantCulture),
        _ => AsInt64().ToString(CultureInfo.InvariantCulture),
    };

    private CheckpointFormatException Expected(string what) =>
        new(_source.Path, $"expected {what} for the metadata key {Key}, found {GgufTypes.Name(Type)} {this}", offset: _at, kind: "MetadataType");
}
