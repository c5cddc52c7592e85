using System.Buffers;
using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry.Alignment;

/// <summary>
/// How far each pair's rows lie apart before and after an alignment: angles in degrees (atan2 form) and ratios of lengths, in the pairs' order. NaN where a row
/// has no direction (an angle) or the row of A no length (a ratio).
/// </summary>
public sealed record RowChanges
{
    /// <summary>Angle between a and b as stored.</summary>
    public required double[] AngleBeforeDegrees { get; init; }

    /// <summary>Angle between (a − origin) R and b − origin.</summary>
    public required double[] AngleAfterDegrees { get; init; }

    /// <summary>|b| / |a| as stored.</summary>
    public required double[] NormRatioBefore { get; init; }

    /// <summary>|b − origin| / (c |a − origin|).</summary>
    public required double[] NormRatioAfter { get; init; }

    /// <summary>Mean cosine of the angles after, over pairs with a direction; NaN when there are none.</summary>
    public required double MeanCosineAfter { get; init; }

    /// <summary>Compares all pairs.</summary>
    /// <param name="pair">The tables; both as wide as the alignment.</param>
    /// <param name="alignment">Applied to the rows of A.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share of the pairs done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    public static RowChanges Of(TablePair pair, Procrustes alignment, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(alignment);
        ArgumentNullException.ThrowIfNull(workers);
        int n = pair.Count;
        var comparison = new Comparison(pair, alignment);
        int tiles = (n + Comparison.TileRows - 1) / Comparison.TileRows, done = 0;
        workers.Run(tiles, tile =>
        {
            cancellation.ThrowIfCancellationRequested();
            comparison.Compare(tile * Comparison.TileRows, Math.Min(n, (tile + 1) * Comparison.TileRows));
            progress?.Report(Interlocked.Increment(ref done) / (double)tiles);
        });

        double sum = 0;
        int count = 0;
        foreach (double cosine in comparison.Cosine)
        {
            if (double.IsNaN(cosine))
                continue;
            sum += cosine;
            count++;
        }

        return new RowChanges
        {
            AngleBeforeDegrees = comparison.AngleBefore,
            AngleAfterDegrees = comparison.AngleAfter,
            NormRatioBefore = comparison.RatioBefore,
            NormRatioAfter = comparison.RatioAfter,
            MeanCosineAfter = count == 0 ? double.NaN : sum / count,
        };
    }

    /// <summary>The mean and the median of the numbers that are there; NaN when there are none.</summary>
    internal static (double Mean, double Median) Summary(double[] values)
    {
        double[] there = [.. values.Where(v => !double.IsNaN(v)).Order()];
        return there.Length == 0 ? (double.NaN, double.NaN) : (there.Sum() / there.Length, TableMeasures.Quantile(there, 0.5));
    }

    private sealed class Comparison(TablePair pair, Procrustes alignment)
    {
        internal const int TileRows = 64;

        private readonly DoubleRows _map = alignment.Map;

        internal double[] AngleBefore { get; } = new double[pair.Count];

        internal double[] AngleAfter { get; } = new double[pair.Count];

        internal double[] RatioBefore { get; } = new double[pair.Count];

        internal double[] RatioAfter { get; } = new double[pair.Count];

        internal double[] Cosine { get; } = new double[pair.Count];

        internal void Compare(int from, int to)
        {
            int d = pair.A.ModelDim, count = to - from;
            double[] rented = ArrayPool<double>.Shared.Rent(3 * count * d);
            Span<double> a = rented.AsSpan(0, count * d), b = rented.AsSpan(count * d, count * d), turned = rented.AsSpan(2 * count * d, count * d);
            var row = new float[d];
            for (int i = 0; i < count; i++)
            {
                Span<double> rowA = a.Slice(i * d, d), rowB = b.Slice(i * d, d);
                pair.A.Rows.ReadRow(pair.IdsA[from + i], row);
                TensorPrimitives.ConvertTruncating<float, double>(row, rowA);
                pair.B.Rows.ReadRow(pair.IdsB[from + i], row);
                TensorPrimitives.ConvertTruncating<float, double>(row, rowB);
                (AngleBefore[from + i], RatioBefore[from + i], _) = Between(rowA, rowB, 1);
                TensorPrimitives.Subtract(rowA, alignment.OriginA, rowA);
                TensorPrimitives.Subtract(rowB, alignment.OriginB, rowB);
            }

            _map.Multiply(a, count, turned);
            for (int i = 0; i < count; i++)
                (AngleAfter[from + i], RatioAfter[from + i], Cosine[from + i]) = Between(turned.Slice(i * d, d), b.Slice(i * d, d), alignment.Scale);
            ArrayPool<double>.Shared.Return(rented);
        }

        /// <summary>Angle from |a/|a| − b/|b|| and |a/|a| + b/|b|| (Kahan 2006, "How futile are mindless assessments of roundoff", §12): accurate near 0° and 180°.</summary>
        private static (double Angle, double Ratio, double Cosine) Between(ReadOnlySpan<double> a, ReadOnlySpan<double> b, double scale)
        {
            double normA = TensorPrimitives.Norm(a), normB = TensorPrimitives.Norm(b);
            double ratio = normA * scale == 0 ? double.NaN : normB / (scale * normA);
            if (normA == 0 || normB == 0)
                return (double.NaN, ratio, double.NaN);
            double apart = 0, together = 0, product = 0;
            for (int i = 0; i < a.Length; i++)
            {
                double x = a[i] / normA, y = b[i] / normB;
                apart += (x - y) * (x - y);
                together += (x + y) * (x + y);
                product += x * y;
            }

            return (2 * Math.Atan2(Math.Sqrt(apart), Math.Sqrt(together)) * (180 / Math.PI), ratio, Math.Clamp(product, -1, 1));
        }
    }
}
