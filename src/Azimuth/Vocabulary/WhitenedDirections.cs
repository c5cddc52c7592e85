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
    private const int RowsAtOnce = 2048;
    private const int Compared = 16;
    private readonly StoredMatrix _rows;
    private readonly double[] _mean;
    private readonly double[] _inverse; // [columns, columns]

    internal WhitenedDirections(StoredMatrix rows, Workers workers)
    {
        _rows = rows;
        Gram gram = Gram.Of(rows, workers);
        _mean = gram.Mean;
        _inverse = LeastSquares.Of(gram.Covariance(), rows.Columns, workers).PseudoInverse(workers);
    }

    /// <summary>The direction of one row, of length 1, rounded to float [columns]; zeros where the row is the mean.</summary>
    internal float[] Of(int id)
    {
        var centred = new double[_rows.Columns];
        float[] row = _rows.Row(id);
        for (int c = 0; c < centred.Length; c++)
            centred[c] = row[c] - _mean[c];
        var direction = new double[centred.Length];
        for (int c = 0; c < direction.Length; c++)
            direction[c] = TensorPrimitives.Dot<double>(_inverse.AsSpan(c * centred.Length, centred.Length), centred);
        double norm = TensorPrimitives.Norm<double>(direction);
        return norm > 0 && double.IsFinite(norm) ? Array.ConvertAll(direction, d => (float)(d / norm)) : new float[direction.Length];
    }

    /// <summary>
    /// Each row's margin with its own direction, row·h less the highest other one, lowered by all that rounding could have added; NaN where it does not win, or not by
    /// more than rounding.
    /// </summary>
    /// <param name="longest">The largest row norm.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="progress">Told the share of the rows done.</param>
    /// <param name="cancellation">Checked between batches.</param>
    internal double[] Margins(double longest, Workers workers, Action<double> progress, CancellationToken cancellation)
    {
        int columns = _rows.Columns, count = checked((int)_rows.Rows);
        var margins = new double[count];
        // Scores of single precision choose whom to compare: |error| ≤ d·2⁻²³·|u||h|, generously (Higham 2002, §3.1: γₙ for any order of summation).
        double coarse = columns * Math.ScaleB(longest, -23);
        for (int first = 0; first < count; first += RowsAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            int size = Math.Min(RowsAtOnce, count - first), start = first;
            var directions = new float[size * columns]; // [row, columns]
            workers.Run(size, i => Of(start + i).CopyTo(directions, i * columns));
            Scored[][] best = RowScores.Largest(directions, size, _rows, Compared, workers);
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
