using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Azimuth.Numerics;

/// <summary>
/// The inner loops of <see cref="DoubleProduct"/>, unrolled by hand for what the registers hold: 8 rows by 24 columns are 24 sums of 512 bits, with three loads and eight broadcasts a step; 4 rows by 12
/// columns are 12 of 256 bits. Both give the same bits.
/// </summary>
internal static unsafe class DoubleTile
{
    /// <summary>Rows of a tile.</summary>
    public static readonly int Rows = IsWide ? 8 : 4;

    /// <summary>Columns of a tile, a multiple of its rows.</summary>
    public static readonly int Columns = IsWide ? 24 : 12;

    private static bool IsWide => Avx512F.IsSupported && Vector512.IsHardwareAccelerated;

    /// <summary>
    /// sums[Rows, Columns] = Σ a[r, k] · b[k, Columns] over <paramref name="count"/> steps, added to what is there where <paramref name="adds"/>; the rows of the sums are <paramref name="stride"/> apart. Only
    /// <paramref name="rows"/> rows of a are read, the last one again for those that are not there.
    /// </summary>
    public static void Sum(double* a, long rowStep, long step, int rows, double* b, int count, double* sums, long stride, bool adds = false)
    {
        if (IsWide)
            Wide(a, rowStep, step, rows, b, count, sums, stride, adds);
        else
            Narrow(a, rowStep, step, rows, b, count, sums, stride, adds);
    }

    private static double* Row(double* a, long rowStep, int row, int rows) => a + Math.Min(row, rows - 1) * rowStep;


    private static void Wide(double* a, long rowStep, long step, int rows, double* b, int count, double* sums, long stride, bool adds)
    {
        double* a0 = Row(a, rowStep, 0, rows), a1 = Row(a, rowStep, 1, rows), a2 = Row(a, rowStep, 2, rows), a3 = Row(a, rowStep, 3, rows), a4 = Row(a, rowStep, 4, rows), a5 = Row(a, rowStep, 5, rows), a6 = Row(a, rowStep, 6, rows), a7 = Row(a, rowStep, 7, rows);
        Vector512<double> s00 = default, s01 = default, s02 = default;
        Vector512<double> s10 = default, s11 = default, s12 = default;
        Vector512<double> s20 = default, s21 = default, s22 = default;
        Vector512<double> s30 = default, s31 = default, s32 = default;
        Vector512<double> s40 = default, s41 = default, s42 = default;
        Vector512<double> s50 = default, s51 = default, s52 = default;
        Vector512<double> s60 = default, s61 = default, s62 = default;
        Vector512<double> s70 = default, s71 = default, s72 = default;
        // What the sums are added to is asked for shortly before the end: sooner, the panels would have pushed it out again.
        long k = 0;
        for (int last = Math.Min(count, 32); ; last = 0)
        {
            for (; count > last; count--, k += step, b += 24)
            {
                Vector512<double> y0 = Vector512.Load(b), y1 = Vector512.Load(b + 8), y2 = Vector512.Load(b + 16);
                var x = Vector512.Create(a0[k]);
                s00 = Vector512.FusedMultiplyAdd(x, y0, s00);
                s01 = Vector512.FusedMultiplyAdd(x, y1, s01);
                s02 = Vector512.FusedMultiplyAdd(x, y2, s02);
                x = Vector512.Create(a1[k]);
                s10 = Vector512.FusedMultiplyAdd(x, y0, s10);
                s11 = Vector512.FusedMultiplyAdd(x, y1, s11);
                s12 = Vector512.FusedMultiplyAdd(x, y2, s12);
                x = Vector512.Create(a2[k]);
                s20 = Vector512.FusedMultiplyAdd(x, y0, s20);
                s21 = Vector512.FusedMultiplyAdd(x, y1, s21);
                s22 = Vector512.FusedMultiplyAdd(x, y2, s22);
                x = Vector512.Create(a3[k]);
                s30 = Vector512.FusedMultiplyAdd(x, y0, s30);
                s31 = Vector512.FusedMultiplyAdd(x, y1, s31);
                s32 = Vector512.FusedMultiplyAdd(x, y2, s32);
                x = Vector512.Create(a4[k]);
                s40 = Vector512.FusedMultiplyAdd(x, y0, s40);
                s41 = Vector512.FusedMultiplyAdd(x, y1, s41);
                s42 = Vector512.FusedMultiplyAdd(x, y2, s42);
                x = Vector512.Create(a5[k]);
                s50 = Vector512.FusedMultiplyAdd(x, y0, s50);
                s51 = Vector512.FusedMultiplyAdd(x, y1, s51);
                s52 = Vector512.FusedMultiplyAdd(x, y2, s52);
                x = Vector512.Create(a6[k]);
                s60 = Vector512.FusedMultiplyAdd(x, y0, s60);
                s61 = Vector512.FusedMultiplyAdd(x, y1, s61);
                s62 = Vector512.FusedMultiplyAdd(x, y2, s62);
                x = Vector512.Create(a7[k]);
                s70 = Vector512.FusedMultiplyAdd(x, y0, s70);
                s71 = Vector512.FusedMultiplyAdd(x, y1, s71);
                s72 = Vector512.FusedMultiplyAdd(x, y2, s72);
            }

            if (last == 0)
                break;
            if (adds)
                Fetch(sums, stride);
        }

        Put(s00, sums, adds);
        Put(s01, sums + 8, adds);
        Put(s02, sums + 16, adds);
        Put(s10, sums + stride, adds);
        Put(s11, sums + stride + 8, adds);
        Put(s12, sums + stride + 16, adds);
        Put(s20, sums + 2 * stride, adds);
        Put(s21, sums + 2 * stride + 8, adds);
        Put(s22, sums + 2 * stride + 16, adds);
        Put(s30, sums + 3 * stride, adds);
        Put(s31, sums + 3 * stride + 8, adds);
        Put(s32, sums + 3 * stride + 16, adds);
        Put(s40, sums + 4 * stride, adds);
        Put(s41, sums + 4 * stride + 8, adds);
        Put(s42, sums + 4 * stride + 16, adds);
        Put(s50, sums + 5 * stride, adds);
        Put(s51, sums + 5 * stride + 8, adds);
        Put(s52, sums + 5 * stride + 16, adds);
        Put(s60, sums + 6 * stride, adds);
        Put(s61, sums + 6 * stride + 8, adds);
        Put(s62, sums + 6 * stride + 16, adds);
        Put(s70, sums + 7 * stride, adds);
        Put(s71, sums + 7 * stride + 8, adds);
        Put(s72, sums + 7 * stride + 16, adds);
    }

