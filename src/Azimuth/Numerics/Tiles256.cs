using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>The inner loop of the matrix product for 256-bit vectors: 6 rows by 16 outputs are 12 sums in registers. Same bits as <see cref="Tiles512"/>.</summary>
internal static unsafe class Tiles256
{
    /// <summary>sums[rows, 32] = Σ a[r, k] · b[k, 32] for up to 12 rows; as many as <see cref="Readable"/> says must be readable and are written.</summary>
    public static void Block(float* a, int stride, int step, int rows, float* b, int count, float* sums)
    {
        nint bytes = (nint)stride * sizeof(float), next = (nint)step * sizeof(float);
        if (rows == 1)
        {
            Tile1(a, step, b, count, sums);
            return;
        }

        int r = 0;
        for (; rows - r > 4; r += 6)
        {
            Tile6((byte*)(a + (long)r * stride), bytes, next, b, 32, count, sums + 32 * r, adds: false);
            Tile6((byte*)(a + (long)r * stride), bytes, next, b + 16, 32, count, sums + 32 * r + 16, adds: false);
        }

        for (; r < rows; r += 2)
            Tile2(a + (long)r * stride, stride, step, b, count, sums + 32 * r);
    }

    /// <summary>How many rows are read for a tile of so many.</summary>
    public static int Readable(int rows) => rows == 1 ? 1 : rows / 6 * 6 + (rows % 6 == 5 ? 6 : (rows % 6 + 1) / 2 * 2);

    /// <summary>sums[6, 16 of 32] += Σ a[r, k] · b[k, 16]; 6 rows must be readable. Half a panel at a time, so that it stays in the first-level cache while rows pass by.</summary>
    public static void AddHalf(float* a, int stride, float* b, int count, float* sums) => Tile6((byte*)a, (nint)stride * sizeof(float), sizeof(float), b, 16, count, sums, adds: true);

    /// <summary>sums[6, 16 of 32] = (or += where <paramref name="adds"/>) Σ a[r, k] · b[k · width] over one block of inputs. Rows lie <paramref name="stride"/> bytes apart, their values <paramref name="next"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // in a larger method the sums would not stay in registers
    private static void Tile6(byte* a, nint stride, nint next, float* b, nint width, int count, float* sums, bool adds)
    {
        byte* a1 = a + 3 * stride;
        Vector256<float> s0L = default, s0H = default, s1L = default, s1H = default, s2L = default, s2H = default;
        Vector256<float> s3L = default, s3H = default, s4L = default, s4H = default, s5L = default, s5H = default;
        for (int k = 0; k < count; k++)
        {
            Vector256<float> low = Vector256.LoadAligned(b), high = Vector256.LoadAligned(b + 8);
            b += width;
            var x = Vector256.Create(*(float*)a);
            s0L = Vector256.FusedMultiplyAdd(x, low, s0L);
            s0H = Vector256.FusedMultiplyAdd(x, high, s0H);
            x = Vector256.Create(*(float*)(a + stride));
            s1L = Vector256.FusedMultiplyAdd(x, low, s1L);
            s1H = Vector256.FusedMultiplyAdd(x, high, s1H);
            x = Vector256.Create(*(float*)(a + 2 * stride));
            s2L = Vector256.FusedMultiplyAdd(x, low, s2L);
            s2H = Vector256.FusedMultiplyAdd(x, high, s2H);
            x = Vector256.Create(*(float*)a1);
            s3L = Vector256.FusedMultiplyAdd(x, low, s3L);
            s3H = Vector256.FusedMultiplyAdd(x, high, s3H);
            x = Vector256.Create(*(float*)(a1 + stride));
            s4L = Vector256.FusedMultiplyAdd(x, low, s4L);
            s4H = Vector256.FusedMultiplyAdd(x, high, s4H);
            x = Vector256.Create(*(float*)(a1 + 2 * stride));
            s5L = Vector256.FusedMultiplyAdd(x, low, s5L);
            s5H = Vector256.FusedMultiplyAdd(x, high, s5H);
            a += next;
            a1 += next;
        }

        Put(s0L, sums, adds);
        Put(s0H, sums + 8, adds);
        Put(s1L, sums + 32, adds);
        Put(s1H, sums + 40, adds);
        Put(s2L, sums + 64, adds);
        Put(s2H, sums + 72, adds);
        Put(s3L, sums + 96, adds);
        Put(s3H, sums + 104, adds);
        Put(s4L, sums + 128, adds);
        Put(s4H, sums + 136, adds);
        Put(s5L, sums + 160, adds);
        Put(s5H, sums + 168, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector256<float> sum, float* to, bool adds) => (adds ? Vector256.Load(to) + sum : sum).Store(to);

    private static void Tile2(float* a, nint stride, nint step, float* b, int count, float* sums)
    {
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default, t0 = default, t1 = default, t2 = default, t3 = default;
        for (int k = 0; k < count; k++, b += 32, a += step)
        {
            Vector256<float> b0 = Vector256.LoadAligned(b), b1 = Vector256.LoadAligned(b + 8), b2 = Vector256.LoadAligned(b + 16), b3 = Vector256.LoadAligned(b + 24);
            var x = Vector256.Create(*a);
            s0 = Vector256.FusedMultiplyAdd(x, b0, s0);
            s1 = Vector256.FusedMultiplyAdd(x, b1, s1);
            s2 = Vector256.FusedMultiplyAdd(x, b2, s2);
            s3 = Vector256.FusedMultiplyAdd(x, b3, s3);
            x = Vector256.Create(a[stride]);
            t0 = Vector256.FusedMultiplyAdd(x, b0, t0);
            t1 = Vector256.FusedMultiplyAdd(x, b1, t1);
            t2 = Vector256.FusedMultiplyAdd(x, b2, t2);
            t3 = Vector256.FusedMultiplyAdd(x, b3, t3);
        }

        s0.Store(sums);
        s1.Store(sums + 8);
        s2.Store(sums + 16);
        s3.Store(sums + 24);
        t0.Store(sums + 32);
        t1.Store(sums + 40);
        t2.Store(sums + 48);
        t3.Store(sums + 56);
    }

    private static void Tile1(float* a, nint step, float* b, int count, float* sums)
    {
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
        for (int k = 0; k < count; k++, b += 32)
        {
            var x = Vector256.Create(a[k * step]);
            s0 = Vector256.FusedMultiplyAdd(x, Vector256.LoadAligned(b), s0);
            s1 = Vector256.FusedMultiplyAdd(x, Vector256.LoadAligned(b + 8), s1);
            s2 = Vector256.FusedMultiplyAdd(x, Vector256.LoadAligned(b + 16), s2);
            s3 = Vector256.FusedMultiplyAdd(x, Vector256.LoadAligned(b + 24), s3);
        }

        s0.Store(sums);
        s1.Store(sums + 8);
        s2.Store(sums + 16);
        s3.Store(sums + 24);
    }
}
