using Azimuth.Numerics;

namespace Azimuth.Geometry.Alignment;

/// <summary>How many of a token's nearest neighbours two tables share. Only paired rows take part.</summary>
public sealed record NeighborOverlap
{
    /// <summary>Mean share of common tokens among the nearest by cosine in both tables as stored.</summary>
    public required double Raw { get; init; }

    /// <summary>Mean of common tokens over all tokens of the two lists (Jaccard).</summary>
    public required double RawJaccard { get; init; }

    /// <summary>The same share after each table's mean is subtracted.</summary>
    public required double Centred { get; init; }

    /// <summary>The same Jaccard index, centred.</summary>
    public required double CentredJaccard { get; init; }

    /// <summary>Length of each list.</summary>
    public required int K { get; init; }

    /// <summary>Number of tokens asked about: all pairs, or a sample.</summary>
    public required int Queries { get; init; }

    /// <summary>Seed of the sample; null when all pairs were asked.</summary>
    public required ulong? Seed { get; init; }

    /// <summary>Asks every pair up to this number of pairs, a sample of <see cref="SampleSize"/> beyond.</summary>
    public const int LargestExact = 5_000;

    /// <summary>Tokens asked about when there are too many.</summary>
    public const int SampleSize = 1_000;

    /// <summary>Compares the neighbours of paired rows.</summary>
    /// <param name="pair">The tables, of any widths.</param>
    /// <param name="moments">Their means.</param>
    /// <param name="k">Length of each list, at least 1; all other rows when there are fewer.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A length below 1.</exception>
    public static NeighborOverlap Of(
        TablePair pair, PairedMoments moments, int k, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        RowSample sample = RowSample.Of(pair.Count, pair.Count <= LargestExact ? LargestExact : SampleSize);
        int done = 0;
        var (raw, rawJaccard) = Compare(new double[pair.A.ModelDim], new double[pair.B.ModelDim]);
        var (centred, centredJaccard) = Compare(moments.MeanA, moments.MeanB);
        return new NeighborOverlap
        {
            Raw = raw,
            RawJaccard = rawJaccard,
            Centred = centred,
            CentredJaccard = centredJaccard,
            K = k,
            Queries = sample.Ids.Count,
            Seed = sample.Seed,
        };

        (double Share, double Jaccard) Compare(double[] originA, double[] originB)
        {
            int[][] inA = NearestPaired.Find(pair.A.Rows, pair.IdsA, originA, sample.Ids, k, workers, Quarter(), cancellation);
            int[][] inB = NearestPaired.Find(pair.B.Rows, pair.IdsB, originB, sample.Ids, k, workers, Quarter(), cancellation);
            return Means(inA, inB);
        }

        IProgress<double>? Quarter()
        {
            double start = done++ / 4.0;
            return progress is null ? null : new Part(progress, start, 0.25);
        }
    }

    /// <summary>Over pairs that have a list in both tables; NaN when none has.</summary>
    private static (double Share, double Jaccard) Means(int[][] inA, int[][] inB)
    {
        double shares = 0, jaccards = 0;
        int count = 0;
        for (int q = 0; q < inA.Length; q++)
        {
            if (inA[q].Length == 0 || inB[q].Length == 0)
                continue;
            int common = inA[q].Count(inB[q].Contains);
            shares += (double)common / Math.Max(inA[q].Length, inB[q].Length);
            jaccards += (double)common / (inA[q].Length + inB[q].Length - common);
            count++;
        }

        return count == 0 ? (double.NaN, double.NaN) : (shares / count, jaccards / count);
    }

    private sealed class Part(IProgress<double> whole, double start, double share) : IProgress<double>
    {
        public void Report(double value) => whole.Report(start + share * value);
    }
}
