using System.Numerics.Tensors;
using Azimuth.Numerics;

namespace Azimuth.Geometry.Alignment;

/// <summary>Similarities of two tables over the same tokens that no rotation and no uniform scaling changes, also of tables of different width.</summary>
public static class Cka
{
    /// <summary>
    /// Linear centred kernel alignment |YᵀX|² / (|XᵀX| |YᵀY|), Frobenius (Kornblith et al. 2019, "Similarity of neural network representations revisited", eq. 4 with
    /// the biased HSIC): 1 when one table is a scaled rotation of the other, 0 when no direction of one follows any of the other. NaN when a table has no spread.
    /// </summary>
    /// <param name="moments">Of the paired rows.</param>
    /// <param name="centred">The definition subtracts the means; without, it is another number, dominated by what all rows share.</param>
    public static double Linear(PairedMoments moments, bool centred = true)
    {
        ArgumentNullException.ThrowIfNull(moments);
        double within = TensorPrimitives.Norm<double>(moments.ProductsA(centred)) * TensorPrimitives.Norm<double>(moments.ProductsB(centred));
        return within == 0 ? double.NaN : TensorPrimitives.SumOfSquares<double>(moments.Cross(centred)) / within;
    }

    /// <summary>
    /// SVCCA (Raghu et al. 2017): each centred table is cut to the fewest principal directions with at least <paramref name="share"/> of its variance, then the mean
    /// canonical correlation of the two.
    /// </summary>
    /// <param name="moments">Of the paired rows.</param>
    /// <param name="share">Above 0, at most 1.</param>
    /// <param name="workers">The threads to use.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another share.</exception>
    public static SvccaResult Svcca(PairedMoments moments, double share, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentNullException.ThrowIfNull(workers);
        if (!(share > 0 && share <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "a share above 0 and at most 1 expected");
        int widthA = moments.MeanA.Length, widthB = moments.MeanB.Length;
        var (whiteA, keptA) = Whitening(moments.ProductsA(centred: true), widthA, share, workers); // [kept, width]
        var (whiteB, keptB) = Whitening(moments.ProductsB(centred: true), widthB, share, workers);
        // Λa^(−½)Vaᵀ · Σ a bᵀ · Vb Λb^(−½): its singular values are the canonical correlations.
        double[] turned = SingularValues.Transposed(moments.Cross(centred: true), widthA, widthB); // [dB, dA]
        double[] half = DoubleProduct.OfRows(whiteA, keptA, turned, widthB, widthA, workers); // [keptA, dB]
        double[] both = DoubleProduct.OfRows(half, keptA, whiteB, keptB, widthB, workers); // [keptA, keptB]
        double[] correlations = Array.ConvertAll(SingularValues.Of(both, keptA, keptB, workers).Values, v => Math.Min(1, v));
        return new SvccaResult(keptA, keptB, correlations.Length == 0 ? double.NaN : correlations.Average(), correlations);
    }

    private static (double[] Rows, int Kept) Whitening(double[] covariance, int width, double share, Workers workers)
    {
        SymmetricEigen eigen = SymmetricEigen.Decompose(covariance, width, workers);
        double total = eigen.Values.Sum(v => Math.Max(0, v)), sum = 0;
        int kept = 0;
        double noise = width == 0 ? 0 : eigen.Values[0] * width * Math.ScaleB(1, -52);
        while (kept < width && sum < share * total && eigen.Values[kept] > noise)
            sum += eigen.Values[kept++];
        var rows = new double[kept * width];
        for (int i = 0; i < kept; i++)
            TensorPrimitives.Multiply(eigen.Vector(i), 1 / Math.Sqrt(eigen.Values[i]), rows.AsSpan(i * width, width));
        return (rows, kept);
    }
}

/// <summary>Canonical correlations of two tables after each is cut to its main directions.</summary>
/// <param name="KeptA">Directions kept of A.</param>
/// <param name="KeptB">Directions kept of B.</param>
/// <param name="MeanCorrelation">Mean of the correlations.</param>
/// <param name="Correlations">Largest first, as many as the smaller of the two has directions.</param>
public sealed record SvccaResult(int KeptA, int KeptB, double MeanCorrelation, IReadOnlyList<double> Correlations);
