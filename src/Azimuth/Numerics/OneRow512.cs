using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// One row times two panels of weights: what decoding a token consists of, bound by reading the weights. They are widened in registers; four sums
/// at a time hide the latency of the fused multiply-add. The order of each sum is that of the tiles: chains of <see cref="MatrixProduct.InputBlock"/>
/// inputs, added in order.
/// </summary>
internal static unsafe class OneRow512
{
    private const int BlockLength = 32;
    private const int Width = PackedMatrix.PanelWidth;

    /// <summary>sums[64] = Σ x[k] · weights[k, 64] for the 32 outputs of <paramref name="first"/> and the 32 of <paramref name="second"/>.</summary>
    public static void TwoPanels(TensorType type, float* x, int inputs, byte* first, byte* second, float* sums)
    {
        switch (type)
        {
            case TensorType.F32:
                Plain<Singles>(x, inputs, first, second, sums);
                break;
            case TensorType.F16:
                Plain<Halves>(x, inputs, first, second, sums);
                break;
            case TensorType.BF16:
                Plain<BFloats>(x, inputs, first, second, sums);
                break;
            case TensorType.Q8_0:
                Q8(x, inputs, first, second, sums);
                break;
            case TensorType.Q4_1:
                Q4(x, inputs, first, second, sums);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "packed weights are F32, F16, BF16, Q8_0 or Q4_1");
        }
    }

    private interface IPlain
    {
        static abstract int Size { get; }

        static abstract Vector512<float> Load(byte* at);
    }

    private readonly struct Singles : IPlain
    {
        public static int Size => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Load(byte* at) => Vector512.Load((float*)at);
    }

    private readonly struct Halves : IPlain
    {
        public static int Size => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Load(byte* at) => Widening.Half(at);
    }

    private readonly struct BFloats : IPlain
    {
        public static int Size => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Load(byte* at) => Widening.BFloat(at);
    }

    private static void Plain<T>(float* x, int inputs, byte* p, byte* q, float* sums) where T : struct, IPlain
    {
        // −0 is the neutral start of a sum: it keeps the sign of a first block that is −0.
        Vector512<float> t0 = Vector512.Create(-0f), t1 = t0, t2 = t0, t3 = t0;
        for (int from = 0; from < inputs; from += MatrixProduct.InputBlock)
        {
            float* end = x + Math.Min(MatrixProduct.InputBlock, inputs - from);
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (; x < end; x++, p += Width * T.Size, q += Width * T.Size)
            {
                var value = Vector512.Create(*x);
                s0 = Vector512.FusedMultiplyAdd(value, T.Load(p), s0);
                s1 = Vector512.FusedMultiplyAdd(value, T.Load(p + Width / 2 * T.Size), s1);
                s2 = Vector512.FusedMultiplyAdd(value, T.Load(q), s2);
                s3 = Vector512.FusedMultiplyAdd(value, T.Load(q + Width / 2 * T.Size), s3);
            }

            (t0, t1, t2, t3) = (t0 + s0, t1 + s1, t2 + s2, t3 + s3);
        }

        Store(sums, t0, t1, t2, t3);
    }

    private static void Q8(float* x, int inputs, byte* p, byte* q, float* sums)
    {
        Vector512<float> t0 = Vector512.Create(-0f), t1 = t0, t2 = t0, t3 = t0;
        for (int from = 0; from < inputs; from += MatrixProduct.InputBlock)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            int blocks = Math.Min(MatrixProduct.InputBlock, inputs - from) / BlockLength;
            for (int b = 0; b < blocks; b++)
            {
                Vector512<float> d0 = Widening.Half(p), d1 = Widening.Half(p + Width), d2 = Widening.Half(q), d3 = Widening.Half(q + Width);
                p += 2 * Width;
                q += 2 * Width;
                for (int k = 0; k < BlockLength; k++, p += Width, q += Width)
                {
                    var value = Vector512.Create(x[k]);
                    s0 = Vector512.FusedMultiplyAdd(value, d0 * Widening.Bytes(p), s0);
                    s1 = Vector512.FusedMultiplyAdd(value, d1 * Widening.Bytes(p + Width / 2), s1);
                    s2 = Vector512.FusedMultiplyAdd(value, d2 * Widening.Bytes(q), s2);
                    s3 = Vector512.FusedMultiplyAdd(value, d3 * Widening.Bytes(q + Width / 2), s3);
                }

                x += BlockLength;
            }

            (t0, t1, t2, t3) = (t0 + s0, t1 + s1, t2 + s2, t3 + s3);
        }

        Store(sums, t0, t1, t2, t3);
    }

    private static void Q4(float* x, int inputs, byte* p, byte* q, float* sums)
    {
        Vector512<float> t0 = Vector512.Create(-0f), t1 = t0, t2 = t0, t3 = t0;
        for (int from = 0; from < inputs; from += MatrixProduct.InputBlock)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            int blocks = Math.Min(MatrixProduct.InputBlock, inputs - from) / BlockLength;
            for (int b = 0; b < blocks; b++)
            {
                Vector512<float> d0 = Widening.Half(p), d1 = Widening.Half(p + Width), d2 = Widening.Half(q), d3 = Widening.Half(q + Width);
                Vector512<float> m0 = Widening.Half(p + 2 * Width), m1 = Widening.Half(p + 3 * Width);
                Vector512<float> m2 = Widening.Half(q + 2 * Width), m3 = Widening.Half(q + 3 * Width);
                for (int word = 1; word <= 4; word++)
                {
                    Vector512<uint> w0 = Vector512.Load((uint*)(p + word * 4 * Width)), w1 = Vector512.Load((uint*)(p + word * 4 * Width + 2 * Width));
                    Vector512<uint> w2 = Vector512.Load((uint*)(q + word * 4 * Width)), w3 = Vector512.Load((uint*)(q + word * 4 * Width + 2 * Width));
                    for (int nibble = 0; nibble < 8; nibble++, x++)
                    {
                        var value = Vector512.Create(*x);
                        s0 = Vector512.FusedMultiplyAdd(value, Vector512.FusedMultiplyAdd(d0, Widening.LowNibbles(w0), m0), s0);
                        s1 = Vector512.FusedMultiplyAdd(value, Vector512.FusedMultiplyAdd(d1, Widening.LowNibbles(w1), m1), s1);
                        s2 = Vector512.FusedMultiplyAdd(value, Vector512.FusedMultiplyAdd(d2, Widening.LowNibbles(w2), m2), s2);
                        s3 = Vector512.FusedMultiplyAdd(value, Vector512.FusedMultiplyAdd(d3, Widening.LowNibbles(w3), m3), s3);
                        (w0, w1, w2, w3) = (w0 >> 4, w1 >> 4, w2 >> 4, w3 >> 4);
                    }
                }

                p += 20 * Width;
                q += 20 * Width;
            }

            (t0, t1, t2, t3) = (t0 + s0, t1 + s1, t2 + s2, t3 + s3);
        }

        Store(sums, t0, t1, t2, t3);
    }

    private static void Store(float* sums, Vector512<float> t0, Vector512<float> t1, Vector512<float> t2, Vector512<float> t3)
    {
        t0.Store(sums);
        t1.Store(sums + 16);
        t2.Store(sums + 32);
        t3.Store(sums + 48);
    }
}
