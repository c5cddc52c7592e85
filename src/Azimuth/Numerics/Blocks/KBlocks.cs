using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>The K types: blocks of 256 in groups of 16 or 32, each with a scale, some with a minimum, that are themselves stored in few bits.</summary>
internal static unsafe class KBlocks
{
    private static Vector128<byte> Mask(int value) => Vector128.Create((byte)value);

    public static void Q2_K(byte* from, float* to)
    {
        float factor = (float)*(Half*)(from + 80), minimum = (float)*(Half*)(from + 82);
        for (int group = 0; group < 16; group++, to += 16)
        {
            // 128 values share 32 bytes: the first 32 values have the lowest two bits.
            byte* codes = from + 16 + group / 8 * 32 + group % 2 * 16;
            float scale = factor * (from[group] & 15), least = minimum * (from[group] >> 4);
            (Vector512.Create(scale) * Widening.Bytes(Vector128.Load(codes) >> group % 8 / 2 * 2 & Mask(3)) - Vector512.Create(least)).Store(to);
        }
    }

    public static void Q3_K(byte* from, float* to)
    {
        float factor = (float)*(Half*)(from + 108);
        byte* scales = from + 96;
        for (int group = 0; group < 16; group++, to += 16)
        {
            // Four low bits of scale g in byte g % 8, two high bits in byte 8 + g % 4.
            int scale = (scales[group % 8] >> group / 8 * 4 & 15) | (scales[8 + group % 4] >> group / 4 * 2 & 3) << 4;
            var low = Vector128.Load(from + 32 + group / 8 * 32 + group % 2 * 16) >> group % 8 / 2 * 2 & Mask(3);
            var third = Vector128.Load(from + group % 2 * 16) >> group / 2 & Mask(1);
            (Vector512.Create(factor * (scale - 32)) * (Widening.Bytes(low | third << 2) - Vector512.Create(4f))).Store(to);
        }
    }

    public static void Q4_K(byte* from, float* to)
    {
        float factor = (float)*(Half*)from, minimum = (float)*(Half*)(from + 2);
        for (int group = 0; group < 8; group++, to += 32)
        {
            var (scale, least) = SixBits(from + 4, group);
            byte* codes = from + 16 + group / 2 * 32;
            Affine(Nibbles(codes, group), factor * scale, minimum * least, to);
            Affine(Nibbles(codes + 16, group), factor * scale, minimum * least, to + 16);
        }
    }

    public static void Q5_K(byte* from, float* to)
    {
        float factor = (float)*(Half*)from, minimum = (float)*(Half*)(from + 2);
        for (int group = 0; group < 8; group++, to += 32)
        {
            var (scale, least) = SixBits(from + 4, group);
            byte* codes = from + 48 + group / 2 * 32, fifths = from + 16;
            Affine(Nibbles(codes, group) | (Vector128.Load(fifths) >> group & Mask(1)) << 4, factor * scale, minimum * least, to);
            Affine(Nibbles(codes + 16, group) | (Vector128.Load(fifths + 16) >> group & Mask(1)) << 4, factor * scale, minimum * least, to + 16);
        }
    }

    public static void Q6_K(byte* from, float* to)
    {
        float factor = (float)*(Half*)(from + 208);
        for (int group = 0; group < 16; group++, to += 16)
        {
            // 128 values: 64 bytes of nibbles, low ones first, and 32 bytes with two more bits.
            int half = group / 8, within = group % 8, quarter = within / 2;
            var low = Nibbles(from + 64 * half + within % 4 * 16, quarter / 2);
            var high = Vector128.Load(from + 128 + 32 * half + within % 2 * 16) >> 2 * quarter & Mask(3);
            float scale = factor * (sbyte)from[192 + group];
            (Vector512.Create(scale) * (Widening.Bytes(low | high << 4) - Vector512.Create(32f))).Store(to);
        }
    }

    public static void Q8_K(byte* from, float* to)
    {
        var scale = Vector512.Create(Unsafe.ReadUnaligned<float>(from));
        for (int i = 0; i < 256; i += 16)
            (scale * Widening.Bytes(from + 4 + i)).Store(to + i);
    }

    /// <summary>Scale and minimum of one of eight groups: six bits each in twelve bytes, those of groups 4 to 7 in what the others leave free.</summary>
    private static (int Scale, int Minimum) SixBits(byte* packed, int group) => group < 4
        ? (packed[group] & 63, packed[group + 4] & 63)
        : (packed[group + 4] & 15 | packed[group - 4] >> 6 << 4, packed[group + 4] >> 4 | packed[group] >> 6 << 4);

    private static Vector128<byte> Nibbles(byte* codes, int group) => group % 2 == 0 ? Vector128.Load(codes) & Mask(15) : Vector128.Load(codes) >> 4;

    private static void Affine(Vector128<byte> codes, float scale, float minimum, float* to) =>
        (Vector512.Create(scale) * Widening.Bytes(codes) - Vector512.Create(minimum)).Store(to);
}
