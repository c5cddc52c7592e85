using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Vocabulary;

/// <summary>
/// For each row the direction C⁺(u − μ), with C the covariance and μ the mean of the rows: the one in which the row stands out most against the table's own
/// spread. Most rows win there, which settles them with one product.
/// </summary>
internal sealed class WhitenedDirections
{
    private const int RowsAtOnce = 1024; // about a second of a large table, so that a cancellation is heard
    private const int Compared = 16;
    private readonly StoredMatrix _rows;
    private readonly double[] _mean;
    private readonly PackedMatrix _inverse; // [columns, columns], in single precision: any direction will do that is the same each time
    private readonly Workers _workers;

    internal WhitenedDirections(StoredMatrix rows, Workers workers, CancellationToken cancellation)
    {
        (_rows, _workers) = (rows, workers);
        Gram gram = Gram.Of(rows, workers, cancellation);
        _mean = gram.Mean;
        // Scaled so that neither very small nor very large rows leave single precision's range.
        double[] inverse = LeastSquares.Of(gram.Covariance(), rows.Columns, workers).PseudoInverse(workers);
        double largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(inverse));
        if (largest > 0)
            TensorPrimitives.Divide(inverse, largest, inverse);
        _inverse = PackedMatrix.Pack(StoredMatrix.FromFloats(Array.ConvertAll(inverse, v => (float)v), rows.Columns, rows.Columns));
    }

    /// <summary>The direction of one row, of length 1 [columns]; zeros where the row is the mean.</summary>
    internal float[] Of(int id) => Of(id, 1);

    /// <summary>The directions of some rows, of length 1 [count, columns]. The same numbers as one by one.</summary>
    private float[] Of(int first, int count)
    {
        int columns = _rows.Columns;
        float[] centred = new float[count * columns], directions = new float[count * columns];
        _workers.RunRanges(count, 64, (from, to) =>
        {
            var row = new float[columns];
            for (int i = from; i < to; i++)
            {
                _rows.ReadRow(first + i, row);
                double largest = 0;
                for (int c = 0; c < columns; c++)
                    largest = Math.Max(largest, Math.Abs(row[c] - _mean[c]));
                for (int c = 0; c < columns && largest > 0; c++)
                    centred[i * columns + c] = (float)((row[c] - _mean[c]) / largest);
            }
        });
        MatrixProduct.Multiply(centred, count, _inverse, [], directions, _workers);
        for (int i = 0; i < count; i++)
        {
            Span<float> direction = directions.AsSpan(i * columns, columns);
            double norm = Vectors.Norm(direction);
            if (norm > 0 && double.IsFinite(norm))
                TensorPrimitives.Divide(direction, (float)norm, direction);
            else
                direction.Clear();
        }

        return directions;
    }

    /// <summary>
    /// Each row's margin with its own direction, row·h less the highest other one, lowered by all that rounding could have added; NaN where it does not win, or not by
    /// more than rounding.
    /// </summary>
    /// <param name="longest">The largest row norm.</param>
    /// <param name="progress">Told the share of the rows done.</param>
    /// <param name="cancellation">Checked between batches.</param>
    internal double[] Margins(double longest, Action<double> progress, CancellationToken cancellation)
    {
        int columns = _rows.Columns, count = checked((int)_rows.Rows);
        var margins = new double[count];
        // Scores of single precision choose whom to compare: |error| ≤ d·2⁻²³·|u||h|, generously (Higham 2002, §3.1: γₙ for any order of summation).
        double coarse = columns * Math.ScaleB(longest, -23);
        for (int first = 0; first < count; first += RowsAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            int size = Math.Min(RowsAtOnce, count - first);
            Scored[][] best = RowScores.Largest(Of(first, size), size, _rows, Compared, _workers);
            for (int i = 0; i < size; i++)
                margins[first + i] = Margin(best[i], first + i, count, coarse);
            progress((double)(first + size) / count);
        }

        return margins;
    }

    private static double Margin(Scored[] best, int id, int count, double coarse)
    {
        if (best.Length == 0 || best[0].Index != id)
            return double.NaN;
        // Scores come as the doubles' nearest floats, and rows beyond those compared only have a single-precision score that is not above the last one's.
        double own = best[0].Value, rounding = Math.ScaleB(Math.Abs(own) + coarse, -22);
        double next = best.Length > 1 ? best[1].Value + Math.ScaleB(Math.Abs(best[1].Value), -23) : double.NegativeInfinity;
        if (best.Length < count)
            next = Math.Max(next, best[^1].Value + 2 * coarse);
        double margin = own - rounding - next;
        return margin > 0 ? margin : double.NaN;
    }
}
