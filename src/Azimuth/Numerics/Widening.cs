using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Azimuth.Numerics;

/// <summary>Stored numbers to floats, sixteen at a time, or eight where that is what a register holds; exact, as every stored 16-bit and 8-bit number is a float.</summary>
internal static unsafe class Widening
{
    /// <summary>16 half-precision numbers, unaligned. Infinities and NaN stay what they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Half(void* at)
    {
        if (!Avx512F.IsSupported)
            return Vector512.Create(Half8(at), Half8((ushort*)at + 8));
        Vector512<uint> bits = Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)at));
        Vector512<uint> magnitude = (bits & Vector512.Create(0x7FFFu)) << 13;
        // The exponent, moved over, is 112 too small; multiplying also brings the subnormal halves into the normal floats.
        Vector512<uint> value = (magnitude.AsSingle() * Vector512.Create(5.192296858534828e33f)).AsUInt32(); // 2¹¹²
        Vector512<uint> special = Vector512.GreaterThan(magnitude.AsInt32(), Vector512.Create((0x7BFF << 13) + 0x1FFF)).AsUInt32();
        return (value | (special & Vector512.Create(0x7F800000u)) | ((bits & Vector512.Create(0x8000u)) << 16)).AsSingle();
    }

    /// <summary>8 half-precision numbers, in the same way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Half8(void* at)
    {
        Vector256<uint> bits = Words8(at), magnitude = (bits & Vector256.Create(0x7FFFu)) << 13;
        Vector256<uint> value = (magnitude.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsUInt32(); // 2¹¹²
        Vector256<uint> special = Vector256.GreaterThan(magnitude.AsInt32(), Vector256.Create((0x7BFF << 13) + 0x1FFF)).AsUInt32();
        return (value | (special & Vector256.Create(0x7F800000u)) | ((bits & Vector256.Create(0x8000u)) << 16)).AsSingle();
    }

    /// <summary>16 bfloat16 numbers, unaligned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> BFloat(void* at) => Avx512F.IsSupported
        ? (Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)at)) << 16).AsSingle()
        : Vector512.Create(BFloat8(at), BFloat8((ushort*)at + 8));

    /// <summary>8 bfloat16 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> BFloat8(void* at) => (Words8(at) << 16).AsSingle();

    /// <summary>16 signed bytes, unaligned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Bytes(void* at) => Avx512F.IsSupported
        ? Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load((sbyte*)at)))
        : Vector512.Create(Bytes8(at), Bytes8((sbyte*)at + 8));

    /// <summary>8 signed bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Bytes8(void* at)
    {
        if (Avx2.IsSupported)
            return Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32((sbyte*)at));
        var (low, high) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalar(*(long*)at).AsSByte()));
        return Vector256.ConvertToSingle(Vector256.Create(low, high));
    }

    /// <summary>8 floats as doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Doubles(Vector256<float> values)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Double(values);
        return Vector512.Create(Doubles(values.GetLower()), Doubles(values.GetUpper()));
    }

    /// <summary>4 floats as doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Doubles(Vector128<float> values)
    {
        if (Avx.IsSupported)
            return Avx.ConvertToVector256Double(values);
        var (low, high) = Vector128.Widen(values);
        return Vector256.Create(low, high);
    }

    /// <summary>16 unsigned bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Bytes(Vector128<byte> bytes)
    {
        if (Avx512F.IsSupported)
            return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(bytes));
        var (low, high) = Vector256.Widen(Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes)));
        return Vector512.ConvertToSingle(Vector512.Create(low, high).AsInt32());
    }

    /// <summary>The lowest four bits of each of 16 words, 0 to 15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LowNibbles(Vector512<uint> words)
    {
        // The permutation looks at the lowest four bits of an index only: masking and converting in one.
        if (Avx512F.IsSupported)
            return Avx512F.PermuteVar16x32(Vector512.Create(0f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), words.AsInt32());
        return Vector512.ConvertToSingle((words & Vector512.Create(15u)).AsInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Words8(void* at)
    {
        if (Avx2.IsSupported)
            return Avx2.ConvertToVector256Int32((ushort*)at).AsUInt32();
        var (low, high) = Vector128.Widen(Vector128.Load((ushort*)at));
        return Vector256.Create(low, high);
    }
}
