using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>A tensor type of ggml: <paramref name="BlockLength"/> values take <paramref name="BlockBytes"/> bytes.</summary>
/// <param name="Name">As ggml spells it.</param>
/// <param name="BlockLength">Values of one block; a row holds a whole number of blocks.</param>
/// <param name="BlockBytes">Bytes of one block.</param>
/// <param name="Type">How the values are read; null for types that are listed only.</param>
internal readonly record struct GgmlType(string Name, int BlockLength, int BlockBytes, TensorType? Type);

/// <summary>
/// All tensor types by their number in the file, with the sizes of their blocks (ggml's ggml-common.h). The numbers left out were removed
/// from the format: 4 and 5 (Q4_2, Q4_3), 31–33 and 36–38 (rearranged Q4_0 and IQ4_NL).
/// </summary>
internal static class GgmlTypes
{
    private const uint Last = 41;

    public static GgmlType? Find(uint number) => number switch
    {
        0 => new("F32", 1, 4, TensorType.F32),
        1 => new("F16", 1, 2, TensorType.F16),
        2 => new("Q4_0", 32, 2 + 16, TensorType.Q4_0),
        3 => new("Q4_1", 32, 2 + 2 + 16, TensorType.Q4_1),
        6 => new("Q5_0", 32, 2 + 4 + 16, null),
        7 => new("Q5_1", 32, 2 + 2 + 4 + 16, null),
        8 => new("Q8_0", 32, 2 + 32, TensorType.Q8_0),
        9 => new("Q8_1", 32, 2 + 2 + 32, null),
        10 => new("Q2_K", 256, 2 + 2 + 16 + 64, null),
        11 => new("Q3_K", 256, 2 + 64 + 32 + 12, null),
        12 => new("Q4_K", 256, 2 + 2 + 128 + 12, null),
        13 => new("Q5_K", 256, 2 + 2 + 128 + 32 + 12, null),
        14 => new("Q6_K", 256, 2 + 128 + 64 + 16, null),
        15 => new("Q8_K", 256, 4 + 256 + 32, null),
        16 => new("IQ2_XXS", 256, 2 + 64, null),
        17 => new("IQ2_XS", 256, 2 + 64 + 8, null),
        18 => new("IQ3_XXS", 256, 2 + 64 + 32, null),
        19 => new("IQ1_S", 256, 2 + 32 + 16, null),
        20 => new("IQ4_NL", 32, 2 + 16, null),
        21 => new("IQ3_S", 256, 2 + 64 + 32 + 8 + 4, null),
        22 => new("IQ2_S", 256, 2 + 64 + 16, null),
        23 => new("IQ4_XS", 256, 2 + 2 + 128 + 4, null),
        24 => new("I8", 1, 1, TensorType.I8),
        25 => new("I16", 1, 2, TensorType.I16),
        26 => new("I32", 1, 4, TensorType.I32),
        27 => new("I64", 1, 8, TensorType.I64),
        28 => new("F64", 1, 8, TensorType.F64),
        29 => new("IQ1_M", 256, 32 + 16 + 8, null),
        30 => new("BF16", 1, 2, TensorType.BF16),
        34 => new("TQ1_0", 256, 2 + 4 + 48, null),
        35 => new("TQ2_0", 256, 2 + 64, null),
        39 => new("MXFP4", 32, 1 + 16, null),
        40 => new("NVFP4", 64, 4 + 32, null),
        41 => new("Q1_0", 128, 2 + 16, null),
        _ => null,
    };

    /// <summary>The number of a type that is read here, or null where GGUF has none for it.</summary>
    public static uint? NumberOf(TensorType type)
    {
        for (uint number = 0; number <= Last; number++)
        {
            if (Find(number)?.Type == type)
                return number;
        }

        return null;
    }

    /// <summary>True for numbers that older versions of the format used.</summary>
    public static bool WasRemoved(uint number) => number is 4 or 5 or (>= 31 and <= 33) or (>= 36 and <= 38);

    /// <summary>Numbers at the start of a block that a big-endian file holds swapped: all of a plain type, the two-byte scales of a block type.</summary>
    public static (int Count, int Bytes) NumbersOfBlock(TensorType type) => type switch
    {
        TensorType.Q8_0 or TensorType.Q4_0 => (1, 2),
        TensorType.Q4_1 => (2, 2),
        _ => (1, type.BlockBytes()),
    };
}
