using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>Widens a block of inputs of one panel of a <see cref="PackedMatrix"/> to floats [input, 32].</summary>
internal static unsafe class PanelReader
{
    private const int Width = PackedMatrix.PanelWidth;
    private const int BlockLength = 32;

    /// <summary>
    /// Inputs <paramref name="from"/> … from + count − 1 of the panel; both in whole blocks of the type. <paramref name="to"/> is on a cache line. With <paramref name="halves"/> the first 16 outputs of all
    /// inputs come first, then the others: [2, input, 16].
    /// </summary>
    public static void Widen(TensorType type, byte* panel, int from, int count, float* to, bool halves = false)
    {
        int next = halves ? Width / 2 : Width; // from an input's values to the next one's
        float* high = to + (halves ? count * next : Width / 2);
        switch (type)
        {
            case TensorType.F32:
                for (float* at = (float*)panel + (long)from * Width, end = at + (long)count * Width; at < end; at += Width, to += next, high += next)
                {
                    Vector512.LoadAligned(at).StoreAligned(to);
                    Vector512.LoadAligned(at + Width / 2).StoreAligned(high);
                }

                break;
            case TensorType.F16:
                for (byte* at = panel + (long)from * 2 * Width, end = at + (long)count * 2 * Width; at < end; at += 2 * Width, to += next, high += next)
                {
                    Widening.Half(at).StoreAligned(to);
                    Widening.Half(at + Width).StoreAligned(high);
                }

                break;
            case TensorType.BF16:
                for (byte* at = panel + (long)from * 2 * Width, end = at + (long)count * 2 * Width; at < end; at += 2 * Width, to += next, high += next)
                {
                    Widening.BFloat(at).StoreAligned(to);
                    Widening.BFloat(at + Width).StoreAligned(high);
                }

                break;
            case TensorType.Q8_0:
                for (int b = from / BlockLength; b < (from + count) / BlockLength; b++, to += BlockLength * next, high += BlockLength * next)
                    WidenQ8(panel + b * 34L * Width, to, high, next);
                break;
            case TensorType.Q4_1:
                for (int b = from / BlockLength; b < (from + count) / BlockLength; b++, to += BlockLength * next, high += BlockLength * next)
                    WidenQ4(panel + b * 20L * Width, to, high, next);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "packed weights are F32, F16, BF16, Q8_0 or Q4_1");
        }
    }

    private static void WidenQ8(byte* block, float* to, float* high, int next)
    {
        Vector512<float> scaleLow = Widening.Half(block), scaleHigh = Widening.Half(block + Width);
        byte* codes = block + 2 * Width;
        for (int k = 0; k < BlockLength; k++, codes += Width, to += next, high += next)
        {
            (scaleLow * Widening.Bytes(codes)).StoreAligned(to);
            (scaleHigh * Widening.Bytes(codes + Width / 2)).StoreAligned(high);
        }
    }

    private static void WidenQ4(byte* block, float* to, float* high, int next)
    {
        Vector512<float> scaleLow = Widening.Half(block), scaleHigh = Widening.Half(block + Width);
        Vector512<float> minLow = Widening.Half(block + 2 * Width), minHigh = Widening.Half(block + 3 * Width);
        uint* words = (uint*)(block + 4 * Width);
        for (int word = 0; word < 4; word++, words += Width)
        {
            Vector512<uint> lowWords = Vector512.Load(words), highWords = Vector512.Load(words + Width / 2);
            for (int nibble = 0; nibble < 8; nibble++, to += next, high += next)
            {
                Vector512.FusedMultiplyAdd(scaleLow, Widening.LowNibbles(lowWords), minLow).StoreAligned(to);
                Vector512.FusedMultiplyAdd(scaleHigh, Widening.LowNibbles(highWords), minHigh).StoreAligned(high);
                lowWords >>= 4;
                highWords >>= 4;
            }
        }
    }
}