    private static void Narrow(double* a, long rowStep, long step, int rows, double* b, int count, double* sums, long stride, bool adds)
    {
        double* a0 = Row(a, rowStep, 0, rows), a1 = Row(a, rowStep, 1, rows), a2 = Row(a, rowStep, 2, rows), a3 = Row(a, rowStep, 3, rows);
        Vector256<double> s00 = default, s01 = default, s02 = default;
        Vector256<double> s10 = default, s11 = default, s12 = default;
        Vector256<double> s20 = default, s21 = default, s22 = default;
        Vector256<double> s30 = default, s31 = default, s32 = default;
        for (long k = 0; count > 0; count--, k += step, b += 12)
        {
            Vector256<double> y0 = Vector256.Load(b), y1 = Vector256.Load(b + 4), y2 = Vector256.Load(b + 8);
            var x = Vector256.Create(a0[k]);
            s00 = Vector256.FusedMultiplyAdd(x, y0, s00);
            s01 = Vector256.FusedMultiplyAdd(x, y1, s01);
            s02 = Vector256.FusedMultiplyAdd(x, y2, s02);
            x = Vector256.Create(a1[k]);
            s10 = Vector256.FusedMultiplyAdd(x, y0, s10);
            s11 = Vector256.FusedMultiplyAdd(x, y1, s11);
            s12 = Vector256.FusedMultiplyAdd(x, y2, s12);
            x = Vector256.Create(a2[k]);
            s20 = Vector256.FusedMultiplyAdd(x, y0, s20);
            s21 = Vector256.FusedMultiplyAdd(x, y1, s21);
            s22 = Vector256.FusedMultiplyAdd(x, y2, s22);
            x = Vector256.Create(a3[k]);
            s30 = Vector256.FusedMultiplyAdd(x, y0, s30);
            s31 = Vector256.FusedMultiplyAdd(x, y1, s31);
            s32 = Vector256.FusedMultiplyAdd(x, y2, s32);
        }

        Put(s00, sums, adds);
        Put(s01, sums + 4, adds);
        Put(s02, sums + 8, adds);
        Put(s10, sums + stride, adds);
        Put(s11, sums + stride + 4, adds);
        Put(s12, sums + stride + 8, adds);
        Put(s20, sums + 2 * stride, adds);
        Put(s21, sums + 2 * stride + 4, adds);
        Put(s22, sums + 2 * stride + 8, adds);
        Put(s30, sums + 3 * stride, adds);
        Put(s31, sums + 3 * stride + 4, adds);
        Put(s32, sums + 3 * stride + 8, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector512<double> sum, double* to, bool adds) => (adds ? Vector512.Load(to) + sum : sum).Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector256<double> sum, double* to, bool adds) => (adds ? Vector256.Load(to) + sum : sum).Store(to);

    /// <summary>Asks for the values that a tile will be added to: for those that it is done with last, so that they are still near when they are wanted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(double* sums, long stride)
    {
        for (int r = 0; r < 8; r++, sums += stride)
        {
            CacheHint.Fetch(in *sums);
            CacheHint.Fetch(in sums[8]);
            CacheHint.Fetch(in sums[16]);
        }
    }
}
