using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// The product of two matrices of doubles of any layout, for eigenproblems and singular values. The right matrix is packed in panels as wide as a tile, blocks of 256 of its
/// rows at a time, and tiles are summed in registers (<see cref="DoubleTile"/>). Each value's order of summation depends only on the inner length, never on the threads.
/// </summary>
internal static unsafe class DoubleProduct
{
    private const int InnerBlock = 256; // a panel of them is 48 KiB, or 24 with 256-bit vectors
    private const int RowBlock = 64; // with a block's values in the second-level cache
    private static readonly int Panel = DoubleTile.Columns;
    private const long SmallWork = 1 << 16; // multiply-adds that take about as long as waking a thread

    /// <summary>Values at <paramref name="first"/> + row · <paramref name="rowStep"/> + column · <paramref name="columnStep"/>.</summary>
    internal readonly struct View(double* first, long rowStep, long columnStep)
    {
        public double* At(long row, long column) => first + row * rowStep + column * columnStep;

        public long RowStep => rowStep;

        public long ColumnStep => columnStep;

        public View From(long row, long column) => new(At(row, column), rowStep, columnStep);

        public View Turned => new(first, columnStep, rowStep);
    }

    /// <summary>What becomes of the values that the result holds.</summary>
    internal enum Into
    {
        /// <summary>They are replaced.</summary>
        Set,

        /// <summary>The product is added.</summary>
        Add,

        /// <summary>The product is taken away.</summary>
        Subtract,

        /// <summary>The product is taken away on and above the diagonal, and below it in the squares of 8 × 8 on it; what happens elsewhere is not said.</summary>
        SubtractUpper,
    }

    /// <summary>a·bᵀ of a [m, k] and b [n, k]: [m, n].</summary>
    public static double[] OfRows(double[] a, int m, double[] b, int n, int k, Workers workers)
    {
        var product = new double[checked(m * n)];
        fixed (double* left = a, right = b, result = product)
            Run(Into.Set, new View(left, k, 1), new View(right, 1, k), result, n, m, n, k, workers);
        return product;
    }

    /// <summary>aᵀ·b of a [k, m] and b [k, n]: [m, n]; exactly symmetric when both are the same.</summary>
    public static double[] OfColumns(double[] a, int m, double[] b, int n, int k, Workers workers)
    {
        var product = new double[checked(m * n)];
        fixed (double* left = a, right = b, result = product)
            Run(Into.Set, new View(left, 1, m), new View(right, n, 1), result, n, m, n, k, workers);
        return product;
    }

    /// <summary>result [m, n], rows <paramref name="stride"/> apart, of left [m, k] · right [k, n]; the result may not overlap either.</summary>
    public static void Run(Into how, View left, View right, double* result, long stride, int m, int n, int k, Workers workers)
    {
        if (m == 0 || n == 0)
            return;
        if (k == 0 && how == Into.Set)
        {
            for (int row = 0; row < m; row++)
                new Span<double>(result + row * stride, n).Clear();
        }

        int panels = (n + Panel - 1) / Panel, rowBlocks = (m + RowBlock - 1) / RowBlock;
        using var packed = AlignedMemory.Of<double>((long)panels * Panel * Math.Min(k, InnerBlock));
        double* values = (double*)packed.Pointer;
        bool small = (long)m * n * k < SmallWork;
        // Few blocks of rows are cut across too, so that every thread has some.
        int across = small || rowBlocks >= 4 * workers.ThreadCount ? 1 : Math.Min(panels, (4 * workers.ThreadCount + rowBlocks - 1) / rowBlocks);
        for (int from = 0; from < k; from += InnerBlock)
        {
            int count = Math.Min(InnerBlock, k - from), start = from;
            Into here = from > 0 && how == Into.Set ? Into.Add : how;
            void Pack(int panel) => PackPanel(right.From(start, panel * Panel), count, Math.Min(Panel, n - panel * Panel), values + (long)panel * Panel * count);
            void Part(int part) => Rows(
                here, left.From(0, start), values, count, result, stride, n,
                part / across * RowBlock, Math.Min(m, (part / across + 1) * RowBlock), panels * (part % across) / across, panels * (part % across + 1) / across);
            if (small)
            {
                for (int panel = 0; panel < panels; panel++)
                    Pack(panel);
                for (int part = 0; part < rowBlocks; part++)
                    Part(part);
                continue;
            }

            workers.Run(panels, Pack);
            workers.Run(rowBlocks * across, Part);
        }
    }

    /// <summary>[count, Panel], zeros beyond the last column.</summary>
    private static void PackPanel(View from, int count, int width, double* to)
    {
        if (width < Panel)
            new Span<double>(to, count * Panel).Clear();
        if (from.ColumnStep == 1)
        {
            for (int row = 0; row < count; row++)
                new ReadOnlySpan<double>(from.At(row, 0), width).CopyTo(new Span<double>(to + row * Panel, width));
            return;
        }

        // Eight values of a column at a time: a cache line where rows of the right matrix lie side by side.
        for (int first = 0; first < count; first += 8)
        {
            int last = Math.Min(count, first + 8);
            for (int column = 0; column < width; column++)
            {
                double* value = from.At(first, column);
                for (int row = first; row < last; row++, value += from.RowStep)
                    to[row * Panel + column] = *value;
            }
        }
    }

    [SkipLocalsInit]
    private static void Rows(Into how, View left, double* packed, int count, double* result, long stride, int n, int fromRow, int toRow, int fromPanel, int toPanel)
    {
        double* sums = stackalloc double[DoubleTile.Rows * Panel];
        for (int panel = fromPanel; panel < toPanel; panel++)
        {
            int column = panel * Panel, width = Math.Min(Panel, n - column);
            for (int row = fromRow; row < toRow; row += DoubleTile.Rows)
            {
                if (how == Into.SubtractUpper && column + width <= row / 8 * 8)
                    break;
                int height = Math.Min(DoubleTile.Rows, toRow - row);
                double* to = result + row * stride + column;
                bool direct = height == DoubleTile.Rows && width == Panel && how is (Into.Set or Into.Add);
                // The values that the sums join are on their way meanwhile.
                for (int r = 0; r < height && !direct && how != Into.Set; r++)
                    FetchTileRow(to + r * stride);

                DoubleTile.Sum(
                    left.At(row, 0), left.RowStep, left.ColumnStep, height, packed + (long)panel * Panel * count, count, direct ? to : sums, direct ? stride : Panel, adds: direct && how == Into.Add);
                for (int r = 0; r < height && !direct; r++)
                    Combine(how, sums + r * Panel, to + r * stride, width);
            }
        }
    }

    /// <summary>Asks for the values that a row of a tile will join.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchTileRow(double* values)
    {
        for (int i = 0; i < Panel; i += 8)
            CacheHint.Fetch(in values[i]);
    }

    /// <summary>Lets sums join the values at <paramref name="to"/>.</summary>
    internal static void Combine(Into how, double* sums, double* to, int count)
    {
        int i = 0;
        for (; i + Vector512<double>.Count <= count; i += Vector512<double>.Count)
        {
            var sum = Vector512.Load(sums + i);
            (how == Into.Set ? sum : how == Into.Add ? Vector512.Load(to + i) + sum : Vector512.Load(to + i) - sum).Store(to + i);
        }

        for (; i < count; i++)
            to[i] = how == Into.Set ? sums[i] : how == Into.Add ? to[i] + sums[i] : to[i] - sums[i];
    }
}
