using System.Buffers;
using System.Runtime.InteropServices;

namespace Azimuth.Numerics;

/// <summary>
/// Dot products of vectors with every row of a matrix, read as stored in one pass over its memory: exact nearest rows of embedding tables.
/// Results do not depend on the number of threads.
/// </summary>
public static class RowScores
{
    private const int TileRows = 20 * Tiles512.Rows; // a tile of 1024-dimensional rows is one megabyte
    private const int QueriesAtOnce = 512; // their scores of one tile stay in the second-level cache
    private const int FewQueries = 6; // in a panel of the matrix product: fewer are faster with a dot product a pair
    private const int SpareCandidates = 16;

    /// <summary>Σ query·row for every row, in single precision (<see cref="Vectors.Dot"/>) [rows].</summary>
    /// <param name="query">[columns].</param>
    /// <param name="rows">The matrix, at most 2³¹ − 1 rows.</param>
    /// <param name="workers">The threads to use.</param>
    /// <exception cref="ArgumentException">A query of another length.</exception>
    public static float[] Dot(ReadOnlySpan<float> query, StoredMatrix rows, Workers workers)
    {
        float[] vector = Checked(query, 1, rows, workers), scores = new float[checked((int)rows.Rows)];
        workers.RunRanges(scores.Length, TileRows, (from, to) => ForTiles(rows, from, to, (first, count, tile) =>
        {
            for (int r = 0; r < count; r++)
                scores[first + r] = Vectors.Dot(vector, tile.Slice(r * rows.Columns, rows.Columns));
        }));
        return scores;
    }

    /// <summary>Σ query·row for every row, accumulated in double (<see cref="Vectors.DotDouble"/>) [rows].</summary>
    /// <param name="query">[columns].</param>
    /// <param name="rows">The matrix, at most 2³¹ − 1 rows.</param>
    /// <param name="workers">The threads to use.</param>
    /// <exception cref="ArgumentException">A query of another length.</exception>
    public static double[] DotDouble(ReadOnlySpan<float> query, StoredMatrix rows, Workers workers)
    {
        float[] vector = Checked(query, 1, rows, workers);
        var scores = new double[checked((int)rows.Rows)];
        workers.RunRanges(scores.Length, TileRows, (from, to) => ForTiles(rows, from, to, (first, count, tile) =>
        {
            for (int r = 0; r < count; r++)
                scores[first + r] = Vectors.DotDouble(vector, tile.Slice(r * rows.Columns, rows.Columns));
        }));
        return scores;
    }

    /// <summary>
    /// For each query the rows of largest score query·row · rowScale, highest first, equal scores by lower row; without a queries × rows matrix.
    /// Candidates are found in single precision, sixteen more than asked for; then they are scored and ordered in double, so that the values are the
    /// doubles' nearest floats and only a row that seventeen others come within single precision's rounding of can be missed.
    /// </summary>
    /// <param name="queries">[queryCount, columns].</param>
    /// <param name="queryCount">Number of queries.</param>
    /// <param name="rows">The matrix, at most 2³¹ − 1 rows.</param>
    /// <param name="count">How many rows a query gets; fewer when there are fewer.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="rowScales">A factor for each row, 1/norm for cosines with unit queries; empty for none. Rows whose score is NaN are left out.</param>
    /// <exception cref="ArgumentException">Queries or scales of another length.</exception>
    public static Scored[][] Largest(
        ReadOnlySpan<float> queries, int queryCount, StoredMatrix rows, int count, Workers workers, ReadOnlySpan<float> rowScales = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(queryCount);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        float[] vectors = Checked(queries, queryCount, rows, workers), scales = rowScales.ToArray();
        if (scales.Length != 0 && scales.Length != rows.Rows)
            throw new ArgumentException($"{rows.Rows} rows need as many scales, found {scales.Length}", nameof(rowScales));
        int rowCount = checked((int)rows.Rows), kept = (int)Math.Min(rowCount, (long)count + SpareCandidates);
        var search = new RowSearch(vectors, queryCount, rows, scales, kept);
        int threads = workers.ThreadCount;
        var found = new RunningTop[threads][];
        workers.Run(threads, part => found[part] = search.Run(
            (int)((long)rowCount * part / threads), (int)((long)rowCount * (part + 1) / threads), workers));

        var result = new Scored[queryCount][];
        workers.RunRanges(queryCount, 8, (from, to) =>
        {
            var row = new float[rows.Columns];
            for (int q = from; q < to; q++)
            {
                for (int part = 1; part < threads; part++)
                    found[0][q].Merge(found[part][q]);
                result[q] = search.Rescore(q, found[0][q].Sorted(), count, row);
            }
        });
        return result;
    }

    /// <summary>What is done with <paramref name="count"/> rows from <paramref name="first"/> on, widened to <paramref name="tile"/> [count, columns].</summary>
    internal delegate void TileAction(int first, int count, ReadOnlySpan<float> tile);

