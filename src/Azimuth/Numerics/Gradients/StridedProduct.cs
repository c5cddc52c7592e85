using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>A matrix in memory at any strides: a part of a larger one, or its transpose, without copying.</summary>
/// <param name="Values">Where it lies.</param>
/// <param name="Offset">Its first value.</param>
/// <param name="RowStride">From a row to the next.</param>
/// <param name="ColumnStride">From a value of a row to the next.</param>
internal readonly record struct StridedMatrix(float[] Values, int Offset, int RowStride, int ColumnStride)
{
    /// <summary>A whole matrix of rows of <paramref name="columns"/> values.</summary>
    public static StridedMatrix Of(float[] values, int columns) => new(values, 0, columns, 1);

    /// <summary>Rows and columns exchanged.</summary>
    public StridedMatrix Transposed => new(Values, Offset, ColumnStride, RowStride);

    /// <summary>Stops what would read outside.</summary>
    public void Require(int rows, int columns)
    {
        if (rows > 0 && columns > 0 && (Offset < 0 || Offset + (rows - 1L) * RowStride + (columns - 1L) * ColumnStride >= Values.Length))
            throw new ArgumentException($"[{rows}, {columns}] from {Offset} at strides {RowStride} and {ColumnStride} reaches outside {Values.Length} values");
    }
}

/// <summary>
/// C = A · B or C += A · B of matrices at any strides, for products whose both sides change every time: gradients of weights (Xᵀ · dY) and products of an optimiser.
/// Each value's order of summation depends only on the number of terms: chains of <see cref="MatrixProduct.InputBlock"/> fused multiply-adds, added in order.
/// </summary>
internal static unsafe class StridedProduct
{
    private const int Width = PackedMatrix.PanelWidth;
    private const int TileRows = Tiles512.Rows;
    private const int Block = MatrixProduct.InputBlock;
    private const int MostPanels = 6; // of a part
    private const int MostTiles = 32; // of a part: with a block of terms they fill less than half of the second-level cache

    /// <summary>c[m, n] = Σₖ a[m, k] · b[k, n], added to what is there where <paramref name="adds"/>.</summary>
    /// <param name="a">[m, k].</param>
    /// <param name="b">[k, n].</param>
    /// <param name="c">[m, n], with rows that are contiguous; may not overlap the others.</param>
    /// <param name="m">Rows of the result.</param>
    /// <param name="n">Columns of the result.</param>
    /// <param name="k">Terms of each sum.</param>
    /// <param name="adds">True to add to <paramref name="c"/>.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    public static void Multiply(StridedMatrix a, StridedMatrix b, StridedMatrix c, int m, int n, int k, bool adds, Workers workers)
    {
        a.Require(m, k);
        b.Require(k, n);
        c.Require(m, n);
        if (c.ColumnStride != 1)
            throw new ArgumentException("the rows of a result have to be contiguous", nameof(c));
        if (m == 0 || n == 0)
            return;
        fixed (float* pa = a.Values, pb = b.Values, pc = c.Values)
        {
            var product = new Product(
                pa + a.Offset, a.RowStride, a.ColumnStride, pb + b.Offset, b.RowStride, b.ColumnStride, pc + c.Offset, c.RowStride, m, n, k, adds);
            product.Run(workers);
        }
    }

