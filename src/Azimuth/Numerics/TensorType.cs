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

    /// <summary>GGUF block of 32: f16 scale d, a fifth bit for each code, 16 bytes of nibbles; value d·(q − 16).</summary>
    Q5_0,

    /// <summary>GGUF block of 32: f16 scale d, f16 minimum m, a fifth bit for each code, 16 bytes of nibbles; value d·q + m.</summary>
    Q5_1,

    /// <summary>GGUF block of 32: f16 scale d, an f16 sum that is not needed here, 32 signed bytes q; value d·q.</summary>
    Q8_1,

    /// <summary>GGUF block of 128: f16 scale d, a bit each; value ±d.</summary>
    Q1_0,

    /// <summary>GGUF block of 64: f16 scale d, two bits each; value d·(q − 1).</summary>
    Q2_0,

    /// <summary>GGUF block of 256: 2-bit codes, a 4-bit scale and minimum for every 16, an f16 factor for each of the two.</summary>
    Q2_K,

    /// <summary>GGUF block of 256: 3-bit codes, a 6-bit scale for every 16, an f16 factor.</summary>
    Q3_K,

    /// <summary>GGUF block of 256: 4-bit codes, a 6-bit scale and minimum for every 32, an f16 factor for each of the two.</summary>
    Q4_K,

    /// <summary>GGUF block of 256: 5-bit codes, a 6-bit scale and minimum for every 32, an f16 factor for each of the two.</summary>
    Q5_K,

    /// <summary>GGUF block of 256: 6-bit codes, an 8-bit scale for every 16, an f16 factor.</summary>
    Q6_K,

    /// <summary>GGUF block of 256: f32 scale d, signed bytes q, sums that are not needed here; value d·q.</summary>
    Q8_K,

    /// <summary>GGUF block of 256: eights of values are one of 256 grid points and signs.</summary>
    IQ2_XXS,

    /// <summary>GGUF block of 256: eights of values are one of 512 grid points and signs.</summary>
    IQ2_XS,

    /// <summary>GGUF block of 256: eights of values are one of 1024 grid points and signs.</summary>
    IQ2_S,

    /// <summary>GGUF block of 256: fours of values are one of 256 grid points and signs.</summary>
    IQ3_XXS,

    /// <summary>GGUF block of 256: fours of values are one of 512 grid points and signs.</summary>
    IQ3_S,

    /// <summary>GGUF block of 256: eights of values are one of 2048 points of {−1, 0, 1}⁸, shifted by an eighth.</summary>
    IQ1_S,

    /// <summary>GGUF block of 256: as <see cref="IQ1_S"/>, with a shift for every eight and a scale for every 16.</summary>
    IQ1_M,

    /// <summary>GGUF block of 32: f16 scale d, nibbles that choose one of 16 unevenly spaced numbers.</summary>
    IQ4_NL,

    /// <summary>GGUF block of 256: as <see cref="IQ4_NL"/>, with a 6-bit scale for every 32.</summary>
    IQ4_XS,

    /// <summary>GGUF block of 256: −1, 0, 1, five to a byte, and an f16 scale.</summary>
    TQ1_0,

    /// <summary>GGUF block of 256: −1, 0, 1 (and 2), four to a byte, and an f16 scale.</summary>
    TQ2_0,

    /// <summary>GGUF block of 32: an exponent byte and 4-bit floats (Open Compute Project, Microscaling Formats 1.0).</summary>
    MXFP4,

    /// <summary>GGUF block of 64: an unsigned 8-bit float scale for every 16, and 4-bit floats.</summary>
    NVFP4,

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
    public static int BlockLength(this TensorType type) => type switch
    {
        TensorType.Q8_0 or TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1 or TensorType.Q8_1 or TensorType.IQ4_NL or TensorType.MXFP4 => 32,
        TensorType.Q2_0 or TensorType.NVFP4 => 64,
        TensorType.Q1_0 => 128,
        TensorType.Q2_K or TensorType.Q3_K or TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K or TensorType.Q8_K
            or TensorType.IQ2_XXS or TensorType.IQ2_XS or TensorType.IQ2_S or TensorType.IQ3_XXS or TensorType.IQ3_S
            or TensorType.IQ1_S or TensorType.IQ1_M or TensorType.IQ4_XS or TensorType.TQ1_0 or TensorType.TQ2_0 => 256,
        _ => 1,
    };

    /// <summary>Bytes of one block.</summary>
    public static int BlockBytes(this TensorType type) => type switch
    {
        TensorType.F32 or TensorType.I32 or TensorType.U32 => 4,
        TensorType.F16 or TensorType.BF16 or TensorType.I16 or TensorType.U16 => 2,
        TensorType.F64 or TensorType.I64 or TensorType.U64 => 8,
        TensorType.I8 or TensorType.U8 or TensorType.Bool => 1,
        TensorType.Q4_0 or TensorType.IQ4_NL or TensorType.Q2_0 or TensorType.Q1_0 => 2 + 16,
        TensorType.Q4_1 => 2 + 2 + 16,
        TensorType.Q5_0 => 2 + 4 + 16,
        TensorType.Q5_1 => 2 + 2 + 4 + 16,
        TensorType.Q8_0 => 2 + 32,
        TensorType.Q8_1 => 2 + 2 + 32,
        TensorType.MXFP4 => 1 + 16,
        TensorType.NVFP4 => 4 + 32,
        TensorType.Q2_K => 16 + 64 + 2 + 2,
        TensorType.Q3_K => 32 + 64 + 12 + 2,
        TensorType.Q4_K => 2 + 2 + 12 + 128,
        TensorType.Q5_K => 2 + 2 + 12 + 32 + 128,
        TensorType.Q6_K => 128 + 64 + 16 + 2,
        TensorType.Q8_K => 4 + 256 + 32,
        TensorType.IQ2_XXS => 2 + 64,
        TensorType.IQ2_XS => 2 + 64 + 8,
        TensorType.IQ2_S => 2 + 32 + 32 + 8 + 8,
        TensorType.IQ3_XXS => 2 + 64 + 32,
        TensorType.IQ3_S => 2 + 64 + 8 + 32 + 4,
        TensorType.IQ1_S => 2 + 32 + 16,
        TensorType.IQ1_M => 32 + 16 + 8,
        TensorType.IQ4_XS => 2 + 2 + 4 + 128,
        TensorType.TQ1_0 => 48 + 4 + 2,
        TensorType.TQ2_0 => 64 + 2,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown tensor type"),
    };

    /// <summary>True for types that a matrix of numbers can be read from as floats: the floating ones and all blocks.</summary>
    public static bool IsReadableAsFloat(this TensorType type) =>
        type is TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.F64 || type.BlockLength() > 1;
}
