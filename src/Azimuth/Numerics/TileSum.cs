namespace Azimuth.Numerics;

/// <summary>The inner loop of every matrix product, by the kernel for a width of vectors.</summary>
internal static unsafe class TileSum
{
    /// <summary>sums[rows, 32] = Σ a[r · stride + k · step] · b[k, 32] for up to 12 rows; b lies on a cache line. The kernels may read two rows more, and write their sums.</summary>
    public static void Block(VectorWidth width, float* a, int stride, int step, int rows, float* b, int count, float* sums)
    {
        if (width == VectorWidth.Bits512)
            Tiles512.Block(a, stride, step, rows, b, count, sums);
        else if (width == VectorWidth.Bits256)
            Tiles256.Block(a, stride, step, rows, b, count, sums);
        else
            TilesScalar.Block(a, stride, step, rows, b, count, sums);
    }
}
