using Azimuth.Numerics;

namespace Azimuth.Transformers.Positions;

/// <summary>Fixed position vectors (Vaswani et al. 2017, §3.5), computed in double and rounded to float.</summary>
public static class SinusoidalTable
{
    /// <summary>[rows, width]: row p belongs to position p. The last value of an odd width is 0. Every row has length √(width/2) where the width is even.</summary>
    /// <param name="rows">Positions.</param>
    /// <param name="width">Values of a row.</param>
    /// <param name="layout">Order and frequencies; models read here use <see cref="SinusoidalLayout.Halves"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative count.</exception>
    public static StoredMatrix Create(int rows, int width, SinusoidalLayout layout = SinusoidalLayout.Halves)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        int half = width / 2;
        bool halves = layout == SinusoidalLayout.Halves;
        double last = halves ? Math.Max(1, half - 1) : half; // fairseq reaches 1/10000 with its last frequency, the paper would one later
        double[] frequencies = [.. Enumerable.Range(0, half).Select(i => Math.Exp(-Math.Log(10000) * i / last))];
        using var alone = new Workers(1);
        return StoredMatrix.FromTiles(rows, width, alone, (first, count, tile) =>
        {
            for (int p = 0; p < count; p++)
            {
                Span<float> row = tile.Slice(p * width, width);
                row.Clear();
                for (int i = 0; i < half; i++)
                {
                    (double sine, double cosine) = Math.SinCos((first + p) * frequencies[i]);
                    row[halves ? i : 2 * i] = (float)sine;
                    row[halves ? half + i : 2 * i + 1] = (float)cosine;
                }
            }
        });
    }
}

/// <summary>Where sines and cosines stand in a sinusoidal row, and how the frequencies are spaced.</summary>
public enum SinusoidalLayout
{
    /// <summary>fairseq and XGLM: all sines, then all cosines, f_i = 10000^(−i/(width/2 − 1)).</summary>
    Halves,

    /// <summary>The paper: sine and cosine in turn, f_i = 10000^(−2i/width).</summary>
    Interleaved,
}
