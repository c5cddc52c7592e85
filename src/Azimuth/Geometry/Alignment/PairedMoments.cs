using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry.Alignment;

/// <summary>
/// Second moments of paired rows a, b: Σ a aᵀ, Σ b bᵀ, Σ a bᵀ and both means, accumulated in double in one pass over the stored rows. What alignment and
/// CKA are computed from. Results do not depend on the number of threads.
/// </summary>
public sealed class PairedMoments
{
    private readonly double[] _aa, _bb, _ab; // [dA, dA], [dB, dB], [dA, dB]

    private PairedMoments(int count, double[] meanA, double[] meanB, double[] aa, double[] bb, double[] ab) =>
        (Count, MeanA, MeanB, _aa, _bb, _ab) = (count, meanA, meanB, aa, bb, ab);

    /// <summary>Number of pairs n.</summary>
    public int Count { get; }

    /// <summary>The mean of the rows a [dA].</summary>
    public double[] MeanA { get; }

    /// <summary>The mean of the rows b [dB].</summary>
    public double[] MeanB { get; }

    /// <summary>Sums over all pairs.</summary>
    /// <param name="pair">At least one pair of rows.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="progress">Told the share of the pairs done, 0 to 1.</param>
    /// <param name="cancellation">Checked every hundred pairs or so.</param>
    /// <exception cref="ArgumentException">No pairs.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A paired row holds NaN or an infinity.</exception>
    public static PairedMoments Of(TablePair pair, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(workers);
        if (pair.Count == 0)
            throw new ArgumentException("the two tables have no row in common", nameof(pair));
        int n = pair.Count, widthA = pair.A.ModelDim, widthB = pair.B.ModelDim;
        // Rows [a | b]: their Gram matrix holds all three products.
        using var sums = new GramSums(widthA + widthB);
        for (int done = 0; done < n; done += GramSums.RowsAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            sums.Add(Read, done, Math.Min(GramSums.RowsAtOnce, n - done), workers);
            progress?.Report(Math.Min(1, (done + GramSums.RowsAtOnce) / (double)n));
        }

        double[] means = sums.ColumnSums();
        RequireFinite(pair, means);
        for (int i = 0; i < means.Length; i++)
            means[i] /= n;
        return new PairedMoments(
            n, means[..widthA], means[widthA..], sums.Block(0, widthA, 0, widthA), sums.Block(widthA, widthB, widthA, widthB), sums.Block(0, widthA, widthA, widthB));

        void Read(long row, Span<float> joint)
        {
            pair.A.Rows.ReadRow(pair.IdsA[(int)row], joint[..widthA]);
            pair.B.Rows.ReadRow(pair.IdsB[(int)row], joint[widthA..]);
        }
    }

    /// <summary>Σ a aᵀ [dA, dA]; of a − mean when <paramref name="centred"/>.</summary>
    public double[] ProductsA(bool centred) => centred ? Centred(_aa, MeanA, MeanA) : _aa;

    /// <summary>Σ b bᵀ [dB, dB].</summary>
    public double[] ProductsB(bool centred) => centred ? Centred(_bb, MeanB, MeanB) : _bb;

    /// <summary>Σ a bᵀ [dA, dB].</summary>
    public double[] Cross(bool centred) => centred ? Centred(_ab, MeanA, MeanB) : _ab;

    /// <summary>Σ |a|², of a − mean when <paramref name="centred"/>.</summary>
    public double SquaredNormA(bool centred) => Trace(_aa, MeanA, centred);

    /// <summary>Σ |b|².</summary>
    public double SquaredNormB(bool centred) => Trace(_bb, MeanB, centred);

    /// <summary>Σ (x − x̄)(y − ȳ)ᵀ = Σ x yᵀ − n x̄ȳᵀ.</summary>
    private double[] Centred(double[] products, double[] meanX, double[] meanY)
    {
        var centred = new double[products.Length];
        for (int i = 0; i < meanX.Length; i++)
        {
            for (int j = 0; j < meanY.Length; j++)
                centred[i * meanY.Length + j] = products[i * meanY.Length + j] - Count * meanX[i] * meanY[j];
        }

        return centred;
    }

    private double Trace(double[] products, double[] mean, bool centred)
    {
        double sum = 0;
        for (int i = 0; i < mean.Length; i++)
            sum += products[i * mean.Length + i] - (centred ? Count * mean[i] * mean[i] : 0);
        return Math.Max(0, sum);
    }

    private static void RequireFinite(TablePair pair, double[] sums)
    {
        if (Array.TrueForAll(sums, double.IsFinite))
            return;
        for (int i = 0; i < pair.Count; i++)
        {
            _ = TableScan.FiniteRow(pair.A, pair.IdsA[i]);
            _ = TableScan.FiniteRow(pair.B, pair.IdsB[i]);
        }
    }
}
