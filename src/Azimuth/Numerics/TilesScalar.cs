namespace Azimuth.Numerics;

/// <summary>The inner loop of the matrix product one value at a time: the oracle of the vector kernels, and the path of machines without them.</summary>
internal static unsafe class TilesScalar
{
    /// <summary>sums[rows, 32] = Σ a[r, k] · b[k, 32], each a chain of fused multiply-adds in the order of the inputs.</summary>
    public static void Block(float* a, int stride, int step, int rows, float* b, int count, float* sums)
    {
        for (int r = 0; r < rows; r++)
        {
            for (int o = 0; o < 32; o++)
            {
                float sum = 0;
                for (int k = 0; k < count; k++)
                    sum = MathF.FusedMultiplyAdd(a[(long)r * stride + (long)k * step], b[32 * k + o], sum);
                sums[32 * r + o] = sum;
            }
        }
    }
}
