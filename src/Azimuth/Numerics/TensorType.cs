namespace Azimuth.Numerics;

/// <summary>How numbers are stored. Plain types have one value a block; the GGUF block types pack several values with their scale.</summary>
public enum TensorType
{
    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>The upper half of a single: 8 exponent bits, 7 fraction bits.</summary>
    BF16,

    /// <summary>IEEE 754 double precision.</summary>
    F64,

    /// <summary>GGUF block of 32: one f16 scale d and 32 signed bytes q; value d·q.</summary>
    Q8_0,

    /// <summary>GGUF block of 32: f16 scale d, 16 bytes of nibbles q (low nibbles are values 0–15, high nibbles 16–31); value d·(q − 8).</summary>
    Q4_0,

    /// <summary>GGUF block of 32: f16 scale d, f16 minimum m, 16 bytes of nibbles (low nibbles are values 0–15, high nibbles 16–31); value d·q + m.</summary>
    Q4_1,

    /// <summary>Signed byte.</summary>
    I8,

    /// <summary>Unsigned byte.</summary>
    U8,

    /// <summary>Signed 16 bits.</summary>
    I16,

    /// <summary>Unsigned 16 bits.</summary>
    U16,

    /// <summary>Signed 32 bits.</summary>
    I32,

    /// <summary>Unsigned 32 bits.</summary>
    U32,

    /// <summary>Signed 64 bits.</summary>
    I64,

    /// <summary>Unsigned 64 bits.</summary>
    U64,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}

/// <summary>Sizes of <see cref="TensorType"/>.</summary>
public static class TensorTypes
{
    /// <summary>Values in one block: 1 for plain types.</summary>
    public static int BlockLength(this TensorType type) => type is TensorType.Q8_0 or TensorType.Q4_0 or TensorType.Q4_1 ? 32 : 1;

    /// <summary>Bytes of one block.</summary>
    public static int BlockBytes(this TensorType type) => type switch
    {
        TensorType.F32 or TensorType.I32 or TensorType.U32 => 4,
        TensorType.F16 or TensorType.BF16 or TensorType.I16 or TensorType.U16 => 2,
        TensorType.F64 or TensorType.I64 or TensorType.U64 => 8,
        TensorType.Q8_0 => 2 + 32,
        TensorType.Q4_0 => 2 + 16,
        TensorType.Q4_1 => 2 + 2 + 16,
        TensorType.I8 or TensorType.U8 or TensorType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown tensor type"),
    };

    /// <summary>True for types that a matrix of numbers can be read from as floats.</summary>
    public static bool IsReadableAsFloat(this TensorType type) =>
        type is TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.F64 or TensorType.Q8_0 or TensorType.Q4_0 or TensorType.Q4_1;
}
