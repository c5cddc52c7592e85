using System.Buffers;
using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry.Alignment;

/// <summary>
/// The nearest directions among some of a table's rows, each less an origin: scores in double, a tile of rows at a time, so that neither a copy of the table nor a
/// table of all pairs is ever made.
/// </summary>
internal static class NearestPaired
{
    private const int QueriesAtOnce = 512;
    private const int TileRows = 64;

    /// <summary>
    /// For each query the places in <paramref name="ids"/> of its <paramref name="k"/> nearest other rows by cosine, nearest first, equal cosines by lower place. Rows that
    /// equal the origin have no direction: they are nobody's neighbours, and their own list is empty.
    /// </summary>
    /// <param name="rows">The table.</param>
    /// <param name="ids">The rows that take part.</param>
    /// <param name="origin">Subtracted from every row [columns].</param>
    /// <param name="queries">Places in <paramref name="ids"/>.</param>
    /// <param name="k">Length of each list.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles.</param>
    internal static int[][] Find(
        StoredMatrix rows, IReadOnlyList<int> ids, double[] origin, IReadOnlyList<int> queries, int k, Workers workers,
        IProgress<double>? progress, CancellationToken cancellation)
    {
        var lists = new int[queries.Count][];
        int tiles = (ids.Count + TileRows - 1) / TileRows, blocks = (queries.Count + QueriesAtOnce - 1) / QueriesAtOnce, done = 0;
        for (int block = 0; block < blocks; block++)
        {
            int first = block * QueriesAtOnce, count = Math.Min(QueriesAtOnce, queries.Count - first);
            int[] wanted = [.. queries.Skip(first).Take(count)];
            var queryRows = new double[count * rows.Columns];
            bool[] directed = Units(rows, [.. wanted.Select(place => ids[place])], origin, queryRows);
            var unit = new DoubleRows(queryRows, count, rows.Columns);
            int parts = Math.Min(workers.ThreadCount, tiles);
            var best = new NearestList[parts][];
            workers.Run(parts, part =>
            {
                NearestList[] mine = best[part] = [.. Enumerable.Range(0, count).Select(_ => new NearestList(k))];
                for (int tile = (int)((long)tiles * part / parts); tile < (int)((long)tiles * (part + 1) / parts); tile++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Offer(tile * TileRows, wanted, unit, mine);
                    progress?.Report(Interlocked.Increment(ref done) / ((double)tiles * blocks));
                }
            });
            for (int q = 0; q < count; q++)
            {
                for (int part = 1; part < parts; part++)
                    best[0][q].Add(best[part][q]);
                lists[first + q] = directed[q] ? best[0][q].Places() : [];
            }
        }

        return lists;

        void Offer(int from, int[] wanted, DoubleRows unit, NearestList[] best)
        {
            int count = Math.Min(TileRows, ids.Count - from);
            double[] rented = ArrayPool<double>.Shared.Rent(count * (rows.Columns + wanted.Length));
            Span<double> tile = rented.AsSpan(0, count * rows.Columns), scores = rented.AsSpan(tile.Length, count * wanted.Length); // scores: [row, query]
            bool[] directed = Units(rows, [.. Enumerable.Range(from, count).Select(place => ids[place])], origin, tile);
            unit.Multiply(tile, count, scores);
            for (int i = 0; i < count; i++)
            {
                if (!directed[i])
                    continue;
                for (int q = 0; q < wanted.Length; q++)
                {
                    if (wanted[q] != from + i)
                        best[q].Offer(scores[i * wanted.Length + q], from + i);
                }
            }

            ArrayPool<double>.Shared.Return(rented);
        }
    }

    /// <summary>Writes rows less the origin, at length 1 [ids, columns], and tells which have a direction; the others are zero.</summary>
    private static bool[] Units(StoredMatrix rows, int[] ids, double[] origin, Span<double> units)
    {
        int d = rows.Columns;
        var row = new float[d];
        var directed = new bool[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            var unit = units.Slice(i * d, d);
            rows.ReadRow(ids[i], row);
            TensorPrimitives.ConvertTruncating<float, double>(row, unit);
            TensorPrimitives.Subtract(unit, origin, unit);
            double norm = TensorPrimitives.Norm<double>(unit);
            directed[i] = norm > 0;
            if (directed[i])
                TensorPrimitives.Divide(unit, norm, unit);
        }

        return directed;
    }
}

/// <summary>The highest scores offered so far, highest first, equal ones by lower place; whatever the order of the offers.</summary>
internal sealed class NearestList(int capacity)
{
    private readonly double[] _scores = new double[capacity];
    private readonly int[] _places = new int[capacity];
    private int _count;

    internal void Offer(double score, int place)
    {
        if (_count == capacity && (capacity == 0 || !Before(score, place, _count - 1)))
            return;
        int at = _count < capacity ? _count++ : capacity - 1;
        for (; at > 0 && Before(score, place, at - 1); at--)
            (_scores[at], _places[at]) = (_scores[at - 1], _places[at - 1]);
        (_scores[at], _places[at]) = (score, place);
    }

    internal void Add(NearestList other)
    {
        for (int i = 0; i < other._count; i++)
            Offer(other._scores[i], other._places[i]);
    }

    internal int[] Places() => _places[.._count];

    private bool Before(double score, int place, int at) => score > _scores[at] || (score == _scores[at] && place < _places[at]);
}
