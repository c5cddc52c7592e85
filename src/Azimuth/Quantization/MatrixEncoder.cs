using System.Numerics.Tensors;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Quantization;

/// <summary>Sums over the values that were stored anew, in double.</summary>
/// <param name="Values">How many.</param>
/// <param name="Squares">Σ x².</param>
/// <param name="Errors">Σ (x − y)².</param>
/// <param name="Largest">max |x − y|.</param>
internal readonly record struct ErrorSums(long Values, double Squares, double Errors, double Largest)
{
    public static ErrorSums operator +(ErrorSums a, ErrorSums b) =>
        new(a.Values + b.Values, a.Squares + b.Squares, a.Errors + b.Errors, Math.Max(a.Largest, b.Largest));
}

/// <summary>A tensor of a checkpoint on its way to how it will be stored, a tile of rows at a time.</summary>
internal sealed class MatrixEncoder
{
    private const int TileValues = 1 << 18;

    private readonly Checkpoint _checkpoint;
    private readonly PlannedTensor _tensor;
    private readonly int[]? _rowOrder;
    private readonly float _shift;
    private readonly Workers _workers;
    private readonly long _rows;
    private readonly int _columns;

    /// <param name="checkpoint">Where the tensor lies.</param>
    /// <param name="tensor">What it is to become.</param>
    /// <param name="rowOrder">Which row of the tensor each row written is; all in order when null.</param>
    /// <param name="workers">The threads to use; they change nothing.</param>
    /// <param name="shift">Added to every value.</param>
    public MatrixEncoder(Checkpoint checkpoint, PlannedTensor tensor, int[]? rowOrder, Workers workers, float shift = 0)
    {
        (_checkpoint, _tensor, _rowOrder, _shift, _workers) = (checkpoint, tensor, rowOrder, shift, workers);
        // A vector that is put in another order is a column.
        bool isColumn = tensor.Shape.Count == 1 && rowOrder is not null;
        _columns = isColumn ? 1 : checked((int)(tensor.Shape.Count == 0 ? 1 : tensor.Shape[^1]));
        _rows = TensorInfo.Product(tensor.Shape) / Math.Max(1, _columns);
    }

    /// <summary>Its bytes, made when they are written. Those of a tensor that keeps its type are copied, whatever they hold.</summary>
    public TensorContent Content
    {
        get
        {
            bool changes = _tensor.Changes || _shift != 0;
            if (!changes && _rowOrder is null)
                return _checkpoint.Bytes(_tensor.Source.Name);
            long rowBytes = (long)_columns / _tensor.Type.BlockLength() * _tensor.Type.BlockBytes();
            return TensorContent.Made(_rows * rowBytes, changes ? (stream, cancellation) => Write(stream, cancellation) : (stream, cancellation) => CopyRows(stream, (int)rowBytes, cancellation));
        }
    }

    private void CopyRows(Stream stream, int rowBytes, CancellationToken cancellation)
    {
        StoredBytes bytes = _checkpoint.Bytes(_tensor.Source.Name);
        foreach (int row in _rowOrder!)
        {
            cancellation.ThrowIfCancellationRequested();
            stream.Write(bytes.Span((long)row * rowBytes, rowBytes));
        }

        GC.KeepAlive(bytes);
    }

    /// <summary>Writes its bytes and says how far they are from the original's.</summary>
    /// <exception cref="CheckpointFormatException">A finite value becomes infinite (kind <c>OutOfRange</c>).</exception>
    public ErrorSums Write(Stream stream, CancellationToken cancellation)
    {
        StoredBytes bytes = _checkpoint.Bytes(_tensor.Source.Name);
        TensorType sourceType = _tensor.Source.Type!.Value;
        long sourceColumns = _tensor.IsTransposed ? _rows : _columns;
        var source = new StoredMatrix(sourceType, _tensor.IsTransposed ? _columns : _rows, checked((int)sourceColumns), bytes);
        float[]? whole = _tensor.IsTransposed ? Widen(source) : null; // [columns, rows]
        int tileRows = (int)Math.Clamp(TileValues / Math.Max(1, _columns), 1, Math.Max(1, _rows));
        int rowBytes = _columns / _tensor.Type.BlockLength() * _tensor.Type.BlockBytes();
        float[] values = new float[tileRows * _columns], restored = new float[values.Length];
        byte[] encoded = new byte[checked(tileRows * rowBytes)];
        var sums = new ErrorSums[tileRows];
        ErrorSums total = default;
        for (long first = 0; first < _rows; first += tileRows)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(tileRows, _rows - first);
            long start = first;
            _workers.RunRanges(count, 1, (from, to) =>
            {
                for (int i = from; i < to; i++)
                {
                    var row = values.AsSpan(i * _columns, _columns);
                    Read(source, whole, start + i, row);
                    sums[i] = Encode(start + i, row, restored.AsSpan(i * _columns, _columns), encoded.AsSpan(i * rowBytes, rowBytes));
                }
            });
            stream.Write(encoded, 0, count * rowBytes);
            for (int i = 0; i < count; i++)
                total += sums[i];
        }

        GC.KeepAlive(bytes);
        return total;
    }

    private void Read(StoredMatrix source, float[]? whole, long row, Span<float> values)
    {
        long at = _rowOrder?[row] ?? row;
        if (whole is null)
            source.ReadRow(at, values);
        else
        {
            for (int k = 0; k < values.Length; k++)
                values[k] = whole[k * _rows + at];
        }

        if (_shift != 0)
            TensorPrimitives.Add(values, _shift, values);
    }

    private ErrorSums Encode(long row, ReadOnlySpan<float> values, Span<float> restored, Span<byte> encoded)
    {
        if (_tensor.Via is { } via)
        {
            via.RoundTrip(values, restored);
            RowEncoder.Encode(_tensor.Type, restored, encoded);
        }
        else
        {
            RowEncoder.Encode(_tensor.Type, values, encoded);
            RowDecoder.Decode(_tensor.Type, encoded, restored);
        }

        if (!TensorPrimitives.IsFiniteAll<float>(restored))
            throw NotFinite(row, values);
        double squares = 0, errors = 0, largest = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double error = (double)values[i] - restored[i];
            squares += (double)values[i] * values[i];
            errors += error * error;
            largest = Math.Max(largest, Math.Abs(error));
        }

        return new ErrorSums(values.Length, squares, errors, largest);
    }

    private CheckpointFormatException NotFinite(long row, ReadOnlySpan<float> values)
    {
        string name = _tensor.Via?.Name() ?? _tensor.Type.ToString().ToLowerInvariant();
        bool wasFinite = TensorPrimitives.IsFiniteAll(values);
        string problem = wasFinite
            ? FormattableString.Invariant($"row {row} holds {TensorPrimitives.MaxMagnitude(values):g6}, beyond what {name} can hold. Choose bf16")
            : FormattableString.Invariant($"row {row} holds NaN or an infinity, expected finite numbers. The file is damaged or the training diverged: use another checkpoint");
        return new CheckpointFormatException(_tensor.Source.File, problem, _tensor.Source.Name, kind: wasFinite ? "OutOfRange" : "NonFiniteWeights");
    }

    private static float[] Widen(StoredMatrix matrix)
    {
        var values = new float[checked(matrix.Rows * matrix.Columns)];
        for (int row = 0; row < matrix.Rows; row++)
            matrix.ReadRow(row, values.AsSpan(row * matrix.Columns, matrix.Columns));
        return values;
    }
}
