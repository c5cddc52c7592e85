using System.Buffers;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>The running sums of <see cref="Gram"/>: rows are widened to double in panels of columns as wide as a tile, products summed in the tiles of the matrix product of doubles.</summary>
internal sealed unsafe class GramSums : IDisposable
{
    /// <summary>Rows of one pass: a panel of them stays in the second-level cache.</summary>
    public const int RowsAtOnce = 256;

    private static readonly int Width = DoubleTile.Columns;
    private const int Lanes = 4;

    private readonly int _columns;
    private readonly int _panels;
    private readonly AlignedMemory _values; // [panel, row, column]: the rows of this pass
    private readonly AlignedMemory _products; // [columns, stride]: tiles on and above the diagonal
    private readonly AlignedMemory _sums; // [columns]
    private readonly long _stride;

    public GramSums(int columns)
    {
        _columns = columns;
        _panels = (columns + Width - 1) / Width;
        // An odd number of cache lines, so that the rows of a tile do not compete for the same cache sets.
        _stride = ((_panels * Width + 7) / 8 | 1) * 8;
        _values = AlignedMemory.Of<double>((long)_panels * Width * RowsAtOnce, zeroed: true, largePages: true);
        _products = AlignedMemory.Of<double>(_panels * Width * _stride, zeroed: true, largePages: true);
        _sums = AlignedMemory.Of<double>(_panels * Width, zeroed: true);
    }

    private double* Panel(int panel) => (double*)_values.Pointer + (long)panel * Width * RowsAtOnce;

    /// <summary>Writes one row, widened, to the destination [columns].</summary>
    public delegate void RowSource(long row, Span<float> destination);

    /// <summary>Adds <paramref name="count"/> rows from <paramref name="first"/> on.</summary>
    public void Add(StoredMatrix rows, long first, int count, Workers workers) => Add(rows.ReadRow, first, count, workers);

    /// <summary>The same for rows that are put together from several places.</summary>
    public void Add(RowSource read, long first, int count, Workers workers)
    {
        const int rowsPerPart = 16;
        workers.Run((count + rowsPerPart - 1) / rowsPerPart, part =>
        {
            float[] row = ArrayPool<float>.Shared.Rent(_panels * Width);
            row.AsSpan(_columns).Clear();
            for (int r = part * rowsPerPart; r < Math.Min(count, (part + 1) * rowsPerPart); r++)
            {
                read(first + r, row.AsSpan(0, _columns));
                Spread(row, r);
            }

            ArrayPool<float>.Shared.Return(row);
        });

        // The longest columns of tiles first, so that the threads end together.
        workers.Run(_panels, part => AddColumn(_panels - 1 - part, count));
    }

    /// <summary>The sums of the columns [d].</summary>
    public double[] ColumnSums() => new ReadOnlySpan<double>(_sums.Pointer, _columns).ToArray();

    /// <summary>All products, the triangle below the diagonal filled in from above [d, d].</summary>
    public double[] Symmetric() => Block(0, _columns, 0, _columns);

    /// <summary>Products of the columns row … row + rows − 1 with the columns column … column + columns − 1 [rows, columns].</summary>
    public double[] Block(int row, int rows, int column, int columns)
    {
        double* all = (double*)_products.Pointer;
        var result = new double[checked(rows * columns)];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                int a = row + i, b = column + j;
                result[i * columns + j] = a <= b ? all[a * _stride + b] : all[b * _stride + a];
            }
        }

        return result;
    }

    public void Dispose()
    {
        _values.Dispose();
        _products.Dispose();
        _sums.Dispose();
    }

    private void Spread(float[] row, int r)
    {
        for (int p = 0; p < _panels; p++)
        {
            double* to = Panel(p) + r * Width;
            for (int lane = 0; lane < Width; lane += Lanes)
                Widening.Doubles(Vector128.Create(row, p * Width + lane)).Store(to + lane);
        }
    }

    /// <summary>The tiles above and on the diagonal of one panel of columns.</summary>
    private void AddColumn(int panel, int count)
    {
        double* right = Panel(panel);
        double* sums = (double*)_sums.Pointer + panel * Width;
        for (int lane = 0; lane < Width; lane += 3 * Lanes)
        {
            Vector256<double> first = Vector256.Load(sums + lane), second = Vector256.Load(sums + lane + Lanes), third = Vector256.Load(sums + lane + 2 * Lanes);
            for (double* row = right + lane; row < right + (long)count * Width; row += Width)
            {
                first += Vector256.Load(row);
                second += Vector256.Load(row + Lanes);
                third += Vector256.Load(row + 2 * Lanes);
            }

            first.Store(sums + lane);
            second.Store(sums + lane + Lanes);
            third.Store(sums + lane + 2 * Lanes);
        }

        for (int row = 0; row < (panel + 1) * Width; row += DoubleTile.Rows)
        {
            double* to = (double*)_products.Pointer + row * _stride + panel * Width, left = Panel(row / Width) + row % Width;
            DoubleTile.Sum(left, 1, Width, DoubleTile.Rows, right, count, to, _stride, adds: true);
        }
    }
}
