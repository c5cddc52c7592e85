using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>Blocks of 32 to 128 values with codes of a fixed width, and the types whose nibbles choose from 16 numbers.</summary>
internal static unsafe class SmallBlocks
{
    /// <summary>IQ4's numbers (ggml-common.h, kvalues_iq4nl).</summary>
    private static ReadOnlySpan<sbyte> Uneven => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>Twice the values of the 4-bit float E2M1 (Open Compute Project, Microscaling Formats 1.0, table 5); the scales are halved in turn.</summary>
    private static ReadOnlySpan<sbyte> FourBitFloats => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    public static void Q5_0(byte* from, float* to)
    {
        var scale = Vector512.Create((float)*(Half*)from);
        var (low, high) = FiveBits(from + 6, Unsafe.ReadUnaligned<uint>(from + 2));
        (scale * (Widening.Bytes(low) - Vector512.Create(16f))).Store(to);
        (scale * (Widening.Bytes(high) - Vector512.Create(16f))).Store(to + 16);
    }

    public static void Q5_1(byte* from, float* to)
    {
        Vector512<float> scale = Vector512.Create((float)*(Half*)from), minimum = Vector512.Create((float)*(Half*)(from + 2));
        var (low, high) = FiveBits(from + 8, Unsafe.ReadUnaligned<uint>(from + 4));
        (scale * Widening.Bytes(low) + minimum).Store(to);
        (scale * Widening.Bytes(high) + minimum).Store(to + 16);
    }

    public static void Q8_1(byte* from, float* to)
    {
        var scale = Vector512.Create((float)*(Half*)from);
        (scale * Widening.Bytes(from + 4)).Store(to);
        (scale * Widening.Bytes(from + 20)).Store(to + 16);
    }

    public static void Q1_0(byte* from, float* to)
    {
        float scale = (float)*(Half*)from;
        for (int i = 0; i < 128; i++)
            to[i] = (from[2 + i / 8] >> i % 8 & 1) != 0 ? scale : -scale;
    }

    public static void Q2_0(byte* from, float* to)
    {
        float scale = (float)*(Half*)from;
        for (int i = 0; i < 64; i++)
            to[i] = ((from[2 + i / 4] >> 2 * (i % 4) & 3) - 1) * scale;
    }

    public static void IQ4_NL(byte* from, float* to) => Nibbles(from + 2, 16, (float)*(Half*)from, Uneven, to);

    /// <summary>The scale's low four bits lie two to a byte, its high two bits in one 16-bit number.</summary>
    public static void IQ4_XS(byte* from, float* to)
    {
        float factor = (float)*(Half*)from;
        int high = Unsafe.ReadUnaligned<ushort>(from + 2);
        for (int part = 0; part < 8; part++)
        {
            int scale = from[4 + part / 2] >> 4 * (part % 2) & 15 | (high >> 2 * part & 3) << 4;
            Nibbles(from + 8 + 16 * part, 16, factor * (scale - 32), Uneven, to + 32 * part);
        }
    }

    public static void MXFP4(byte* from, float* to)
    {
        // Half of 2^(e − 127): the two lowest exponents are subnormal floats. 255, the standard's NaN, is not treated apart by ggml.
        uint exponent = *from;
        Nibbles(from + 1, 16, BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x0020_0000u << (int)exponent : exponent - 1 << 23), FourBitFloats, to);
    }

    public static void NVFP4(byte* from, float* to)
    {
        for (int part = 0; part < 4; part++)
            Nibbles(from + 4 + 8 * part, 8, HalfOfEightBitFloat(from[part]), FourBitFloats, to + 16 * part);
    }

    /// <summary>Low nibbles are the first half of the values, high nibbles the second.</summary>
    private static void Nibbles(byte* codes, int count, float scale, ReadOnlySpan<sbyte> numbers, float* to)
    {
        for (int i = 0; i < count; i++)
        {
            to[i] = scale * numbers[codes[i] & 15];
            to[i + count] = scale * numbers[codes[i] >> 4];
        }
    }

    /// <summary>Half of an unsigned float of four exponent bits (bias 7) and three fraction bits; 0x7F, NaN by the standard, is zero in ggml.</summary>
    private static float HalfOfEightBitFloat(byte bits)
    {
        int exponent = bits >> 3 & 15, fraction = bits & 7;
        if (bits is 0 or 0x7F)
            return 0;
        return (exponent == 0 ? MathF.ScaleB(fraction, -9) : MathF.ScaleB(8 + fraction, exponent - 10)) * 0.5f;
    }

    /// <summary>Codes of nibbles and a fifth bit each: bit i belongs to value i.</summary>
    private static (Vector128<byte> Low, Vector128<byte> High) FiveBits(byte* nibbles, uint fifths)
    {
        var codes = Vector128.Load(nibbles);
        return (codes & Vector128.Create((byte)15) | Fifths(fifths), codes >> 4 | Fifths(fifths >> 16));
    }

    /// <summary>16 where the bit of the lane's number is set.</summary>
    private static Vector128<byte> Fifths(uint bits)
    {
        var mask = Vector128.Create(1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, (byte)128);
        var spread = Vector128.Create(Vector64.Create((byte)bits), Vector64.Create((byte)(bits >> 8)));
        return Vector128.Equals(spread & mask, mask) & Vector128.Create((byte)16);
    }
}
