using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Gguf;

/// <summary>
/// Tensor types by their number in the file (ggml.h, enum ggml_type). The numbers left out were removed from the format: 4 and 5 (Q4_2, Q4_3), 31–33 and 36–38
/// (rearranged Q4_0 and IQ4_NL).
/// </summary>
internal static class GgmlTypes
{
    private const uint Last = 42;

    public static TensorType? Find(uint number) => number switch
    {
        0 => TensorType.F32,
        1 => TensorType.F16,
        2 => TensorType.Q4_0,
        3 => TensorType.Q4_1,
        6 => TensorType.Q5_0,
        7 => TensorType.Q5_1,
        8 => TensorType.Q8_0,
        9 => TensorType.Q8_1,
        10 => TensorType.Q2_K,
        11 => TensorType.Q3_K,
        12 => TensorType.Q4_K,
        13 => TensorType.Q5_K,
        14 => TensorType.Q6_K,
        15 => TensorType.Q8_K,
        16 => TensorType.IQ2_XXS,
        17 => TensorType.IQ2_XS,
        18 => TensorType.IQ3_XXS,
        19 => TensorType.IQ1_S,
        20 => TensorType.IQ4_NL,
        21 => TensorType.IQ3_S,
        22 => TensorType.IQ2_S,
        23 => TensorType.IQ4_XS,
        24 => TensorType.I8,
        25 => TensorType.I16,
        26 => TensorType.I32,
        27 => TensorType.I64,
        28 => TensorType.F64,
        29 => TensorType.IQ1_M,
        30 => TensorType.BF16,
        34 => TensorType.TQ1_0,
        35 => TensorType.TQ2_0,
        39 => TensorType.MXFP4,
        40 => TensorType.NVFP4,
        41 => TensorType.Q1_0,
        Last => TensorType.Q2_0,
        _ => null,
    };

    /// <summary>All of them.</summary>
    public static IEnumerable<TensorType> All => Enumerable.Range(0, (int)Last + 1).Select(number => Find((uint)number)).OfType<TensorType>();

    /// <summary>The number of a type, or null where GGUF has none for it.</summary>
    public static uint? NumberOf(TensorType type)
    {
        for (uint number = 0; number <= Last; number++)
        {
            if (Find(number) == type)
                return number;
        }

        return null;
    }

    /// <summary>True for numbers that older versions of the format used.</summary>
    public static bool WasRemoved(uint number) => number is 4 or 5 or (>= 31 and <= 33) or (>= 36 and <= 38);

    /// <summary>
    /// Where a big-endian file holds numbers of several bytes swapped in a block: those that the block's C structure declares as such (ggml-common.h), which are the whole of a
    /// plain type and the scales of most block types; all else is bytes.
    /// </summary>
    public static IReadOnlyList<SwappedNumbers> NumbersOfBlock(TensorType type) => type switch
    {
        TensorType.Q4_1 or TensorType.Q5_1 or TensorType.Q8_1 or TensorType.Q4_K or TensorType.Q5_K or TensorType.IQ4_XS => [new(0, 2, 2)],
        TensorType.Q2_K => [new(16 + 64, 2, 2)],
        TensorType.Q3_K or TensorType.Q6_K or TensorType.TQ1_0 or TensorType.TQ2_0 => [new(type.BlockBytes() - 2, 1, 2)],
        TensorType.Q8_K => [new(0, 1, 4), new(4 + 256, 16, 2)],
        TensorType.IQ2_XXS or TensorType.IQ2_XS => [new(0, 1 + 32, 2)],
        TensorType.IQ1_S => [new(0, 1, 2), new(2 + 32, 8, 2)],
        TensorType.IQ1_M or TensorType.MXFP4 or TensorType.NVFP4 => [],
        _ when type.BlockLength() == 1 => [new(0, 1, type.BlockBytes())],
        _ => [new(0, 1, 2)],
    };
}

/// <summary>Numbers of a block that lie one after the other: <paramref name="Count"/> of <paramref name="Width"/> bytes.</summary>
internal readonly record struct SwappedNumbers(int Offset, int Count, int Width);
