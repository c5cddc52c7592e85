using System.Buffers.Binary;

namespace Azimuth.Numerics;

/// <summary>Widens stored numbers to float, one row or part of a row at a time.</summary>
public static class RowDecoder
{
    /// <summary>
    /// Decodes <c>destination.Length</c> values from the start of <paramref name="source"/> (little-endian, whole blocks).
    /// F64 is rounded to the nearest float; NaN stays NaN.
    /// </summary>
    /// <exception cref="ArgumentException">The source is too short, the count is not a whole number of blocks, or the type has no float reading.</exception>
    public static void Decode(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        int block = type.BlockLength();
        if (destination.Length % block != 0)
            throw new ArgumentException($"{type} is read in blocks of {block}, found {destination.Length} values", nameof(destination));
        if (source.Length < (long)destination.Length / block * type.BlockBytes())
            throw new ArgumentException($"{destination.Length} values of {type} need more than {source.Length} bytes", nameof(source));
        switch (type)
        {
            case TensorType.F32:
                System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(source)[..destination.Length].CopyTo(destination);
                break;
            case TensorType.F64:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..]);
                break;
            case TensorType.F16:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(source[(2 * i)..]);
                break;
            case TensorType.BF16:
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]) << 16);
                break;
            case TensorType.Q8_0:
                for (int b = 0; b < destination.Length / 32; b++)
                {
                    var at = source.Slice(b * 34, 34);
                    float d = (float)BinaryPrimitives.ReadHalfLittleEndian(at);
                    for (int i = 0; i < 32; i++)
                        destination[b * 32 + i] = d * (sbyte)at[2 + i];
                }

                break;
            case TensorType.Q4_1:
                for (int b = 0; b < destination.Length / 32; b++)
                {
                    var at = source.Slice(b * 20, 20);
                    float d = (float)BinaryPrimitives.ReadHalfLittleEndian(at), m = (float)BinaryPrimitives.ReadHalfLittleEndian(at[2..]);
                    for (int i = 0; i < 16; i++)
                    {
                        destination[b * 32 + i] = d * (at[4 + i] & 15) + m;
                        destination[b * 32 + 16 + i] = d * (at[4 + i] >> 4) + m;
                    }
                }

                break;
            default:
                throw new ArgumentException($"{type} has no reading as float", nameof(type));
        }
    }
}
