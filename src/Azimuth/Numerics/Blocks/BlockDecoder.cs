namespace Azimuth.Numerics;

/// <summary>Reads GGUF's block types, one block at a time. Formulas and orders of operations are ggml's (ggml-quants.c, dequantize_row_*), so that values are the same floats.</summary>
internal static unsafe class BlockDecoder
{
    /// <summary>Decodes whole blocks.</summary>
    /// <exception cref="ArgumentException">A type without blocks that are read here.</exception>
    public static void Decode(TensorType type, byte* from, float* to, int blocks)
    {
        delegate*<byte*, float*, void> one = Of(type);
        int bytes = type.BlockBytes(), length = type.BlockLength();
        for (int b = 0; b < blocks; b++, from += bytes, to += length)
            one(from, to);
    }

    private static delegate*<byte*, float*, void> Of(TensorType type) => type switch
    {
        TensorType.Q5_0 => &SmallBlocks.Q5_0,
        TensorType.Q5_1 => &SmallBlocks.Q5_1,
        TensorType.Q8_1 => &SmallBlocks.Q8_1,
        TensorType.Q1_0 => &SmallBlocks.Q1_0,
        TensorType.Q2_0 => &SmallBlocks.Q2_0,
        TensorType.IQ4_NL => &SmallBlocks.IQ4_NL,
        TensorType.MXFP4 => &SmallBlocks.MXFP4,
        TensorType.NVFP4 => &SmallBlocks.NVFP4,
        TensorType.Q2_K => &KBlocks.Q2_K,
        TensorType.Q3_K => &KBlocks.Q3_K,
        TensorType.Q4_K => &KBlocks.Q4_K,
        TensorType.Q5_K => &KBlocks.Q5_K,
        TensorType.Q6_K => &KBlocks.Q6_K,
        TensorType.Q8_K => &KBlocks.Q8_K,
        TensorType.IQ2_XXS => &GridBlocks.IQ2_XXS,
        TensorType.IQ2_XS => &GridBlocks.IQ2_XS,
        TensorType.IQ2_S => &GridBlocks.IQ2_S,
        TensorType.IQ3_XXS => &GridBlocks.IQ3_XXS,
        TensorType.IQ3_S => &GridBlocks.IQ3_S,
        TensorType.IQ1_S => &GridBlocks.IQ1_S,
        TensorType.IQ1_M => &GridBlocks.IQ1_M,
        TensorType.IQ4_XS => &SmallBlocks.IQ4_XS,
        TensorType.TQ1_0 => &TernaryBlocks.TQ1_0,
        TensorType.TQ2_0 => &TernaryBlocks.TQ2_0,
        _ => throw new ArgumentException($"{type} has no reading as float", nameof(type)),
    };
}
