using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>Widens stored numbers to float, one row or part of a row at a time.</summary>
public static unsafe class RowDecoder
{
    private const int BlockLength = 32;

    /// <summary>
    /// Decodes <c>destination.Length</c> values from the start of <paramref name="source"/> (little-endian, whole blocks).
    /// F64 is rounded to the nearest float; all other types are exact. NaN stays NaN, infinities stay infinite.
    /// </summary>
    /// <exception cref="ArgumentException">The source is too short, the count is not a whole number of blocks, or the type has no float reading.</exception>
    public static void Decode(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        int block = type.BlockLength();
        if (destination.Length % block != 0)
            throw new ArgumentException($"{type} is read in blocks of {block}, found {destination.Length} values", nameof(destination));
        if (source.Length < (long)destination.Length / block * type.BlockBytes())
            throw new ArgumentException($"{destination.Length} values of {type} need more than {source.Length} bytes", nameof(source));
        fixed (byte* from = source)
        fixed (float* to = destination)
        {
            switch (type)
            {
                case TensorType.F32:
                    MemoryMarshal.Cast<byte, float>(source)[..destination.Length].CopyTo(destination);
                    break;
                case TensorType.F64:
                    Singles(from, to, destination.Length);
                    break;
                case TensorType.F16:
                    Halves(from, to, destination.Length);
                    break;
                case TensorType.BF16:
                    BFloats(from, to, destination.Length);
                    break;
                case TensorType.Q8_0:
                    Q8(from, to, destination.Length / BlockLength);
                    break;
                case TensorType.Q4_0:
                    Q4Signed(from, to, destination.Length / BlockLength);
                    break;
                case TensorType.Q4_1:
                    Q4(from, to, destination.Length / BlockLength);
                    break;
                default:
                    BlockDecoder.Decode(type, from, to, destination.Length / block);
                    break;
            }
        }
    }

    private static void Singles(byte* from, float* to, int count)
    {
        double* values = (double*)from;
        int i = 0;
        for (; i + 16 <= count; i += 16)
            Vector512.Narrow(Vector512.Load(values + i), Vector512.Load(values + i + 8)).Store(to + i);
        for (; i < count; i++)
            to[i] = (float)values[i];
    }

    private static void Halves(byte* from, float* to, int count)
    {
        int i = 0;
        for (; i + 16 <= count; i += 16)
            Widening.Half(from + 2 * i).Store(to + i);
        for (; i < count; i++)
            to[i] = (float)((Half*)from)[i];
    }

    private static void BFloats(byte* from, float* to, int count)
    {
        int i = 0;
        for (; i + 16 <= count; i += 16)
            Widening.BFloat(from + 2 * i).Store(to + i);
        for (; i < count; i++)
            to[i] = BitConverter.Int32BitsToSingle(((ushort*)from)[i] << 16);
    }

    private static void Q8(byte* from, float* to, int blocks)
    {
        for (int b = 0; b < blocks; b++, from += 34, to += BlockLength)
        {
            var scale = Vector512.Create((float)*(Half*)from);
            (scale * Widening.Bytes(from + 2)).Store(to);
            (scale * Widening.Bytes(from + 18)).Store(to + 16);
        }
    }

    private static void Q4Signed(byte* from, float* to, int blocks)
    {
        for (int b = 0; b < blocks; b++, from += 18, to += BlockLength)
        {
            Vector512<float> scale = Vector512.Create((float)*(Half*)from), middle = Vector512.Create(8f);
            var codes = Vector128.Load(from + 2);
            (scale * (Widening.Bytes(codes & Vector128.Create((byte)15)) - middle)).Store(to);
            (scale * (Widening.Bytes(codes >> 4) - middle)).Store(to + 16);
        }
    }

    private static void Q4(byte* from, float* to, int blocks)
    {
        for (int b = 0; b < blocks; b++, from += 20, to += BlockLength)
        {
            // Scale times code is exact, so that fusing the addition changes nothing.
            Vector512<float> scale = Vector512.Create((float)*(Half*)from), minimum = Vector512.Create((float)*(Half*)(from + 2));
            var codes = Vector128.Load(from + 4);
            Vector512.FusedMultiplyAdd(scale, Widening.Bytes(codes & Vector128.Create((byte)15)), minimum).Store(to);
            Vector512.FusedMultiplyAdd(scale, Widening.Bytes(codes >> 4), minimum).Store(to + 16);
        }
    }
}
