using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry.Alignment;

/// <summary>
/// The orthogonal map R that brings paired rows A nearest to B, |A R − B| least (Schönemann 1966, "A generalized solution of the orthogonal Procrustes
/// problem"): R = U Vᵀ of the singular value decomposition of AᵀB. Reflections are allowed. With a scale, c = Σσ / |A|² (Schönemann and Carroll 1970).
/// Immutable.
/// </summary>
public sealed record Procrustes
{
    /// <summary>The means of both tables were subtracted first.</summary>
    public required bool Centred { get; init; }

    /// <summary>Determinant of R: 1 for a rotation, −1 where a reflection fits better.</summary>
    public required double Det { get; init; }

    /// <summary>Σσ of AᵀB, its nuclear norm.</summary>
    public required double SingularValueSum { get; init; }

    /// <summary>Number of directions that the data determine; R is arbitrary, but always the same, in the others.</summary>
    public required int Rank { get; init; }

    /// <summary>The factor c that fits best; 0 when A has no extent.</summary>
    public required double Scale { get; init; }

    /// <summary>How near A R comes to B.</summary>
    public required ProcrustesFit Unscaled { get; init; }

    /// <summary>How near c A R comes to B.</summary>
    public required ProcrustesFit Scaled { get; init; }

    /// <summary>R [d, d], applied to rows from the right: a' = a R.</summary>
    [JsonIgnore]
    public double[] Rotation { get; init; } = [];

    /// <summary>What is subtracted from rows of A [d]: their mean, or zeros when not centred.</summary>
    [JsonIgnore]
    public double[] OriginA { get; init; } = [];

    /// <summary>What is subtracted from rows of B [d].</summary>
    [JsonIgnore]
    public double[] OriginB { get; init; } = [];

    /// <summary>Finds R and c. The mean cosine is left at NaN until rows have been compared (<see cref="RowChanges"/>).</summary>
    /// <param name="moments">Of two tables of the same width d.</param>
    /// <param name="centred">Subtract both means first.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="cancellation">Checked between rounds of rotations.</param>
    /// <exception cref="ArgumentException">Tables of different width.</exception>
    public static Procrustes Of(PairedMoments moments, bool centred, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentNullException.ThrowIfNull(workers);
        int d = moments.MeanA.Length;
        if (d != moments.MeanB.Length)
            throw new ArgumentException($"rows of the same width expected, found {d} and {moments.MeanB.Length}", nameof(moments));
        SingularValues svd = SingularValues.Of(moments.Cross(centred), d, d, workers, cancellation);
        double[] rotation = DoubleProduct.OfColumns(svd.Left, d, svd.Right, d, d, workers); // Σ uᵢvᵢᵀ
        double sum = svd.Values.Sum(), squareA = moments.SquaredNormA(centred), squareB = moments.SquaredNormB(centred);
        double scale = squareA == 0 ? 0 : sum / squareA;
        return new Procrustes
        {
            Centred = centred,
            Det = Determinant.Of(rotation, d, workers),
            SingularValueSum = sum,
            Rank = svd.Rank,
            Scale = scale,
            Unscaled = Fit(1),
            Scaled = Fit(scale),
            Rotation = rotation,
            OriginA = centred ? moments.MeanA : new double[d],
            OriginB = centred ? moments.MeanB : new double[d],
        };

        // |cAR − B|² = c²|A|² + |B|² − 2c tr(RᵀAᵀB), and that trace is Σσ.
        ProcrustesFit Fit(double c)
        {
            double residual = Math.Sqrt(Math.Max(0, c * c * squareA + squareB - 2 * c * sum));
            return new ProcrustesFit(residual, squareB == 0 ? 0 : residual / Math.Sqrt(squareB), double.NaN);
        }
    }

    /// <summary>All rows of a table aligned, c (a − origin of A) R + origin of B, as floats in memory of their own; the tokens stay A's, those without a partner among them.</summary>
    /// <param name="a">A table of the alignment's width.</param>
    /// <param name="scaled">Multiply by <see cref="Scale"/>; otherwise c = 1.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">A table of another width.</exception>
    public EmbeddingTable Apply(EmbeddingTable a, bool scaled, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(workers);
        int d = OriginA.Length;
        if (a.ModelDim != d)
            throw new ArgumentException($"a table of {d} columns expected, found {a.ModelDim}", nameof(a));
        DoubleRows map = Map;
        double factor = scaled ? Scale : 1;
        StoredMatrix rows = StoredMatrix.FromTiles(a.Count, d, workers, (first, count, tile) =>
        {
            double[] centred = new double[count * d], turned = new double[count * d];
            a.Rows.ReadRows(first, count, tile);
            for (int i = 0; i < count; i++)
                PcaProjection.Centre(tile.Slice(i * d, d), OriginA, centred.AsSpan(i * d, d));
            map.Multiply(centred, count, turned);
            for (int i = 0; i < turned.Length; i++)
                tile[i] = (float)(factor * turned[i] + OriginB[i % d]);
        }, cancellation);
        return new EmbeddingTable(a.Name, rows, a.Text);
    }

    /// <summary>The same with both fits' mean cosine; scaling changes no cosine.</summary>
    internal Procrustes WithMeanCosine(double cosine) => this with { Unscaled = Unscaled with { MeanCosine = cosine }, Scaled = Scaled with { MeanCosine = cosine } };

    /// <summary>Row i of the map is column i of R: a vector's products with all of them are a R.</summary>
    internal DoubleRows Map => new(SingularValues.Transposed(Rotation, OriginA.Length, OriginA.Length), OriginA.Length, OriginA.Length);
}

/// <summary>How near the aligned rows come to their partners.</summary>
/// <param name="Residual">|c A R − B|, Frobenius.</param>
/// <param name="RelativeResidual">The same over |B|; 0 when B has no extent.</param>
/// <param name="MeanCosine">Mean over the pairs of the cosine between aligned row and partner, both less their origins; pairs without a direction are left out.</param>
public sealed record ProcrustesFit(double Residual, double RelativeResidual, double MeanCosine);
