using System.Numerics.Tensors;
using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Quantization;

/// <summary>One call of <see cref="TableQuantization.Of"/>.</summary>
internal sealed class TableQuantizer(EmbeddingTable table, QuantizationType type, TableQuantizationOptions options, Workers workers)
{
    private const int TileRows = 240;

    private readonly StoredMatrix _rows = table.Rows;
    private readonly int _columns = table.ModelDim;
    private readonly double[] _squares = new double[table.Count]; // Σ x²
    private readonly double[] _errors = new double[table.Count]; // Σ (x − y)²
    private readonly double[] _largest = new double[table.Count];
    private readonly double[] _cosines = new double[table.Count]; // NaN without direction
    private readonly double[] _angles = new double[table.Count];

    public TableQuantization Measure(IProgress<double>? progress, CancellationToken cancellation)
    {
        int count = table.Count;
        int[] queries = Queries(count);
        var (before, after) = SearchesOf(queries);
        float[] tile = new float[TileRows * _columns], restored = new float[TileRows * _columns];
        float[] scales = new float[TileRows], restoredScales = new float[TileRows]; // 1 / length
        for (int first = 0; first < count; first += TileRows)
        {
            cancellation.ThrowIfCancellationRequested();
            int size = Math.Min(TileRows, count - first);
            _rows.ReadRows(first, size, tile.AsSpan(0, size * _columns));
            workers.RunRanges(size, 4, (from, to) =>
            {
                for (int i = from; i < to; i++)
                {
                    var x = tile.AsSpan(i * _columns, _columns);
                    var y = restored.AsSpan(i * _columns, _columns);
                    MeasureRow(first + i, x, y);
                    (scales[i], restoredScales[i]) = ((float)(1 / Vectors.Norm(x)), (float)(1 / Vectors.Norm(y)));
                }
            });
            before.Offer(tile.AsSpan(0, size * _columns), scales.AsSpan(0, size), first, workers);
            after.Offer(restored.AsSpan(0, size * _columns), restoredScales.AsSpan(0, size), first, workers);
            progress?.Report((double)(first + size) / count);
        }

        return Result(queries, Overlap(queries, before, after));
    }

    private int[] Queries(int count)
    {
        if (count <= options.ExactRows || count <= options.Sample)
            return [.. Enumerable.Range(0, count)];
        var random = new SeededRandom(options.Seed);
        var drawn = new HashSet<int>(options.Sample);
        while (drawn.Count < options.Sample)
            drawn.Add(random.NextInt32(count));
        return [.. drawn.Order()];
    }

    private (CosineSearch Before, CosineSearch After) SearchesOf(int[] queries)
    {
        float[] vectors = new float[checked(queries.Length * _columns)], restored = new float[vectors.Length];
        for (int q = 0; q < queries.Length; q++)
        {
            var x = vectors.AsSpan(q * _columns, _columns);
            var y = restored.AsSpan(q * _columns, _columns);
            _rows.ReadRow(queries[q], x);
            RequireFinite(queries[q], x);
            type.RoundTrip(x, y);
        }

        return (new CosineSearch(vectors, queries, _columns, options.Neighbors), new CosineSearch(restored, queries, _columns, options.Neighbors));
    }

    private void MeasureRow(int id, ReadOnlySpan<float> row, Span<float> restored)
    {
        RequireFinite(id, row);
        type.RoundTrip(row, restored);
        if (!TensorPrimitives.IsFiniteAll<float>(restored))
            throw OutOfRange(id, row);
        double squares = 0, errors = 0, largest = 0;
        for (int i = 0; i < row.Length; i++)
        {
            double error = (double)row[i] - restored[i];
            squares += (double)row[i] * row[i];
            errors += error * error;
            largest = Math.Max(largest, Math.Abs(error));
        }

        (_squares[id], _errors[id], _largest[id]) = (squares, errors, largest);
        _cosines[id] = Vectors.Cosine(row, restored) ?? double.NaN;
        _angles[id] = Vectors.AngleDegrees(row, restored) ?? double.NaN;
    }

    private void RequireFinite(int id, ReadOnlySpan<float> row)
    {
        if (!TensorPrimitives.IsFiniteAll(row))
            _ = TableScan.FiniteRow(table, id); // words the error
    }

    private CheckpointFormatException OutOfRange(int id, ReadOnlySpan<float> row)
    {
        float value = TensorPrimitives.MaxMagnitude(row);
        return new CheckpointFormatException(
            table.Name, FormattableString.Invariant($"row {id} (\"{table.Text(id)}\") holds {value:g6}, expected what {type.Name()} can hold. Choose bf16, int8 or int4"), kind: "OutOfRange");
    }

    /// <summary>The mean share of neighbours kept, and over how many rows.</summary>
    private (double Mean, int Rows) Overlap(int[] queries, CosineSearch before, CosineSearch after)
    {
        var shares = new double[queries.Length];
        workers.RunRanges(queries.Length, 4, (from, to) =>
        {
            var row = new float[_columns];
            for (int q = from; q < to; q++)
            {
                int[] old = before.Nearest(q, Read), kept = after.Nearest(q, ReadRestored);
                shares[q] = old.Length == 0 ? double.NaN : (double)old.Intersect(kept).Count() / old.Length;
            }

            ReadOnlySpan<float> Read(int id)
            {
                _rows.ReadRow(id, row);
                return row;
            }

            ReadOnlySpan<float> ReadRestored(int id)
            {
                _rows.ReadRow(id, row);
                type.RoundTrip(row, row);
                return row;
            }
        });
        double[] counted = Array.FindAll(shares, double.IsFinite);
        return (counted.Length == 0 ? double.NaN : counted.Average(), counted.Length);
    }

    private TableQuantization Result(int[] queries, (double Mean, int Rows) overlap)
    {
        double values = (double)table.Count * _columns, square = _squares.Sum();
        double rms = Math.Sqrt(_errors.Sum() / values);
        double[] cosines = Array.FindAll(_cosines, c => !double.IsNaN(c)), angles = Array.FindAll(_angles, a => !double.IsNaN(a));
        return new TableQuantization
        {
            Table = table.Name,
            Type = type,
            Rows = table.Count,
            Columns = _columns,
            SizeBytesBefore = _rows.Bytes.Length,
            SizeBytesAfter = type.RowBytes(_columns) * table.Count,
            BitsPerWeight = type.BitsPerWeight(_columns),
            RmsError = rms,
            MaxError = _largest.DefaultIfEmpty(0).Max(),
            RelativeRmsError = square == 0 ? 0 : rms / Math.Sqrt(square / values),
            MeanCosine = cosines.Length == 0 ? double.NaN : cosines.Average(),
            MinCosine = cosines.Length == 0 ? double.NaN : cosines.Min(),
            MeanAngleDegrees = angles.Length == 0 ? double.NaN : angles.Average(),
            MaxAngleDegrees = angles.Length == 0 ? double.NaN : angles.Max(),
            NeighbourOverlap10 = overlap.Mean,
            OverlapRows = overlap.Rows,
            OverlapNote = queries.Length == table.Count
                ? "neighbours of every row are compared"
                : FormattableString.Invariant($"neighbours of {queries.Length} rows drawn with seed {options.Seed} are compared"),
        };
    }
}
