using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Azimuth.Numerics;

/// <summary>
/// The inner loops of <see cref="DoubleProduct"/>, unrolled by hand: 8 rows by 24 columns are 24 sums in 512-bit registers, with three loads and eight broadcasts a step; the
/// same in quarters for 256-bit vectors. Both give the same bits.
/// </summary>
internal static unsafe class DoubleTile
{
    public const int Rows = 8;
    public const int Columns = 24;

    /// <summary>
    /// sums[8, 24] = Σ a[r, k] · b[k, 24] over <paramref name="count"/> steps. Only <paramref name="rows"/> rows of a are read, the last one again for those that are not there.
    /// </summary>
    public static void Sum(double* a, long rowStep, long step, int rows, double* b, int count, double* sums)
    {
        if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
        {
            Whole(a, rowStep, step, rows, b, count, sums);
            return;
        }

        for (int quarter = 0; quarter < 4; quarter++)
        {
            int first = quarter / 2 * 4, column = quarter % 2 * 12;
            if (first < rows)
                Quarter(a + first * rowStep, rowStep, step, rows - first, b + column, count, sums + first * Columns + column);
        }
    }

    private static double* Row(double* a, long rowStep, int row, int rows) => a + Math.Min(row, rows - 1) * rowStep;


    private static void Whole(double* a, long rowStep, long step, int rows, double* b, int count, double* sums)
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
        for (long k = 0; count > 0; count--, k += step, b += Columns)
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

        s00.Store(sums);
        s01.Store(sums + 8);
        s02.Store(sums + 16);
        s10.Store(sums + 24);
        s11.Store(sums + 32);
        s12.Store(sums + 40);
        s20.Store(sums + 48);
        s21.Store(sums + 56);
        s22.Store(sums + 64);
        s30.Store(sums + 72);
        s31.Store(sums + 80);
        s32.Store(sums + 88);
        s40.Store(sums + 96);
        s41.Store(sums + 104);
        s42.Store(sums + 112);
        s50.Store(sums + 120);
        s51.Store(sums + 128);
        s52.Store(sums + 136);
        s60.Store(sums + 144);
        s61.Store(sums + 152);
        s62.Store(sums + 160);
        s70.Store(sums + 168);
        s71.Store(sums + 176);
        s72.Store(sums + 184);
    }

    private static void Quarter(double* a, long rowStep, long step, int rows, double* b, int count, double* sums)
    {
        double* a0 = Row(a, rowStep, 0, rows), a1 = Row(a, rowStep, 1, rows), a2 = Row(a, rowStep, 2, rows), a3 = Row(a, rowStep, 3, rows);
        Vector256<double> s00 = default, s01 = default, s02 = default;
        Vector256<double> s10 = default, s11 = default, s12 = default;
        Vector256<double> s20 = default, s21 = default, s22 = default;
        Vector256<double> s30 = default, s31 = default, s32 = default;
        for (long k = 0; count > 0; count--, k += step, b += Columns)
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

        s00.Store(sums);
        s01.Store(sums + 4);
        s02.Store(sums + 8);
        s10.Store(sums + 24);
        s11.Store(sums + 28);
        s12.Store(sums + 32);
        s20.Store(sums + 48);
        s21.Store(sums + 52);
        s22.Store(sums + 56);
        s30.Store(sums + 72);
        s31.Store(sums + 76);
        s32.Store(sums + 80);
    }
}