    /// <summary>Rows from … to − 1 in tiles; single precision is read where it lies.</summary>
    internal static void ForTiles(StoredMatrix rows, int from, int to, TileAction action)
    {
        int columns = rows.Columns;
        float[] buffer = rows.Type == TensorType.F32 ? [] : ArrayPool<float>.Shared.Rent(checked(TileRows * columns));
        for (int first = from; first < to; first += TileRows)
        {
            int count = Math.Min(TileRows, to - first);
            if (rows.Type == TensorType.F32)
            {
                action(first, count, MemoryMarshal.Cast<byte, float>(rows.Bytes.Span(first * rows.RowBytes, checked((int)(count * rows.RowBytes)))));
                continue;
            }

            rows.ReadRows(first, count, buffer.AsSpan(0, count * columns));
            action(first, count, buffer.AsSpan(0, count * columns));
        }

        if (buffer.Length > 0)
            ArrayPool<float>.Shared.Return(buffer);
        GC.KeepAlive(rows.Bytes);
    }

    private static float[] Checked(ReadOnlySpan<float> queries, int queryCount, StoredMatrix rows, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(workers);
        if (queries.Length != (long)queryCount * rows.Columns)
            throw new ArgumentException($"{queryCount} queries of {rows.Columns} values expected, found {queries.Length} values", nameof(queries));
        return queries.ToArray();
    }

    /// <summary>One call of <see cref="Largest"/>.</summary>
    private sealed class RowSearch
    {
        private readonly float[] _queries, _scales;
        private readonly int _queryCount, _grouped, _kept;
        private readonly StoredMatrix _rows;
        private readonly PackedMatrix[] _groups; // [512 queries] each of the first so many, as the weights of a product

        public RowSearch(float[] queries, int queryCount, StoredMatrix rows, float[] scales, int kept)
        {
            (_queries, _queryCount, _rows, _scales, _kept) = (queries, queryCount, rows, scales, kept);
            int last = queryCount % PackedMatrix.PanelWidth;
            _grouped = last < FewQueries ? queryCount - last : queryCount;
            _groups = new PackedMatrix[(_grouped + QueriesAtOnce - 1) / QueriesAtOnce];
            for (int g = 0; g < _groups.Length; g++)
            {
                int size = Math.Min(QueriesAtOnce, _grouped - g * QueriesAtOnce);
                var values = queries.AsSpan(g * QueriesAtOnce * rows.Columns, size * rows.Columns);
                _groups[g] = PackedMatrix.Pack(StoredMatrix.FromFloats(values, size, rows.Columns));
            }
        }

        /// <summary>The best of rows from … to − 1 for each query.</summary>
        public RunningTop[] Run(int from, int to, Workers workers)
        {
            var best = new RunningTop[_queryCount];
            for (int q = 0; q < best.Length; q++)
                best[q] = new RunningTop(_kept);
            var thresholds = new float[_queryCount];
            Array.Fill(thresholds, float.NegativeInfinity);
            var scores = new float[TileRows * Math.Min(QueriesAtOnce, Math.Max(1, _queryCount))]; // [row, query]
            ForTiles(_rows, from, to, (first, count, tile) =>
            {
                for (int group = 0; group <= _groups.Length; group++)
                {
                    bool isProduct = group < _groups.Length;
                    int query = isProduct ? group * QueriesAtOnce : _grouped, size = isProduct ? _groups[group].Outputs : _queryCount - query;
                    var part = scores.AsSpan(0, count * size);
                    if (isProduct)
                        MatrixProduct.Multiply(tile, count, _groups[group], [], part, workers);
                    else
                        DotEach(tile, count, query, part);
                    for (int r = 0; r < count; r++)
                        Offer(part.Slice(r * size, size), first + r, best.AsSpan(query, size), thresholds.AsSpan(query, size));
                }
            });
            return best;
        }

        /// <summary>The candidates scored again in double, the best <paramref name="count"/> of them.</summary>
        public Scored[] Rescore(int query, Scored[] candidates, int count, float[] row)
        {
            var vector = _queries.AsSpan(query * _rows.Columns, _rows.Columns);
            var exact = new (double Value, int Index)[candidates.Length];
            for (int i = 0; i < exact.Length; i++)
            {
                int index = candidates[i].Index;
                _rows.ReadRow(index, row);
                exact[i] = (Vectors.DotDouble(vector, row) * (_scales.Length == 0 ? 1 : _scales[index]), index);
            }

            Array.Sort(exact, static (a, b) => a.Value != b.Value ? b.Value.CompareTo(a.Value) : a.Index.CompareTo(b.Index));
            return [.. exact.Take(count).Select(e => new Scored(e.Index, (float)e.Value))];
        }

        /// <summary>Scores [count, query] of the queries from <paramref name="first"/> on.</summary>
        private void DotEach(ReadOnlySpan<float> tile, int count, int first, Span<float> scores)
        {
            int columns = _rows.Columns, size = _queryCount - first;
            for (int r = 0; r < count; r++)
            {
                for (int q = 0; q < size; q++)
                    scores[r * size + q] = Vectors.Dot(_queries.AsSpan((first + q) * columns, columns), tile.Slice(r * columns, columns));
            }
        }

        private void Offer(Span<float> scores, int row, Span<RunningTop> best, Span<float> thresholds)
        {
            if (_scales.Length != 0)
                System.Numerics.Tensors.TensorPrimitives.Multiply(scores, _scales[row], scores);
            for (int q = RunningTop.FirstAtLeast(scores, thresholds, 0); q < scores.Length; q = RunningTop.FirstAtLeast(scores, thresholds, q + 1))
            {
                best[q].Offer(new Scored(row, scores[q]));
                thresholds[q] = best[q].Threshold;
            }
        }
    }
}
