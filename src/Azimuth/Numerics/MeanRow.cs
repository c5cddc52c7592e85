using System.Numerics.Tensors;

namespace Azimuth.Numerics;

/// <summary>The mean row of a matrix, summed in double.</summary>
internal static class MeanRow
{
    private const int Parts = 64; // fixed, so that the order of the sum does not depend on the threads

    /// <summary>The mean [columns] of the rows without NaN or infinity, and how many these are; zeros when there is none.</summary>
    public static (double[] Mean, long Rows) OfFinite(StoredMatrix matrix, Workers workers, CancellationToken cancellation = default)
    {
        int d = matrix.Columns;
        long rowsPerPart = (matrix.Rows + Parts - 1) / Parts;
        var sums = new double[Parts][];
        var counts = new long[Parts];
        workers.Run(Parts, part =>
        {
            cancellation.ThrowIfCancellationRequested();
            double[] sum = sums[part] = new double[d], wide = new double[d];
            var row = new float[d];
            for (long id = part * rowsPerPart; id < Math.Min(matrix.Rows, (part + 1) * rowsPerPart); id++)
            {
                matrix.ReadRow(id, row);
                if (!TensorPrimitives.IsFiniteAll<float>(row))
                    continue;
                TensorPrimitives.ConvertTruncating<float, double>(row, wide);
                TensorPrimitives.Add(sum, wide, sum);
                counts[part]++;
            }
        });
        var mean = new double[d];
        foreach (double[] sum in sums)
            TensorPrimitives.Add(mean, sum, mean);
        long rows = counts.Sum();
        TensorPrimitives.Divide(mean, (double)Math.Max(1, rows), mean);
        return (mean, rows);
    }
}
