namespace Azimuth.Numerics;

/// <summary>
/// Floats [rows, columns] that are learned in place: each row begins on a cache line and is filled up with zeros to whole vectors, so that kernels need no ends. May have more
/// than 2³¹ elements. Not synchronised: who writes which row is the caller's affair.
/// </summary>
internal sealed unsafe class PaddedRows : IDisposable
{
    private const int VectorFloats = 16;
    private readonly AlignedMemory _memory;

    /// <summary>Zeros.</summary>
    public PaddedRows(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        (Rows, Columns, Stride) = (rows, columns, checked(columns + VectorFloats - 1) / VectorFloats * VectorFloats);
        _memory = AlignedMemory.Of<float>(checked((long)rows * Stride), zeroed: true, largePages: true);
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Floats from one row to the next: <see cref="Columns"/> rounded up to whole vectors.</summary>
    public int Stride { get; }

    /// <summary>The first row, for kernels in this folder; they call <see cref="GC.KeepAlive"/> on this object.</summary>
    internal float* Pointer => (float*)_memory.Pointer;

    /// <summary>A row without what fills it up.</summary>
    public Span<float> Row(int row)
    {
        if ((uint)row >= (uint)Rows)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"there are {Rows} rows");
        return new Span<float>(Pointer + (long)row * Stride, Columns);
    }

    /// <summary>Takes the values of a matrix of the same shape.</summary>
    public void CopyFrom(StoredMatrix matrix)
    {
        if (matrix.Rows != Rows || matrix.Columns != Columns)
            throw new ArgumentException($"expected [{Rows}, {Columns}], found [{matrix.Rows}, {matrix.Columns}]", nameof(matrix));
        for (int row = 0; row < Rows; row++)
            matrix.ReadRow(row, Row(row));
    }

    /// <summary>A copy without what fills the rows up.</summary>
    public StoredMatrix ToStored(Workers workers) => StoredMatrix.FromTiles(Rows, Columns, workers, (first, count, tile) =>
    {
        for (int i = 0; i < count; i++)
            Row((int)first + i).CopyTo(tile.Slice(i * Columns, Columns));
    });

    public void Dispose() => _memory.Dispose();
}
