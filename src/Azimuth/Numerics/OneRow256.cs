using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// One row times one panel of weights for 256-bit vectors: four registers of eight outputs each. Same bits as <see cref="OneRow512"/>, which takes two panels together; here the registers
/// do not suffice for more.
/// </summary>
internal static unsafe class OneRow256
{
    private const int BlockLength = 32;
    private const int Lanes = 8;
    private const int Width = PackedMatrix.PanelWidth;

    /// <summary>sums[32] = Σ x[k] · weights[k, 32] for the outputs of <paramref name="panel"/>.</summary>
    public static void Panel(TensorType type, float* x, int inputs, byte* panel, float* sums)
    {
        switch (type)
        {
            case TensorType.F32:
                Plain<Singles>(x, inputs, panel, sums);
                break;
            case TensorType.F16:
                Plain<Halves>(x, inputs, panel, sums);
                break;
            case TensorType.BF16:
                Plain<BFloats>(x, inputs, panel, sums);
                break;
            case TensorType.Q8_0:
                Q8(x, inputs, panel, sums);
                break;
            case TensorType.Q4_1:
                Q4(x, inputs, panel, sums);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "packed weights are F32, F16, BF16, Q8_0 or Q4_1");
        }
    }

    private interface IPlain
    {
        static abstract int Size { get; }

        static abstract Vector256<float> Load(byte* at);
    }

    private readonly struct Singles : IPlain
    {
        public static int Size => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Load(byte* at) => Vector256.LoadAligned((float*)at);
    }

    private readonly struct Halves : IPlain
    {
        public static int Size => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Load(byte* at) => Widening.Half8(at);
    }

    private readonly struct BFloats : IPlain
    {
        public static int Size => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Load(byte* at) => Widening.BFloat8(at);
    }

    private static void Plain<T>(float* x, int inputs, byte* p, float* sums) where T : struct, IPlain
    {
        Begin(sums);
        for (int from = 0; from < inputs; from += MatrixProduct.InputBlock)
        {
            float* end = x + Math.Min(MatrixProduct.InputBlock, inputs - from);
            Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (; x < end; x++, p += Width * T.Size)
            {
                var value = Vector256.Create(*x);
                s0 = Vector256.FusedMultiplyAdd(value, T.Load(p), s0);
                s1 = Vector256.FusedMultiplyAdd(value, T.Load(p + Lanes * T.Size), s1);
                s2 = Vector256.FusedMultiplyAdd(value, T.Load(p + 2 * Lanes * T.Size), s2);
                s3 = Vector256.FusedMultiplyAdd(value, T.Load(p + 3 * Lanes * T.Size), s3);
            }

            Add(sums, s0, s1, s2, s3);
        }
    }

    private static void Q8(float* x, int inputs, byte* p, float* sums)
    {
        Begin(sums);
        for (int from = 0; from < inputs; from += MatrixProduct.InputBlock)
        {
            Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
            float* end = x + Math.Min(MatrixProduct.InputBlock, inputs - from);
            while (x < end)
            {
                Vector256<float> d0 = Widening.Half8(p), d1 = Widening.Half8(p + 2 * Lanes), d2 = Widening.Half8(p + 4 * Lanes), d3 = Widening.Half8(p + 6 * Lanes);
                p += 2 * Width;
                for (float* last = x + BlockLength; x < last; x++, p += Width)
                {
                    var value = Vector256.Create(*x);
                    s0 = Vector256.FusedMultiplyAdd(value, d0 * Widening.Bytes8(p), s0);
                    s1 = Vector256.FusedMultiplyAdd(value, d1 * Widening.Bytes8(p + Lanes), s1);
                    s2 = Vector256.FusedMultiplyAdd(value, d2 * Widening.Bytes8(p + 2 * Lanes), s2);
                    s3 = Vector256.FusedMultiplyAdd(value, d3 * Widening.Bytes8(p + 3 * Lanes), s3);
                }
            }

            Add(sums, s0, s1, s2, s3);
        }
    }

    private static void Q4(float* x, int inputs, byte* p, float* sums)
    {
        Begin(sums);
        var low = Vector256.Create(15u);
        for (int from = 0; from < inputs; from += MatrixProduct.InputBlock)
        {
            Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
            float* end = x + Math.Min(MatrixProduct.InputBlock, inputs - from);
            while (x < end)
            {
                Vector256<float> d0 = Widening.Half8(p), d1 = Widening.Half8(p + 2 * Lanes), d2 = Widening.Half8(p + 4 * Lanes), d3 = Widening.Half8(p + 6 * Lanes);
                p += 2 * Width;
                Vector256<float> m0 = Widening.Half8(p), m1 = Widening.Half8(p + 2 * Lanes), m2 = Widening.Half8(p + 4 * Lanes), m3 = Widening.Half8(p + 6 * Lanes);
                p += 2 * Width;
                for (int word = 0; word < 4; word++, p += 4 * Width)
                {
                    uint* words = (uint*)p;
                    Vector256<uint> w0 = Vector256.Load(words), w1 = Vector256.Load(words + Lanes), w2 = Vector256.Load(words + 2 * Lanes), w3 = Vector256.Load(words + 3 * Lanes);
                    for (float* last = x + 8; x < last; x++)
                    {
                        var value = Vector256.Create(*x);
                        s0 = Vector256.FusedMultiplyAdd(value, Vector256.FusedMultiplyAdd(d0, Vector256.ConvertToSingle((w0 & low).AsInt32()), m0), s0);
                        s1 = Vector256.FusedMultiplyAdd(value, Vector256.FusedMultiplyAdd(d1, Vector256.ConvertToSingle((w1 & low).AsInt32()), m1), s1);
                        s2 = Vector256.FusedMultiplyAdd(value, Vector256.FusedMultiplyAdd(d2, Vector256.ConvertToSingle((w2 & low).AsInt32()), m2), s2);
                        s3 = Vector256.FusedMultiplyAdd(value, Vector256.FusedMultiplyAdd(d3, Vector256.ConvertToSingle((w3 & low).AsInt32()), m3), s3);
                        (w0, w1, w2, w3) = (w0 >> 4, w1 >> 4, w2 >> 4, w3 >> 4);
                    }
                }
            }

            Add(sums, s0, s1, s2, s3);
        }
    }

    /// <summary>−0 is the neutral start of a sum: it keeps the sign of a first block that is −0.</summary>
    private static void Begin(float* sums) => new Span<float>(sums, Width).Fill(-0f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* sums, Vector256<float> s0, Vector256<float> s1, Vector256<float> s2, Vector256<float> s3)
    {
        (Vector256.Load(sums) + s0).Store(sums);
        (Vector256.Load(sums + Lanes) + s1).Store(sums + Lanes);
        (Vector256.Load(sums + 2 * Lanes) + s2).Store(sums + 2 * Lanes);
        (Vector256.Load(sums + 3 * Lanes) + s3).Store(sums + 3 * Lanes);
    }
}
