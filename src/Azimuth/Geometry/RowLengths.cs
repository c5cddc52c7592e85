using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>Lengths of a table's rows and the sum of their directions, from one pass. Immutable, safe for many threads.</summary>
internal sealed class RowLengths
{
    private const int Parts = 64; // fixed, so that the order of summation never depends on the threads

    private RowLengths(double[] norms, double[] unitSum) => (Norms, UnitSum, Directions) = (norms, unitSum, norms.Count(v => v > 0));

    /// <summary>Euclidean length of every row, by id; not finite where the row is not.</summary>
    public double[] Norms { get; }

    /// <summary>Σ row/|row| over the rows that have a direction [model].</summary>
    public double[] UnitSum { get; }

    /// <summary>Rows that have a direction.</summary>
    public int Directions { get; }

    /// <summary>
    /// Mean cosine of all pairs of different rows, exactly: (|Σu|² − n)/(n(n − 1)) over unit rows u, since |Σu|² adds up all n² cosines, n of which are a
    /// row with itself. Zero rows have no direction and are left out; NaN with fewer than two directions.
    /// </summary>
    public double MeanPairwiseCosine
    {
        get
        {
            double n = Directions;
            return n < 2 ? double.NaN : (TensorPrimitives.SumOfSquares<double>(UnitSum) - n) / (n * (n - 1));
        }
    }

    /// <summary>One pass over the rows; <paramref name="cancellation"/> is checked between parts.</summary>
    public static RowLengths Of(StoredMatrix rows, Workers workers, CancellationToken cancellation)
    {
        int columns = rows.Columns, count = checked((int)rows.Rows), rowsPerPart = (count + Parts - 1) / Parts, padded = (columns + 7) / 8 * 8;
        var norms = new double[count];
        var sums = new double[Parts][];
        workers.Run(Parts, part =>
        {
            cancellation.ThrowIfCancellationRequested();
            var sum = sums[part] = new double[padded];
            var row = new float[padded];
            for (int id = part * rowsPerPart; id < Math.Min(count, (part + 1) * rowsPerPart); id++)
            {
                rows.ReadRow(id, row.AsSpan(0, columns));
                norms[id] = Vectors.Norm(row.AsSpan(0, columns));
                if (norms[id] > 0)
                    AddScaled(row, 1 / norms[id], sum);
            }
        });
        var total = new double[padded];
        foreach (double[] sum in sums)
            TensorPrimitives.Add(total, sum, total);
        return new RowLengths(norms, total[..columns]);
    }

    private static void AddScaled(float[] row, double factor, double[] sum)
    {
        var scale = Vector512.Create(factor);
        Span<Vector512<double>> sums = MemoryMarshal.Cast<double, Vector512<double>>(sum.AsSpan());
        for (int i = 0; i < sums.Length; i++)
            sums[i] = Vector512.FusedMultiplyAdd(Widening.Doubles(Vector256.Create(row, 8 * i)), scale, sums[i]);
    }
}
