using Azimuth.Numerics;

namespace Azimuth.Transformers.Positions;

/// <summary>Fixed position vectors (Vaswani et al. 2017, §3.5) in fairseq's order: all sines, then all cosines.</summary>
internal static class SinusoidalTable
{
    /// <summary>[rows, width]: row p holds sin(p · f_i), then cos(p · f_i), with f_i = 10000^(−i/(width/2 − 1)); a last zero where the width is odd.</summary>
    public static StoredMatrix Create(int rows, int width)
    {
        int half = width / 2;
        var values = new float[checked(rows * width)];
        for (int p = 0; p < rows; p++)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = p * Math.Exp(-Math.Log(10000) * i / (half - 1));
                values[p * width + i] = (float)Math.Sin(angle);
                values[p * width + half + i] = (float)Math.Cos(angle);
            }
        }

        return StoredMatrix.FromFloats(values, rows, width);
    }
}
