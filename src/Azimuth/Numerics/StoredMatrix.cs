namespace Azimuth.Numerics;

/// <summary>
/// A row-major matrix in the type it is stored in, over memory-mapped or owned bytes; read a row at a time, never expanded whole.
/// Immutable, safe to read from many threads, nobody disposes it. May have more than 2³¹ elements.
/// </summary>
public sealed class StoredMatrix
{
    /// <summary>Wraps bytes as a matrix [rows, columns].</summary>
    /// <exception cref="ArgumentException">Type without a float reading, columns not a whole number of blocks, or another number of bytes than the shape needs.</exception>
    public StoredMatrix(TensorType type, long rows, int columns, StoredBytes bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (!type.IsReadableAsFloat())
            throw new ArgumentException($"{type} has no reading as float", nameof(type));
        if (columns % type.BlockLength() != 0)
            throw new ArgumentException($"{type} needs columns in multiples of {type.BlockLength()}, found {columns}", nameof(columns));
        RowBytes = (long)columns / type.BlockLength() * type.BlockBytes();
        if (bytes.Length != checked(rows * RowBytes))
            throw new ArgumentException($"[{rows}, {columns}] of {type} needs {rows * RowBytes} bytes, found {bytes.Length}", nameof(bytes));
        (Type, Rows, Columns, Bytes) = (type, rows, columns, bytes);
    }

    /// <summary>How the numbers are stored.</summary>
    public TensorType Type { get; }

    /// <summary>Number of rows.</summary>
    public long Rows { get; }

    /// <summary>Values in a row.</summary>
    public int Columns { get; }

    /// <summary>Bytes of one row.</summary>
    public long RowBytes { get; }

    /// <summary>The stored bytes, row after row.</summary>
    public StoredBytes Bytes { get; }

    /// <summary>Copies floats [rows, columns] into a matrix of its own.</summary>
    public static StoredMatrix FromFloats(ReadOnlySpan<float> values, long rows, int columns) =>
        new(TensorType.F32, rows, columns, StoredBytes.FromFloats(values));

    /// <summary>A view of a pinned array, which whoever owns it goes on changing: weights in training.</summary>
    internal static unsafe StoredMatrix OverPinned(float[] pinned, long rows, int columns)
    {
        if (pinned.Length != rows * columns)
            throw new ArgumentException($"[{rows}, {columns}] needs {rows * columns} values, found {pinned.Length}", nameof(pinned));
        return new StoredMatrix(TensorType.F32, rows, columns, new StoredBytes((byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref pinned[0]), pinned.Length * (long)sizeof(float), pinned));
    }

    /// <summary>Matrices of as many columns one below the other, in their own type when they share it, else widened.</summary>
    /// <param name="parts">One or more.</param>
    /// <param name="memory">Whoever calls disposes it, and does not use the matrix afterwards.</param>
    internal static unsafe StoredMatrix Stack(IReadOnlyList<StoredMatrix> parts, out IDisposable memory)
    {
        TensorType type = parts.All(part => part.Type == parts[0].Type) ? parts[0].Type : TensorType.F32;
        int columns = parts[0].Columns;
        long rows = parts.Sum(part => part.Rows), rowBytes = (long)columns / type.BlockLength() * type.BlockBytes();
        AlignedMemory stacked = AlignedMemory.Of<byte>(checked(rows * rowBytes));
        memory = stacked;
        byte* at = stacked.Pointer;
        foreach (StoredMatrix part in parts)
        {
            for (long row = 0; row < part.Rows; row++, at += rowBytes)
            {
                if (type == part.Type)
                    part.Bytes.Span(row * rowBytes, (int)rowBytes).CopyTo(new Span<byte>(at, (int)rowBytes));
                else
                    part.ReadRow(row, new Span<float>((float*)at, columns));
            }

            part.Bytes.Release(0, part.Bytes.Length);
            GC.KeepAlive(part.Bytes);
        }

        return new StoredMatrix(type, rows, columns, new StoredBytes(stacked.Pointer, stacked.Bytes, stacked));
    }

    /// <summary>Writes one tile of rows [count, columns].</summary>
    internal delegate void TileWriter(long first, int count, Span<float> tile);

    /// <summary>A matrix of floats whose rows are computed, a tile at a time on all threads, in memory of its own.</summary>
    internal static unsafe StoredMatrix FromTiles(long rows, int columns, Workers workers, TileWriter write, CancellationToken cancellation = default)
    {
        const int tileRows = 64;
        AlignedMemory memory = AlignedMemory.Of<float>(checked(rows * columns));
        workers.Run(checked((int)((rows + tileRows - 1) / tileRows)), tile =>
        {
            cancellation.ThrowIfCancellationRequested();
            long first = (long)tile * tileRows;
            int count = (int)Math.Min(tileRows, rows - first);
            write(first, count, new Span<float>((float*)memory.Pointer + first * columns, count * columns));
        });
        return new StoredMatrix(TensorType.F32, rows, columns, new StoredBytes(memory.Pointer, memory.Bytes, memory));
    }

    /// <summary>Row <paramref name="row"/> widened to float; <paramref name="destination"/> has <see cref="Columns"/> places.</summary>
    public void ReadRow(long row, Span<float> destination)
    {
        if ((ulong)row >= (ulong)Rows)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"the matrix has {Rows} rows");
        if (destination.Length != Columns)
            throw new ArgumentException($"a row has {Columns} values, the destination {destination.Length}", nameof(destination));
        RowDecoder.Decode(Type, Bytes.Span(row * RowBytes, (int)RowBytes), destination);
        GC.KeepAlive(Bytes);
    }

    /// <summary>Row <paramref name="row"/> widened to a new array [columns].</summary>
    public float[] Row(long row)
    {
        var values = new float[Columns];
        ReadRow(row, values);
        return values;
    }

    /// <summary><paramref name="count"/> rows from <paramref name="first"/> on, widened: a tile [count, columns].</summary>
    public void ReadRows(long first, int count, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (first < 0 || first > Rows - count)
            throw new ArgumentOutOfRangeException(nameof(first), first, $"{count} rows from there on reach outside the matrix of {Rows} rows");
        if (destination.Length != (long)count * Columns)
            throw new ArgumentException($"{count} rows have {(long)count * Columns} values, the destination {destination.Length}", nameof(destination));
        if (count * RowBytes <= int.MaxValue)
            RowDecoder.Decode(Type, Bytes.Span(first * RowBytes, (int)(count * RowBytes)), destination);
        else
        {
            for (int i = 0; i < count; i++)
                ReadRow(first + i, destination.Slice(i * Columns, Columns));
        }

        GC.KeepAlive(Bytes);
    }
}
