using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// The inner loops of the matrix product for 512-bit vectors, unrolled by hand: 12 rows by 32 outputs are 24 sums in registers, enough to hide the
/// latency of the fused multiply-add, with two loads of weights and twelve broadcasts an input. Fewer rows are done in tiles of 6 and 3.
/// </summary>
internal static unsafe class Tiles512
{
    public const int Rows = 12;

    /// <summary>
    /// sums[rows, 32] = Σ a[r, k] · b[k, 32] for up to 12 rows; a multiple of 3 rows must be readable and is written. Rows of a lie <paramref name="stride"/> values apart, the
    /// values of a row <paramref name="step"/>: 1 for a matrix as it is, its width for its transpose.
    /// </summary>
    public static void Block(float* a, int stride, int step, int rows, float* b, int count, float* sums)
    {
        byte* at = (byte*)a;
        nint bytes = (nint)stride * sizeof(float), next = (nint)step * sizeof(float);
        if (rows > 9)
        {
            Tile12(at, bytes, next, b, count, sums);
            return;
        }

        if (rows > 3)
        {
            Tile6(at, bytes, next, b, count, sums);
            if (rows <= 6)
                return;
            at += 6 * bytes;
            sums += 6 * 32;
        }

        Tile3(at, bytes, next, b, count, sums);
    }

    /// <summary>sums[12, 32] = Σ a[r, k] · b[k, 32] over one block of inputs. Rows lie <paramref name="stride"/> bytes apart, their values <paramref name="next"/>.</summary>
    private static void Tile12(byte* a, nint stride, nint next, float* b, int count, float* sums)
    {
        byte* a1 = a + 3 * stride, a2 = a1 + 3 * stride, a3 = a2 + 3 * stride;
        Vector512<float> s0L = default, s0H = default, s1L = default, s1H = default, s2L = default, s2H = default;
        Vector512<float> s3L = default, s3H = default, s4L = default, s4H = default, s5L = default, s5H = default;
        Vector512<float> s6L = default, s6H = default, s7L = default, s7H = default, s8L = default, s8H = default;
        Vector512<float> s9L = default, s9H = default, s10L = default, s10H = default, s11L = default, s11H = default;
        for (int k = 0; k < count; k++)
        {
            Vector512<float> low = Vector512.LoadAligned(b), high = Vector512.LoadAligned(b + 16);
            b += 32;
            var x = Vector512.Create(*(float*)a);
            s0L = Vector512.FusedMultiplyAdd(x, low, s0L);
            s0H = Vector512.FusedMultiplyAdd(x, high, s0H);
            x = Vector512.Create(*(float*)(a + stride));
            s1L = Vector512.FusedMultiplyAdd(x, low, s1L);
            s1H = Vector512.FusedMultiplyAdd(x, high, s1H);
            x = Vector512.Create(*(float*)(a + 2 * stride));
            s2L = Vector512.FusedMultiplyAdd(x, low, s2L);
            s2H = Vector512.FusedMultiplyAdd(x, high, s2H);
            x = Vector512.Create(*(float*)a1);
            s3L = Vector512.FusedMultiplyAdd(x, low, s3L);
            s3H = Vector512.FusedMultiplyAdd(x, high, s3H);
            x = Vector512.Create(*(float*)(a1 + stride));
            s4L = Vector512.FusedMultiplyAdd(x, low, s4L);
            s4H = Vector512.FusedMultiplyAdd(x, high, s4H);
            x = Vector512.Create(*(float*)(a1 + 2 * stride));
            s5L = Vector512.FusedMultiplyAdd(x, low, s5L);
            s5H = Vector512.FusedMultiplyAdd(x, high, s5H);
            x = Vector512.Create(*(float*)a2);
            s6L = Vector512.FusedMultiplyAdd(x, low, s6L);
            s6H = Vector512.FusedMultiplyAdd(x, high, s6H);
            x = Vector512.Create(*(float*)(a2 + stride));
            s7L = Vector512.FusedMultiplyAdd(x, low, s7L);
            s7H = Vector512.FusedMultiplyAdd(x, high, s7H);
            x = Vector512.Create(*(float*)(a2 + 2 * stride));
            s8L = Vector512.FusedMultiplyAdd(x, low, s8L);
            s8H = Vector512.FusedMultiplyAdd(x, high, s8H);
            x = Vector512.Create(*(float*)a3);
            s9L = Vector512.FusedMultiplyAdd(x, low, s9L);
            s9H = Vector512.FusedMultiplyAdd(x, high, s9H);
            x = Vector512.Create(*(float*)(a3 + stride));
            s10L = Vector512.FusedMultiplyAdd(x, low, s10L);
            s10H = Vector512.FusedMultiplyAdd(x, high, s10H);
            x = Vector512.Create(*(float*)(a3 + 2 * stride));
            s11L = Vector512.FusedMultiplyAdd(x, low, s11L);
            s11H = Vector512.FusedMultiplyAdd(x, high, s11H);
            a += next;
            a1 += next;
            a2 += next;
            a3 += next;
        }

        s0L.Store(sums);
        s0H.Store(sums + 16);
        s1L.Store(sums + 32);
        s1H.Store(sums + 48);
        s2L.Store(sums + 64);
        s2H.Store(sums + 80);
        s3L.Store(sums + 96);
        s3H.Store(sums + 112);
        s4L.Store(sums + 128);
        s4H.Store(sums + 144);
        s5L.Store(sums + 160);
        s5H.Store(sums + 176);
        s6L.Store(sums + 192);
        s6H.Store(sums + 208);
        s7L.Store(sums + 224);
        s7H.Store(sums + 240);
        s8L.Store(sums + 256);
        s8H.Store(sums + 272);
        s9L.Store(sums + 288);
        s9H.Store(sums + 304);
        s10L.Store(sums + 320);
        s10H.Store(sums + 336);
        s11L.Store(sums + 352);
        s11H.Store(sums + 368);
    }

