using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>Blocks of 256 values that are −1, 0 or 1 times a scale.</summary>
internal static unsafe class TernaryBlocks
{
    private static ReadOnlySpan<byte> PowersOf3 => [1, 3, 9, 27, 81];

    /// <summary>Five values to a byte, the last sixteen four to a byte: the first value is the leading digit of the byte read as a fraction in base three.</summary>
    public static void TQ1_0(byte* from, float* to)
    {
        float scale = (float)*(Half*)(from + 52);
        to = Digits(from, 32, 5, scale, to);
        to = Digits(from + 32, 16, 5, scale, to);
        Digits(from + 48, 4, 4, scale, to);
    }

    public static void TQ2_0(byte* from, float* to)
    {
        var scale = Vector512.Create((float)*(Half*)(from + 64));
        for (int part = 0; part < 16; part++, to += 16)
        {
            var codes = Vector128.Load(from + part / 8 * 32 + part % 2 * 16) >> part % 8 / 2 * 2 & Vector128.Create((byte)3);
            ((Widening.Bytes(codes) - Vector512.Create(1f)) * scale).Store(to);
        }
    }

    private static float* Digits(byte* from, int bytes, int digits, float scale, float* to)
    {
        for (int digit = 0; digit < digits; digit++)
        {
            for (int i = 0; i < bytes; i++)
            {
                // Multiplying drops the leading digits out of the byte; three times what is left has the next one in front.
                byte rest = (byte)(from[i] * PowersOf3[digit]);
                *to++ = ((rest * 3 >> 8) - 1) * scale;
            }
        }

        return to;
    }
}
