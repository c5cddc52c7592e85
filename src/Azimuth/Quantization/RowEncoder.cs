using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Azimuth.Numerics;

namespace Azimuth.Quantization;

/// <summary>
/// Stores floats in the types that <see cref="RowDecoder"/> reads, with the rounding of ggml's reference quantisation (quantize_row_q8_0_ref and its
/// siblings): the same bytes as other writers of GGUF. Values must be finite; those beyond the range of a 16-bit type or scale become infinite.
/// </summary>
public static class RowEncoder
{
    private const int BlockLength = 32;

    /// <summary>True for the types that are written.</summary>
    public static bool CanWrite(TensorType type) =>
        type is TensorType.F32 or TensorType.F64 or TensorType.F16 or TensorType.BF16 or TensorType.Q8_0 or TensorType.Q4_0 or TensorType.Q4_1;

    /// <summary>
    /// Encodes all of <paramref name="source"/> (whole blocks) to the start of <paramref name="destination"/>, little-endian: F32, F64, F16, BF16, Q8_0, Q4_0 or
    /// Q4_1.
    /// </summary>
    /// <exception cref="ArgumentException">No whole number of blocks, too little room, or a type that is not written.</exception>
    public static void Encode(TensorType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        int length = type.BlockLength(), bytes = type.BlockBytes();
        if (!CanWrite(type))
            throw new ArgumentException($"{type} is not written; F32, F64, F16, BF16, Q8_0, Q4_0 and Q4_1 are", nameof(type));
        if (source.Length % length != 0)
            throw new ArgumentException($"{type} is written in blocks of {length}, found {source.Length} values", nameof(source));
        if (destination.Length < (long)source.Length / length * bytes)
            throw new ArgumentException($"{source.Length} values of {type} need more than {destination.Length} bytes", nameof(destination));
        switch (type)
        {
            case TensorType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                return;
            case TensorType.F64:
                TensorPrimitives.ConvertTruncating(source, MemoryMarshal.Cast<byte, double>(destination)[..source.Length]);
                return;
            case TensorType.F16:
                TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
                return;
            case TensorType.BF16:
                BFloats(source, MemoryMarshal.Cast<byte, ushort>(destination));
                return;
        }

        for (int i = 0; i < source.Length; i += length, destination = destination[bytes..])
        {
            if (type == TensorType.Q8_0)
                Q8_0(source.Slice(i, length), destination);
            else if (type == TensorType.Q4_0)
                Q4_0(source.Slice(i, length), destination);
            else
                Q4_1(source.Slice(i, length), destination);
        }
    }

    private static void BFloats(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(source[i]);
            // A NaN whose upper half would round up to infinity keeps a fraction bit instead.
            destination[i] = float.IsNaN(source[i]) ? (ushort)(bits >> 16 | 0x40) : (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
        }
    }

    /// <summary>d = max|x| / 127; codes are rounded half away from zero by the unrounded d.</summary>
    private static void Q8_0(ReadOnlySpan<float> block, Span<byte> to)
    {
        float d = Math.Abs(TensorPrimitives.MaxMagnitude(block)) / 127, inverse = Inverse(d);
        BinaryPrimitives.WriteHalfLittleEndian(to, (Half)d);
        for (int i = 0; i < BlockLength; i++)
            to[2 + i] = (byte)(sbyte)Math.Clamp(MathF.Round(block[i] * inverse, MidpointRounding.AwayFromZero), -127, 127);
    }

    /// <summary>d = the value of largest magnitude / −8, so that it has code 0; in double, as the reference fuses multiplication and addition.</summary>
    private static void Q4_0(ReadOnlySpan<float> block, Span<byte> to)
    {
        float largest = block[0];
        foreach (float value in block)
            largest = Math.Abs(value) > Math.Abs(largest) ? value : largest;
        float d = largest / -8, inverse = Inverse(d);
        BinaryPrimitives.WriteHalfLittleEndian(to, (Half)d);
        Nibbles(to[2..], block, value => (int)((double)value * inverse + 8.5));
    }

    /// <summary>d = (max − min) / 15 above the minimum.</summary>
    private static void Q4_1(ReadOnlySpan<float> block, Span<byte> to)
    {
        float minimum = TensorPrimitives.Min(block), d = (TensorPrimitives.Max(block) - minimum) / 15, inverse = Inverse(d);
        BinaryPrimitives.WriteHalfLittleEndian(to, (Half)d);
        BinaryPrimitives.WriteHalfLittleEndian(to[2..], (Half)minimum);
        Nibbles(to[4..], block, value => (int)((value - minimum) * inverse + 0.5f));
    }

    /// <summary>0 also where 1 / d exceeds single precision: d itself is then 0 as a half, and codes mean nothing.</summary>
    private static float Inverse(float d) => d == 0 || !float.IsFinite(1 / d) ? 0 : 1 / d;

    private static void Nibbles(Span<byte> to, ReadOnlySpan<float> block, Func<float, int> code)
    {
        for (int i = 0; i < BlockLength / 2; i++)
            to[i] = (byte)(Math.Min(15, code(block[i])) | Math.Min(15, code(block[i + BlockLength / 2])) << 4);
    }
}
