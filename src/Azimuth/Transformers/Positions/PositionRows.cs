using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Positions;

/// <summary>Measures of vectors that are added by position: how alike two of them are, a distance apart, and how long they are.</summary>
public static class PositionRows
{
    /// <summary>Mean over p of cos(row p, row p + k) for each distance k; rows without direction are left out.</summary>
    /// <param name="rows">[rows, width].</param>
    /// <param name="first">Row of position 0.</param>
    /// <param name="centred">True to subtract the mean of the rows first.</param>
    /// <param name="distances">From 0 to one less than the positions.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between the distances.</param>
    /// <returns>One entry a distance; NaN where no pair has a direction.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A first row or a distance outside the table.</exception>
    public static IReadOnlyList<DistanceCosine> ByDistance(
        StoredMatrix rows, int first, bool centred, IReadOnlyList<int> distances, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(distances);
        ArgumentNullException.ThrowIfNull(workers);
        Matrix places = Read(rows, first, centred);
        foreach (int distance in distances)
        {
            if ((uint)distance >= (uint)places.Rows)
                throw new ArgumentOutOfRangeException(nameof(distances), distance, $"{places.Rows} positions are at most {places.Rows - 1} apart");
        }

        var norms = new double[places.Rows];
        for (int p = 0; p < norms.Length; p++)
            norms[p] = Vectors.Norm(places.Row(p));
        var result = new DistanceCosine[distances.Count];
        workers.Run(result.Length, i =>
        {
            cancellation.ThrowIfCancellationRequested();
            result[i] = At(places, norms, distances[i]);
        });
        return result;
    }

    /// <summary>Lengths of the rows from <paramref name="first"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No row is left.</exception>
    public static PositionNorms Norms(StoredMatrix rows, int first)
    {
        Matrix places = Read(rows, first, centred: false);
        double[] norms = [.. Enumerable.Range(0, places.Rows).Select(p => Vectors.Norm(places.Row(p)))];
        return new PositionNorms
        {
            First8 = [.. norms.Take(8)],
            Mean = norms.Sum() / norms.Length,
            Min = norms.Min(),
            Max = norms.Max(),
            Last = norms[^1],
            LargestRow = Array.IndexOf(norms, norms.Max()),
            SmallestRow = Array.IndexOf(norms, norms.Min()),
        };
    }

    private static Matrix Read(StoredMatrix rows, int first, bool centred)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(first, rows.Rows);
        var places = new Matrix(checked((int)(rows.Rows - first)), rows.Columns); // [position, width]
        rows.ReadRows(first, places.Rows, places.Values);
        if (!centred)
            return places;
        var mean = new double[rows.Columns];
        for (int p = 0; p < places.Rows; p++)
        {
            for (int c = 0; c < mean.Length; c++)
                mean[c] += places[p, c];
        }

        TensorPrimitives.Divide(mean, places.Rows, mean);
        for (int p = 0; p < places.Rows; p++)
        {
            for (int c = 0; c < mean.Length; c++)
                places[p, c] = (float)(places[p, c] - mean[c]);
        }

        return places;
    }

    private static DistanceCosine At(Matrix places, double[] norms, int distance)
    {
        double sum = 0, lowest = double.PositiveInfinity, highest = double.NegativeInfinity;
        int pairs = 0;
        for (int p = 0; p + distance < places.Rows; p++)
        {
            double lengths = norms[p] * norms[p + distance];
            if (lengths == 0)
                continue;
            double cosine = Vectors.DotDouble(places.Row(p), places.Row(p + distance)) / lengths;
            (sum, lowest, highest, pairs) = (sum + cosine, Math.Min(lowest, cosine), Math.Max(highest, cosine), pairs + 1);
        }

        return pairs == 0 ? new DistanceCosine(distance, double.NaN, double.NaN) : new DistanceCosine(distance, sum / pairs, highest - lowest);
    }
}

/// <summary>How alike vectors of two positions are.</summary>
/// <param name="Distance">Positions between them.</param>
/// <param name="Mean">Mean over all pairs of positions that far apart.</param>
/// <param name="Spread">Largest minus smallest of those pairs: 0 where only the distance matters.</param>
public sealed record DistanceCosine(int Distance, double Mean, double Spread);

/// <summary>Lengths of vectors that are added by position.</summary>
public sealed record PositionNorms
{
    /// <summary>Of positions 0 to 7.</summary>
    public required IReadOnlyList<double> First8 { get; init; }

    /// <summary>Mean over all positions.</summary>
    public required double Mean { get; init; }

    /// <summary>The shortest.</summary>
    public required double Min { get; init; }

    /// <summary>The longest.</summary>
    public required double Max { get; init; }

    /// <summary>Of the last position.</summary>
    public required double Last { get; init; }

    /// <summary>The position with the longest, the first of equal ones.</summary>
    public required int LargestRow { get; init; }

    /// <summary>The position with the shortest, the first of equal ones.</summary>
    public required int SmallestRow { get; init; }
}