    private sealed class Product(
        float* a, int aRow, int aColumn, float* b, int bRow, int bColumn, float* c, int cRow, int m, int n, int k, bool adds)
    {
        private readonly VectorWidth _width = MatrixProduct.Widest;

        /// <summary>Parts are some panels of 32 columns by a range of rows. Of each block of terms, a range of a is packed once for all its panels, and a panel of b once for all rows.</summary>
        public void Run(Workers workers)
        {
            int panels = (n + Width - 1) / Width, tiles = (m + TileRows - 1) / TileRows, wanted = 2 * workers.ThreadCount;
            int group = Math.Min(panels, MostPanels), across = (panels + group - 1) / group;
            int down = Math.Min(tiles, Math.Max((tiles + MostTiles - 1) / MostTiles, (wanted + across - 1) / across));
            workers.Run(across * down, part =>
            {
                int panel = part % across * group, range = part / across;
                Part((int)((long)tiles * range / down) * TileRows, Math.Min(m, (int)((long)tiles * (range + 1) / down) * TileRows), panel, Math.Min(panels, panel + group));
            });
        }

        [SkipLocalsInit]
        private void Part(int fromRow, int toRow, int fromPanel, int toPanel)
        {
            // One panel's block [256, 32] and one tile's sums [12, 32], on cache lines; the block of a, tile by tile.
            float* raw = stackalloc float[Block * Width + TileRows * Width + 16];
            float* packed = (float*)(((nint)raw + 63) & ~(nint)63), sums = packed + Block * Width;
            int tiles = (toRow - fromRow + TileRows - 1) / TileRows;
            float[] rented = System.Buffers.ArrayPool<float>.Shared.Rent(tiles * TileRows * Block);
            fixed (float* rows = rented)
            {
                for (int from = 0; from == 0 || from < k; from += Block)
                {
                    int count = Math.Min(Block, k - from);
                    PackRows(fromRow, toRow, from, count, rows);
                    for (int panel = fromPanel; panel < toPanel; panel++)
                    {
                        Pack(from, count, panel * Width, packed);
                        for (int tile = 0; tile < tiles; tile++)
                        {
                            int row = fromRow + tile * TileRows, here = Math.Min(TileRows, toRow - row);
                            float* at = rows + (long)tile * TileRows * Block;
                            if (aRow == 1)
                                TileSum.Block(_width, at, 1, TileRows, here, packed, count, sums);
                            else
                                TileSum.Block(_width, at, Block, 1, here, packed, count, sums);
                            Store(sums, row, here, panel * Width, adds || from > 0);
                        }
                    }
                }
            }

            System.Buffers.ArrayPool<float>.Shared.Return(rented);
        }

        /// <summary>
        /// Tiles of 12 rows behind each other, each [256, 12] where a is a transpose and [12, 256] otherwise: read as they lie, the rows of a tile are often so far apart that they share the
        /// same few places of the cache.
        /// </summary>
        private void PackRows(int fromRow, int toRow, int from, int count, float* to)
        {
            if (aRow != 1)
            {
                for (int row = fromRow; row < toRow; row++, to += Block)
                    CopyRow(a + (long)row * aRow + (long)from * aColumn, count, to);
                return;
            }

            for (int i = 0; i < count; i++)
            {
                float* source = a + (long)(from + i) * aColumn + fromRow, place = to + i * TileRows;
                int left = toRow - fromRow;
                for (; left >= TileRows; left -= TileRows, source += TileRows, place += TileRows * Block)
                {
                    Vector256.Load(source).Store(place);
                    Vector128.Load(source + 8).Store(place + 8);
                }

                for (int r = 0; r < left; r++)
                    place[r] = source[r];
            }
        }

        private void CopyRow(float* source, int count, float* to)
        {
            if (aColumn == 1)
            {
                new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(to, count));
                return;
            }

            for (int i = 0; i < count; i++)
                to[i] = source[(long)i * aColumn];
        }

        private void Pack(int from, int count, int column, float* to)
        {
            int columns = Math.Min(Width, n - column);
            if (columns < Width)
                new Span<float>(to, count * Width).Clear();
            if (bColumn == 1)
            {
                for (int i = 0; i < count; i++)
                    new ReadOnlySpan<float>(b + (long)(from + i) * bRow + column, columns).CopyTo(new Span<float>(to + i * Width, columns));
                return;
            }

            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < columns; j++)
                    to[i * Width + j] = b[(long)(from + i) * bRow + (long)(column + j) * bColumn];
            }
        }

        private void Store(float* sums, int row, int rows, int column, bool adding)
        {
            int columns = Math.Min(Width, n - column);
            for (int r = 0; r < rows; r++, sums += Width)
            {
                float* to = c + (long)(row + r) * cRow + column;
                if (columns == Width)
                {
                    for (int i = 0; i < Width; i += Vector512<float>.Count)
                        (adding ? Vector512.Load(to + i) + Vector512.Load(sums + i) : Vector512.Load(sums + i)).Store(to + i);
                    continue;
                }

                for (int i = 0; i < columns; i++)
                    to[i] = adding ? to[i] + sums[i] : sums[i];
            }
        }
    }
}
