using System.Numerics;
using System.Runtime.CompilerServices;

namespace Azimuth.Numerics;

/// <summary>Blocks of 256 whose eights (or fours) of values are points of a grid, with signs or a shift; <see cref="GridPoints"/> has the grids.</summary>
internal static unsafe class GridBlocks
{
    private const float Shift = 0.125f; // of IQ1's points

    public static void IQ2_XXS(byte* from, float* to)
    {
        float factor = (float)*(Half*)from;
        for (int part = 0; part < 8; part++)
        {
            byte* points = from + 2 + 8 * part;
            uint signs = Unsafe.ReadUnaligned<uint>(points + 4);
            float scale = factor * (0.5f + (signs >> 28)) * 0.25f;
            for (int eight = 0; eight < 4; eight++, to += 8)
                Signed(GridPoints.IQ2Xxs, points[eight], 8, Parity(signs >> 7 * eight), scale, to);
        }
    }

    public static void IQ2_XS(byte* from, float* to)
    {
        float factor = (float)*(Half*)from;
        for (int eight = 0; eight < 32; eight++, to += 8)
        {
            uint point = Unsafe.ReadUnaligned<ushort>(from + 2 + 2 * eight);
            Signed(GridPoints.IQ2Xs, point & 511, 8, Parity(point >> 9), factor * (0.5f + FourBits(from + 66, eight / 2)) * 0.25f, to);
        }
    }

    public static void IQ2_S(byte* from, float* to)
    {
        float factor = (float)*(Half*)from;
        for (int eight = 0; eight < 32; eight++, to += 8)
        {
            uint point = from[2 + eight] | ((uint)from[66 + eight / 4] >> 2 * (eight % 4) & 3) << 8;
            Signed(GridPoints.IQ2S, point, 8, from[34 + eight], factor * (0.5f + FourBits(from + 74, eight / 2)) * 0.25f, to);
        }
    }

    public static void IQ3_XXS(byte* from, float* to)
    {
        float factor = (float)*(Half*)from;
        for (int part = 0; part < 8; part++)
        {
            byte* points = from + 2 + 8 * part;
            uint signs = Unsafe.ReadUnaligned<uint>(from + 66 + 4 * part);
            float scale = factor * (0.5f + (signs >> 28)) * 0.5f;
            for (int four = 0; four < 8; four++, to += 4)
                Signed(GridPoints.IQ3Xxs, points[four], 4, Parity(signs >> 7 * (four / 2)) >> 4 * (four % 2), scale, to);
        }
    }

    public static void IQ3_S(byte* from, float* to)
    {
        float factor = (float)*(Half*)from;
        for (int four = 0; four < 64; four++, to += 4)
        {
            uint point = from[2 + four] | ((uint)from[66 + four / 8] >> four % 8 & 1) << 8;
            uint signs = (uint)from[74 + four / 2] >> 4 * (four % 2);
            Signed(GridPoints.IQ3S, point, 4, signs, factor * (1 + 2 * FourBits(from + 106, four / 8)), to);
        }
    }

    public static void IQ1_S(byte* from, float* to)
    {
        float factor = (float)*(Half*)from;
        for (int eight = 0; eight < 32; eight++, to += 8)
        {
            int high = Unsafe.ReadUnaligned<ushort>(from + 34 + eight / 4 * 2);
            int point = from[2 + eight] | (high >> 3 * (eight % 4) & 7) << 8;
            Shifted(point, factor * (2 * (high >> 12 & 7) + 1), isDown: (high & 0x8000) != 0, to);
        }
    }

    /// <summary>The factor's 16 bits are spread over the high quarters of four 16-bit numbers, whose other bits are scales of three bits.</summary>
    public static void IQ1_M(byte* from, float* to)
    {
        ulong scales = Unsafe.ReadUnaligned<ulong>(from + 48);
        ulong bits = scales >> 12 & 0xF | scales >> 24 & 0xF0 | scales >> 36 & 0xF00 | scales >> 48 & 0xF000;
        float factor = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
        for (int eight = 0; eight < 32; eight++, to += 8)
        {
            int high = from[32 + eight / 2] >> 4 * (eight % 2);
            int scale = (int)(scales >> 16 * (eight / 8) + 3 * (eight / 2 % 4)) & 7;
            Shifted(from[eight] | (high & 7) << 8, factor * (2 * scale + 1), isDown: (high & 8) != 0, to);
        }
    }

    private static int FourBits(byte* packed, int number) => packed[number / 2] >> 4 * (number % 2) & 15;

    /// <summary>Seven signs are stored; the eighth makes their number even (ggml-common.h, ksigns_iq2xs).</summary>
    private static uint Parity(uint signs) => signs & 127 | (uint)(BitOperations.PopCount(signs & 127) & 1) << 7;

    private static void Signed(sbyte[] grid, uint point, int count, uint signs, float scale, float* to)
    {
        for (int i = 0; i < count; i++)
        {
            float value = scale * grid[count * (int)point + i];
            to[i] = (signs >> i & 1) != 0 ? -value : value;
        }
    }

    private static void Shifted(int point, float scale, bool isDown, float* to)
    {
        float shift = isDown ? -Shift : Shift;
        for (int i = 0; i < 8; i++)
            to[i] = scale * (GridPoints.IQ1[8 * point + i] + shift);
    }
}
