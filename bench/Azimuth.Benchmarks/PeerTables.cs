using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;

namespace Azimuth.Benchmarks;

/// <summary>The cases of <see cref="PeerServer"/> that take a table apart: principal components, left inverse, whitening.</summary>
internal static class PeerTables
{
    /// <summary>The work of a case, which returns a few numbers of its result; null for a name that is none of these cases.</summary>
    public static Func<double[]>? Prepare(string name, int[] sizes, Workers workers)
    {
        switch (name)
        {
            case "pca": // rows columns components; the components and every row's coordinates
                {
                    StoredMatrix rows = Falling(sizes[0], sizes[1]);
                    return () =>
                    {
                        var pca = PcaProjection.Fit(rows, sizes[2], workers);
                        float[] coordinates = pca.Project(rows, workers);
                        return [.. pca.ExplainedVarianceRatio, .. coordinates[..8].Select(v => (double)Math.Abs(v))];
                    };
                }

            case "leftinverse": // rows columns; (EᵀE)⁻¹, with which a row becomes a column of the left inverse
                {
                    StoredMatrix rows = Falling(sizes[0], sizes[1]);
                    return () => LeastSquares.Of(Gram.Of(rows, workers).Products, sizes[1], workers).PseudoInverse(workers)[..8];
                }

            case "whiten": // rows columns; centred, uncorrelated, of equal variance (ZCA), every row
                {
                    var table = new EmbeddingTable("table", Falling(sizes[0], sizes[1]), id => "");
                    return () =>
                    {
                        var repair = TableRepair.Fit(table.Rows, new RepairOptions(RepairKind.WhitenZca) { Epsilon = 0 }, workers);
                        return [.. repair.Apply(table, workers).Rows.Row(0)[..8].Select(v => (double)v)];
                    };
                }

            default:
                return null;
        }
    }

    /// <summary>Columns of falling variance, so that components are told apart; every step is exact or rounded once, the same in numpy.</summary>
    private static StoredMatrix Falling(int rows, int columns)
    {
        float[] values = Data.Random((long)rows * columns, 1);
        for (int i = 0; i < values.Length; i++)
            values[i] *= 1 / (1 + i % columns / 16f);
        return StoredMatrix.FromFloats(values, rows, columns);
    }
}
