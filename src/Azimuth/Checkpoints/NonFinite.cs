using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints;

/// <summary>Values of one tensor that are NaN or infinite once read as float.</summary>
/// <param name="Count">How many.</param>
/// <param name="FirstIndex">Row-major index of the first.</param>
public readonly record struct NonFiniteValues(long Count, long FirstIndex);

/// <summary>Looks for values that are NaN or infinite once read as float, at the speed of memory. All values of a block of Q8_0, Q4_0 or Q4_1 whose scale is not finite count.</summary>
public static class NonFinite
{
    private const int PartBytes = 1 << 20;

    /// <summary>Non-finite values of a matrix, or null when all are finite.</summary>
    public static NonFiniteValues? Find(StoredMatrix matrix, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        return Find(matrix.Type, matrix.Bytes, workers);
    }

    /// <summary>Non-finite values among stored ones, or null when all are finite; a type that has no float reading has none.</summary>
    /// <exception cref="ArgumentException">The bytes are no whole number of blocks.</exception>
    public static NonFiniteValues? Find(TensorType type, StoredBytes bytes, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(workers);
        if (!type.IsReadableAsFloat())
            return null;
        if (bytes.Length % type.BlockBytes() != 0)
            throw new ArgumentException($"{bytes.Length} bytes are no whole number of {type} blocks", nameof(bytes));
        int partBytes = PartBytes / type.BlockBytes() * type.BlockBytes();
        int parts = checked((int)((bytes.Length + partBytes - 1) / partBytes));
        var found = new (int Count, int First)[parts];
        workers.Run(parts, i =>
        {
            long at = (long)i * partBytes;
            found[i] = Count(type, bytes.Span(at, (int)Math.Min(partBytes, bytes.Length - at)));
        });
        GC.KeepAlive(bytes);
        long count = found.Sum(f => (long)f.Count);
        if (count == 0)
            return null;
        int part = Array.FindIndex(found, f => f.Count > 0);
        long valuesPerPart = (long)partBytes / type.BlockBytes() * type.BlockLength();
        return new NonFiniteValues(count, part * valuesPerPart + found[part].First);
    }

    private static (int Count, int First) Count(TensorType type, ReadOnlySpan<byte> part) => type switch
    {
        TensorType.F32 => CountFullExponents(MemoryMarshal.Cast<byte, uint>(part), 0x7F80_0000u),
        TensorType.F16 => CountFullExponents(MemoryMarshal.Cast<byte, ushort>(part), (ushort)0x7C00),
        TensorType.BF16 => CountFullExponents(MemoryMarshal.Cast<byte, ushort>(part), (ushort)0x7F80),
        TensorType.F64 => CountDoubles(MemoryMarshal.Cast<byte, double>(part)),
        TensorType.Q8_0 or TensorType.Q4_0 => CountBlocks(part, type, 1),
        TensorType.Q4_1 => CountBlocks(part, type, 2),
        _ => CountDecoded(part, type),
    };

    /// <summary>IEEE 754 numbers are NaN or infinite exactly when all bits of their exponent are set.</summary>
    private static (int Count, int First) CountFullExponents<T>(ReadOnlySpan<T> bits, T exponent) where T : unmanaged, IBinaryInteger<T>
    {
        var mask = Vector256.Create(exponent);
        (int count, int first, int i) = (0, -1, 0);
        for (; i <= bits.Length - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            // A hit is rare, so that counting it one by one costs nothing.
            if (Vector256.EqualsAny(Vector256.Create(bits[i..]) & mask, mask))
                CountOneByOne(bits, exponent, i, i + Vector256<T>.Count, ref count, ref first);
        }

        CountOneByOne(bits, exponent, i, bits.Length, ref count, ref first);
        return (count, first);
    }

    private static void CountOneByOne<T>(ReadOnlySpan<T> bits, T exponent, int from, int to, ref int count, ref int first) where T : unmanaged, IBinaryInteger<T>
    {
        for (int i = from; i < to; i++)
        {
            if ((bits[i] & exponent) == exponent && count++ == 0)
                first = i;
        }
    }

    /// <summary>A double counts when it is not finite as float, so also when it exceeds the range of float.</summary>
    private static (int Count, int First) CountDoubles(ReadOnlySpan<double> values)
    {
        (int count, int first) = (0, -1);
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite((float)values[i]) && count++ == 0)
                first = i;
        }

        return (count, first);
    }

    /// <summary>Other blocks keep their scales in many ways: their values are read.</summary>
    private static (int Count, int First) CountDecoded(ReadOnlySpan<byte> part, TensorType type)
    {
        (int count, int first) = (0, -1);
        int length = type.BlockLength(), bytes = type.BlockBytes();
        Span<float> values = stackalloc float[length];
        for (int block = 0; block < part.Length / bytes; block++)
        {
            RowDecoder.Decode(type, part.Slice(block * bytes, bytes), values);
            for (int i = 0; i < length; i++)
            {
                if (!float.IsFinite(values[i]) && count++ == 0)
                    first = block * length + i;
            }
        }

        return (count, first);
    }

    /// <summary>Blocks begin with one or two half-precision scales; whole numbers times finite half-precision scales stay finite as float.</summary>
    private static (int Count, int First) CountBlocks(ReadOnlySpan<byte> part, TensorType type, int scales)
    {
        const int Exponent = 0x7C00;
        (int count, int first) = (0, -1);
        int length = type.BlockLength(), bytes = type.BlockBytes();
        for (int block = 0; block < part.Length / bytes; block++)
        {
            var halves = MemoryMarshal.Cast<byte, ushort>(part.Slice(block * bytes, scales * sizeof(ushort)));
            bool bad = (halves[0] & Exponent) == Exponent || (scales == 2 && (halves[1] & Exponent) == Exponent);
            if (!bad)
                continue;
            if (count == 0)
                first = block * length;
            count += length;
        }

        return (count, first);
    }
}