    /// <summary>sums[6, 32] = Σ a[r, k] · b[k, 32] over one block of inputs. Rows lie <paramref name="stride"/> bytes apart, their values <paramref name="next"/>.</summary>
    private static void Tile6(byte* a, nint stride, nint next, float* b, int count, float* sums)
    {
        byte* a1 = a + 3 * stride;
        Vector512<float> s0L = default, s0H = default, s1L = default, s1H = default, s2L = default, s2H = default;
        Vector512<float> s3L = default, s3H = default, s4L = default, s4H = default, s5L = default, s5H = default;
        for (int k = 0; k < count; k++)
        {
            Vector512<float> low = Vector512.LoadAligned(b), high = Vector512.LoadAligned(b + 16);
            b += 32;
            var x = Vector512.Create(*(float*)a);
            s0L = Vector512.FusedMultiplyAdd(x, low, s0L);
            s0H = Vector512.FusedMultiplyAdd(x, high, s0H);
            x = Vector512.Create(*(float*)(a + stride));
            s1L = Vector512.FusedMultiplyAdd(x, low, s1L);
            s1H = Vector512.FusedMultiplyAdd(x, high, s1H);
            x = Vector512.Create(*(float*)(a + 2 * stride));
            s2L = Vector512.FusedMultiplyAdd(x, low, s2L);
            s2H = Vector512.FusedMultiplyAdd(x, high, s2H);
            x = Vector512.Create(*(float*)a1);
            s3L = Vector512.FusedMultiplyAdd(x, low, s3L);
            s3H = Vector512.FusedMultiplyAdd(x, high, s3H);
            x = Vector512.Create(*(float*)(a1 + stride));
            s4L = Vector512.FusedMultiplyAdd(x, low, s4L);
            s4H = Vector512.FusedMultiplyAdd(x, high, s4H);
            x = Vector512.Create(*(float*)(a1 + 2 * stride));
            s5L = Vector512.FusedMultiplyAdd(x, low, s5L);
            s5H = Vector512.FusedMultiplyAdd(x, high, s5H);
            a += next;
            a1 += next;
        }

        s0L.Store(sums);
        s0H.Store(sums + 16);
        s1L.Store(sums + 32);
        s1H.Store(sums + 48);
        s2L.Store(sums + 64);
        s2H.Store(sums + 80);
        s3L.Store(sums + 96);
        s3H.Store(sums + 112);
        s4L.Store(sums + 128);
        s4H.Store(sums + 144);
        s5L.Store(sums + 160);
        s5H.Store(sums + 176);
    }

    /// <summary>sums[3, 32] = Σ a[r, k] · b[k, 32] over one block of inputs. Rows lie <paramref name="stride"/> bytes apart, their values <paramref name="next"/>.</summary>
    private static void Tile3(byte* a, nint stride, nint next, float* b, int count, float* sums)
    {
        Vector512<float> s0L = default, s0H = default, s1L = default, s1H = default, s2L = default, s2H = default;
        for (int k = 0; k < count; k++)
        {
            Vector512<float> low = Vector512.LoadAligned(b), high = Vector512.LoadAligned(b + 16);
            b += 32;
            var x = Vector512.Create(*(float*)a);
            s0L = Vector512.FusedMultiplyAdd(x, low, s0L);
            s0H = Vector512.FusedMultiplyAdd(x, high, s0H);
            x = Vector512.Create(*(float*)(a + stride));
            s1L = Vector512.FusedMultiplyAdd(x, low, s1L);
            s1H = Vector512.FusedMultiplyAdd(x, high, s1H);
            x = Vector512.Create(*(float*)(a + 2 * stride));
            s2L = Vector512.FusedMultiplyAdd(x, low, s2L);
            s2H = Vector512.FusedMultiplyAdd(x, high, s2H);
            a += next;
        }

        s0L.Store(sums);
        s0H.Store(sums + 16);
        s1L.Store(sums + 32);
        s1H.Store(sums + 48);
        s2L.Store(sums + 64);
        s2H.Store(sums + 80);
    }
}
