namespace Azimuth.Numerics;

/// <summary>A dense row-major float matrix in memory, for activations and results. Mutable; not synchronised.</summary>
public sealed class Matrix
{
    /// <summary>A zero matrix [rows, columns].</summary>
    public Matrix(int rows, int columns) : this(rows, columns, new float[checked(rows * columns)]) { }

    /// <summary>Wraps <paramref name="values"/> [rows · columns] without copying.</summary>
    public Matrix(int rows, int columns, float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != (long)rows * columns)
            throw new ArgumentException($"[{rows}, {columns}] needs {(long)rows * columns} values, found {values.Length}", nameof(values));
        (Rows, Columns, Values) = (rows, columns, values);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Values in a row.</summary>
    public int Columns { get; }

    /// <summary>All values, row after row.</summary>
    public float[] Values { get; }

    /// <summary>One row, as a view.</summary>
    public Span<float> Row(int row) => Values.AsSpan(row * Columns, Columns);

    /// <summary>One value.</summary>
    public float this[int row, int column]
    {
        get => Values[row * Columns + column];
        set => Values[row * Columns + column] = value;
    }
}
