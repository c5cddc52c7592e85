using System.Buffers;
using System.Numerics.Tensors;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>Passes over a table a tile of rows at a time, on all threads, so that it is never expanded whole.</summary>
internal static class TableScan
{
    /// <summary>Floats in one tile: 1 MiB, so that a tile stays in the second-level cache while it is worked on.</summary>
    private const int TileValues = 1 << 18;

    /// <summary>What is done with rows first … first + count − 1, widened to <paramref name="rows"/> [count, columns].</summary>
    internal delegate void TileAction(int first, int count, ReadOnlySpan<float> rows);

    /// <summary>Rows in one tile of a table this wide.</summary>
    internal static int TileRows(int columns) => Math.Clamp(TileValues / Math.Max(1, columns), 1, 1024);

    /// <summary>Calls <paramref name="visit"/> for every tile; which rows make a tile depends on the width only, never on the threads.</summary>
    internal static void Run(StoredMatrix matrix, Workers workers, TileAction visit, CancellationToken cancellation = default)
    {
        int columns = matrix.Columns, tileRows = TileRows(columns), rows = checked((int)matrix.Rows);
        workers.Run((rows + tileRows - 1) / tileRows, tile =>
        {
            cancellation.ThrowIfCancellationRequested();
            int first = tile * tileRows, count = Math.Min(tileRows, rows - first);
            float[] buffer = ArrayPool<float>.Shared.Rent(count * columns);
            var values = buffer.AsSpan(0, count * columns); // [count, columns]
            matrix.ReadRows(first, count, values);
            visit(first, count, values);
            ArrayPool<float>.Shared.Return(buffer);
        });
    }

    /// <summary>Euclidean length of every row, by id. NaN or infinite where the row is.</summary>
    internal static double[] Norms(StoredMatrix matrix, Workers workers, CancellationToken cancellation = default)
    {
        var norms = new double[matrix.Rows];
        int columns = matrix.Columns;
        Run(matrix, workers, (first, count, rows) =>
        {
            for (int i = 0; i < count; i++)
                norms[first + i] = Vectors.Norm(rows.Slice(i * columns, columns));
        }, cancellation);
        return norms;
    }

    /// <summary>Stops at the first row whose length is not a finite number, by name.</summary>
    /// <exception cref="CheckpointFormatException">A row holds NaN or an infinity.</exception>
    internal static void RequireFinite(EmbeddingTable table, ReadOnlySpan<double> norms)
    {
        int id = norms.IndexOfAnyExceptInRange(0, double.MaxValue);
        if (id >= 0)
            throw NonFinite(table, id);
    }

    /// <summary>The token's row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="CheckpointFormatException">The row holds NaN or an infinity.</exception>
    internal static float[] FiniteRow(EmbeddingTable table, int id)
    {
        if ((uint)id >= (uint)table.Count)
            throw new ArgumentOutOfRangeException(nameof(id), id, $"the {table.Name} has rows 0 to {table.Count - 1}");
        float[] row = table.Vector(id);
        return TensorPrimitives.IsFiniteAll<float>(row) ? row : throw NonFinite(table, id);
    }

    private static CheckpointFormatException NonFinite(EmbeddingTable table, int id)
    {
        float[] row = table.Vector(id);
        int column = Array.FindIndex(row, v => !float.IsFinite(v));
        string found = column < 0 ? "numbers too large" : FormattableString.Invariant($"{row[column]} in column {column}");
        return new CheckpointFormatException(table.Name, $"row {id} (\"{table.Text(id)}\") holds {found}, expected finite numbers. Convert the checkpoint again or take another copy.", kind: "NonFiniteRow");
    }
}
