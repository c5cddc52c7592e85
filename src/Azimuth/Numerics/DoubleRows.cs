using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// A matrix of doubles [rows, columns] whose dot products with many vectors are wanted: rotations, whitening, queries. Every sum runs over the
/// columns in order, so equal vectors get equal bits whatever stands beside them. Immutable, safe for many threads.
/// </summary>
internal sealed class DoubleRows
{
    /// <summary>Vectors worked on together: two registers of doubles.</summary>
    private const int Together = 16;

    private readonly double[] _rows; // [rows rounded up to 4, columns]; the rows past the last are zero

    /// <summary>Copies <paramref name="values"/> [rows, columns].</summary>
    internal DoubleRows(ReadOnlySpan<double> values, int rows, int columns)
    {
        if (values.Length != (long)rows * columns)
            throw new ArgumentException($"[{rows}, {columns}] needs {(long)rows * columns} values, found {values.Length}", nameof(values));
        (Count, Columns) = (rows, columns);
        _rows = new double[checked((rows + 3) / 4 * 4 * columns)];
        values.CopyTo(_rows);
    }

    /// <summary>Number of rows.</summary>
    internal int Count { get; }

    /// <summary>Values in a row.</summary>
    internal int Columns { get; }

    /// <summary>results[v, r] = vector v · row r; vectors [count, columns], results [count, rows].</summary>
    internal void Multiply(ReadOnlySpan<double> vectors, int count, Span<double> results)
    {
        if (vectors.Length != (long)count * Columns || results.Length != (long)count * Count)
            throw new ArgumentException($"[{count}, {Columns}] and [{count}, {Count}] expected, found {vectors.Length} and {results.Length} values");
        double[] rented = ArrayPool<double>.Shared.Rent(Columns * Together);
        Span<double> lanes = rented.AsSpan(0, Columns * Together); // [columns, 16]
        Span<double> z = stackalloc double[4 * Together];
        for (int first = 0; first < count; first += Together)
        {
            int here = Math.Min(Together, count - first);
            for (int i = 0; i < here; i++)
            {
                var vector = vectors.Slice((first + i) * Columns, Columns);
                for (int c = 0; c < vector.Length; c++)
                    lanes[c * Together + i] = vector[c];
            }

            for (int r = 0; r < Count; r += 4)
            {
                FourRows(_rows.AsSpan(r * Columns, 4 * Columns), lanes, z);
                for (int i = 0; i < here; i++)
                {
                    for (int w = 0; w < Math.Min(4, Count - r); w++)
                        results[(first + i) * Count + r + w] = z[w * Together + i];
                }
            }
        }

        ArrayPool<double>.Shared.Return(rented);
    }

    /// <summary>z[4, 16] = rows[4, columns] · lanes[columns, 16], all sums in registers.</summary>
    private static void FourRows(ReadOnlySpan<double> rows, ReadOnlySpan<double> lanes, Span<double> z)
    {
        int columns = rows.Length / 4;
        var x = MemoryMarshal.Cast<double, Vector512<double>>(lanes); // [columns, 2]
        ReadOnlySpan<double> a = rows[..columns], b = rows.Slice(columns, columns), c = rows.Slice(2 * columns, columns), d = rows[(3 * columns)..];
        Vector512<double> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (int k = 0; k < columns; k++)
        {
            Vector512<double> x0 = x[2 * k], x1 = x[2 * k + 1], w = Vector512.Create(a[k]);
            a0 = Vector512.FusedMultiplyAdd(w, x0, a0);
            a1 = Vector512.FusedMultiplyAdd(w, x1, a1);
            w = Vector512.Create(b[k]);
            b0 = Vector512.FusedMultiplyAdd(w, x0, b0);
            b1 = Vector512.FusedMultiplyAdd(w, x1, b1);
            w = Vector512.Create(c[k]);
            c0 = Vector512.FusedMultiplyAdd(w, x0, c0);
            c1 = Vector512.FusedMultiplyAdd(w, x1, c1);
            w = Vector512.Create(d[k]);
            d0 = Vector512.FusedMultiplyAdd(w, x0, d0);
            d1 = Vector512.FusedMultiplyAdd(w, x1, d1);
        }

        var to = MemoryMarshal.Cast<double, Vector512<double>>(z);
        (to[0], to[1], to[2], to[3]) = (a0, a1, b0, b1);
        (to[4], to[5], to[6], to[7]) = (c0, c1, d0, d1);
    }
}
