using System.Buffers.Binary;
using System.Numerics.Tensors;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>Passes over a table a tile of rows at a time, on all threads, so that it is never expanded whole.</summary>
internal static class TableScan
{
    /// <summary>
    /// Calls <paramref name="visit"/> for tiles that together are all rows, each once. What a visit writes must depend on its rows alone: which rows
    /// make a tile depends on the threads.
    /// </summary>
    internal static void Run(StoredMatrix matrix, Workers workers, RowScores.TileAction visit, CancellationToken cancellation = default) =>
        workers.RunRanges(checked((int)matrix.Rows), grain: 64, (from, to) => RowScores.ForTiles(matrix, from, to, (first, count, rows) =>
        {
            cancellation.ThrowIfCancellationRequested();
            visit(first, count, rows);
        }));

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
        string found = column < 0 ? "numbers too large, expected finite ones" : FormattableString.Invariant($"{row[column]} in column {column}, expected finite numbers");
        string advice = table.File is null ? "Convert the checkpoint again or take another copy" : "Repair the file or take another copy";
        if (column >= 0 && table.Rows.Type == TensorType.F64 && StoredDouble(table.Rows, id, column) is var stored && double.IsFinite(stored))
            (found, advice) = (FormattableString.Invariant($"{stored:0.###e0} in column {column}, beyond the range of a 32-bit float"), "Scale the vectors down");
        return new CheckpointFormatException(table.File ?? table.Name, $"row {id} (\"{table.Text(id)}\") holds {found}. {advice}.", kind: "NonFiniteRow");
    }

    /// <summary>A number of a matrix of doubles before it is rounded to float.</summary>
    internal static double StoredDouble(StoredMatrix matrix, long row, int column)
    {
        double value = BinaryPrimitives.ReadDoubleLittleEndian(matrix.Bytes.Span((row * matrix.Columns + column) * sizeof(double), sizeof(double)));
        GC.KeepAlive(matrix);
        return value;
    }
}
