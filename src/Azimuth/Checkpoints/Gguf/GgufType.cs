namespace Azimuth.Checkpoints.Gguf;

/// <summary>The kinds of metadata values, numbered as in the file.</summary>
public enum GgufType
{
    /// <summary>Unsigned byte.</summary>
    UInt8 = 0,

    /// <summary>Signed byte.</summary>
    Int8 = 1,

    /// <summary>Unsigned 16 bits.</summary>
    UInt16 = 2,

    /// <summary>Signed 16 bits.</summary>
    Int16 = 3,

    /// <summary>Unsigned 32 bits.</summary>
    UInt32 = 4,

    /// <summary>Signed 32 bits.</summary>
    Int32 = 5,

    /// <summary>IEEE 754 single precision.</summary>
    Float32 = 6,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 7,

    /// <summary>A 64-bit length and as many bytes, meant as UTF-8.</summary>
    String = 8,

    /// <summary>An element type, a 64-bit count and the elements.</summary>
    Array = 9,

    /// <summary>Unsigned 64 bits.</summary>
    UInt64 = 10,

    /// <summary>Signed 64 bits.</summary>
    Int64 = 11,

    /// <summary>IEEE 754 double precision.</summary>
    Float64 = 12,
}

/// <summary>Sizes and spellings of <see cref="GgufType"/>.</summary>
internal static class GgufTypes
{
    /// <summary>Bytes of a value; 0 for texts and arrays, whose size is in the file; −1 for a number that is no type.</summary>
    public static int SizeOf(GgufType type) => type switch
    {
        GgufType.UInt8 or GgufType.Int8 or GgufType.Bool => 1,
        GgufType.UInt16 or GgufType.Int16 => 2,
        GgufType.UInt32 or GgufType.Int32 or GgufType.Float32 => 4,
        GgufType.UInt64 or GgufType.Int64 or GgufType.Float64 => 8,
        GgufType.String or GgufType.Array => 0,
        _ => -1,
    };

    /// <summary>"uint32".</summary>
    public static string Name(GgufType type) => type.ToString().ToLowerInvariant();
}
