using System.Runtime.CompilerServices;

namespace Azimuth.Numerics;

/// <summary>
/// A matrix of doubles [rows, columns] whose dot products with many vectors are wanted: rotations, whitening, queries. Every sum runs over the
/// columns in order, so equal vectors get equal bits whatever stands beside them. Immutable, safe for many threads.
/// </summary>
internal sealed unsafe class DoubleRows
{
    private static readonly int Width = DoubleTile.Columns;
    private const int Together = 64; // vectors that stay in the second-level cache while the rows go by

    private readonly AlignedMemory _panels; // [panel of rows, column, row]; the rows past the last are zero

    /// <summary>Copies <paramref name="values"/> [rows, columns].</summary>
    internal DoubleRows(ReadOnlySpan<double> values, int rows, int columns)
    {
        if (values.Length != (long)rows * columns)
            throw new ArgumentException($"[{rows}, {columns}] needs {(long)rows * columns} values, found {values.Length}", nameof(values));
        (Count, Columns) = (rows, columns);
        _panels = AlignedMemory.Of<double>((long)PanelCount * Width * columns, zeroed: true, largePages: true);
        for (int row = 0; row < rows; row++)
        {
            double* to = Panel(row / Width) + row % Width;
            for (int c = 0; c < columns; c++)
                to[(long)c * Width] = values[row * columns + c];
        }
    }

    /// <summary>Number of rows.</summary>
    internal int Count { get; }

    /// <summary>Values in a row.</summary>
    internal int Columns { get; }

    private int PanelCount => (Count + Width - 1) / Width;

    private double* Panel(int panel) => (double*)_panels.Pointer + (long)panel * Width * Columns;

    /// <summary>results[v, r] = vector v · row r; vectors [count, columns], results [count, rows].</summary>
    [SkipLocalsInit]
    internal void Multiply(ReadOnlySpan<double> vectors, int count, Span<double> results)
    {
        if (vectors.Length != (long)count * Columns || results.Length != (long)count * Count)
            throw new ArgumentException($"[{count}, {Columns}] and [{count}, {Count}] expected, found {vectors.Length} and {results.Length} values");
        double* sums = stackalloc double[DoubleTile.Rows * Width];
        fixed (double* from = vectors, to = results)
        {
            for (int block = 0; block < count; block += Together)
            {
                for (int panel = 0; panel < PanelCount; panel++)
                {
                    int width = Math.Min(Width, Count - panel * Width);
                    for (int first = block; first < Math.Min(count, block + Together); first += DoubleTile.Rows)
                    {
                        int here = Math.Min(DoubleTile.Rows, count - first);
                        double* place = to + (long)first * Count + panel * Width;
                        bool direct = here == DoubleTile.Rows && width == Width;
                        DoubleTile.Sum(from + (long)first * Columns, Columns, 1, here, Panel(panel), Columns, direct ? place : sums, direct ? Count : Width);
                        for (int i = 0; i < here && !direct; i++)
                            DoubleProduct.Combine(DoubleProduct.Into.Set, sums + i * Width, place + (long)i * Count, width);
                    }
                }
            }
        }

        GC.KeepAlive(_panels);
    }
}
