using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>The running sums of <see cref="Gram"/>: rows are widened to double in panels of 8 columns, products summed in tiles of 8 × 24.</summary>
internal sealed unsafe class GramSums : IDisposable
{
    /// <summary>Rows of one pass: a tile's panels stay in the first-level cache, all panels in the second.</summary>
    public const int RowsAtOnce = 128;

    private const int Lanes = 8;
    private const int PanelsAcross = 3;

    private readonly int _columns;
    private readonly int _panels;
    private readonly AlignedMemory _values; // [panel, row, 8]: the rows of this pass
    private readonly AlignedMemory _products; // [panels · 8, panels · 8]: tiles on and above the diagonal
    private readonly AlignedMemory _sums; // [panels · 8]

    public GramSums(int columns)
    {
        _columns = columns;
        _panels = (columns + Lanes - 1) / Lanes;
        _values = AlignedMemory.Of<double>((long)_panels * Lanes * RowsAtOnce, zeroed: true);
        _products = AlignedMemory.Of<double>((long)_panels * Lanes * _panels * Lanes, zeroed: true);
        _sums = AlignedMemory.Of<double>(_panels * Lanes, zeroed: true);
    }

    private double* Panel(int panel) => (double*)_values.Pointer + (long)panel * Lanes * RowsAtOnce;

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
            var row = new float[_panels * Lanes];
            for (int r = part * rowsPerPart; r < Math.Min(count, (part + 1) * rowsPerPart); r++)
            {
                read(first + r, row.AsSpan(0, _columns));
                Spread(row, r);
            }
        });

        int across = (_panels + PanelsAcross - 1) / PanelsAcross;
        // The longest columns of tiles first, so that the threads end together.
        workers.Run(across, part => AddColumn((across - 1 - part) * PanelsAcross, count));
    }

    /// <summary>The sums of the columns [d].</summary>
    public double[] ColumnSums() => new ReadOnlySpan<double>(_sums.Pointer, _columns).ToArray();

    /// <summary>All products, the triangle below the diagonal filled in from above [d, d].</summary>
    public double[] Symmetric() => Block(0, _columns, 0, _columns);

    /// <summary>Products of the columns row … row + rows − 1 with the columns column … column + columns − 1 [rows, columns].</summary>
    public double[] Block(int row, int rows, int column, int columns)
    {
        long stride = _panels * Lanes;
        double* all = (double*)_products.Pointer;
        var result = new double[checked(rows * columns)];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                int a = row + i, b = column + j;
                result[i * columns + j] = a <= b ? all[a * stride + b] : all[b * stride + a];
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
            Widening.Doubles(Vector256.Create(row, p * Lanes)).StoreAligned(Panel(p) + r * Lanes);
        }
    }

    /// <summary>The tiles above and on the diagonal of three panels of columns.</summary>
    private void AddColumn(int panel, int count)
    {
        int wide = Math.Min(PanelsAcross, _panels - panel);
        for (int p = panel; p < panel + wide; p++)
        {
            var sum = Vector512.LoadAligned((double*)_sums.Pointer + p * Lanes);
            for (int r = 0; r < count; r++)
                sum += Vector512.LoadAligned(Panel(p) + r * Lanes);
            sum.StoreAligned((double*)_sums.Pointer + p * Lanes);
        }

        int stride = _panels * Lanes;
        for (int above = 0; above < panel + wide; above++)
        {
            double* to = (double*)_products.Pointer + (long)above * Lanes * stride + panel * Lanes;
            for (int i = 0; i < Lanes; i += Lanes / 2)
            {
                double* left = Panel(above) + i, tile = to + (long)i * stride;
                if (wide == PanelsAcross && Vector512.IsHardwareAccelerated)
                {
                    Tile4x24(left, Panel(panel), count, tile, stride);
                    continue;
                }

                for (int p = 0; p < wide; p++)
                    Tile4x8(left, Panel(panel + p), count, tile + p * Lanes, stride);
            }
        }
    }

    /// <summary>tile[4, 24] += Σ left[r, i] · right[r, j]: one block's sum in registers, then added, so that the order never depends on the tile.</summary>
    private static void Tile4x24(double* left, double* right, int count, double* tile, int stride)
    {
        double* right1 = right + Lanes * RowsAtOnce, right2 = right1 + Lanes * RowsAtOnce;
        Vector512<double> s00 = default, s01 = default, s02 = default, s10 = default, s11 = default, s12 = default;
        Vector512<double> s20 = default, s21 = default, s22 = default, s30 = default, s31 = default, s32 = default;
        for (int r = 0; r < count * Lanes; r += Lanes)
        {
            Vector512<double> y0 = Vector512.LoadAligned(right + r), y1 = Vector512.LoadAligned(right1 + r), y2 = Vector512.LoadAligned(right2 + r);
            var x = Vector512.Create(left[r]);
            s00 = Vector512.FusedMultiplyAdd(x, y0, s00);
            s01 = Vector512.FusedMultiplyAdd(x, y1, s01);
            s02 = Vector512.FusedMultiplyAdd(x, y2, s02);
            x = Vector512.Create(left[r + 1]);
            s10 = Vector512.FusedMultiplyAdd(x, y0, s10);
            s11 = Vector512.FusedMultiplyAdd(x, y1, s11);
            s12 = Vector512.FusedMultiplyAdd(x, y2, s12);
            x = Vector512.Create(left[r + 2]);
            s20 = Vector512.FusedMultiplyAdd(x, y0, s20);
            s21 = Vector512.FusedMultiplyAdd(x, y1, s21);
            s22 = Vector512.FusedMultiplyAdd(x, y2, s22);
            x = Vector512.Create(left[r + 3]);
            s30 = Vector512.FusedMultiplyAdd(x, y0, s30);
            s31 = Vector512.FusedMultiplyAdd(x, y1, s31);
            s32 = Vector512.FusedMultiplyAdd(x, y2, s32);
        }

        AddTo(tile, s00);
        AddTo(tile + Lanes, s01);
        AddTo(tile + 2 * Lanes, s02);
        tile += stride;
        AddTo(tile, s10);
        AddTo(tile + Lanes, s11);
        AddTo(tile + 2 * Lanes, s12);
        tile += stride;
        AddTo(tile, s20);
        AddTo(tile + Lanes, s21);
        AddTo(tile + 2 * Lanes, s22);
        tile += stride;
        AddTo(tile, s30);
        AddTo(tile + Lanes, s31);
        AddTo(tile + 2 * Lanes, s32);
    }

    /// <summary>tile[4, 8] += Σ left[r, i] · right[r, j], for 256-bit vectors and for the panels left over by the wide tile.</summary>
    private static void Tile4x8(double* left, double* right, int count, double* tile, int stride)
    {
        Vector256<double> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (int r = 0; r < count * Lanes; r += Lanes)
        {
            Vector256<double> y0 = Vector256.LoadAligned(right + r), y1 = Vector256.LoadAligned(right + r + 4);
            var x = Vector256.Create(left[r]);
            s00 = Vector256.FusedMultiplyAdd(x, y0, s00);
            s01 = Vector256.FusedMultiplyAdd(x, y1, s01);
            x = Vector256.Create(left[r + 1]);
            s10 = Vector256.FusedMultiplyAdd(x, y0, s10);
            s11 = Vector256.FusedMultiplyAdd(x, y1, s11);
            x = Vector256.Create(left[r + 2]);
            s20 = Vector256.FusedMultiplyAdd(x, y0, s20);
            s21 = Vector256.FusedMultiplyAdd(x, y1, s21);
            x = Vector256.Create(left[r + 3]);
            s30 = Vector256.FusedMultiplyAdd(x, y0, s30);
            s31 = Vector256.FusedMultiplyAdd(x, y1, s31);
        }

        AddTo(tile, Vector512.Create(s00, s01));
        AddTo(tile + stride, Vector512.Create(s10, s11));
        AddTo(tile + 2 * stride, Vector512.Create(s20, s21));
        AddTo(tile + 3 * stride, Vector512.Create(s30, s31));
    }

    private static void AddTo(double* at, Vector512<double> value) => (Vector512.LoadAligned(at) + value).StoreAligned(at);
}
