using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// Entries of a gradient beside central differences (L(x + ε) − L(x − ε)) / 2ε of the loss itself, computed without the formula: of dL/dU at the target, the rows moved
/// most and some drawn with a fixed seed, and of dL/dh.
/// </summary>
public sealed record GradientCheck
{
    private const int MostMoved = 4, DrawnRows = 4, EntriesOfRow = 8, EntriesOfVector = 16;

    // By this much the logits change: the truncation error is a 10⁻⁹th of the gradient, rounding less.
    private const double LogitChange = 1e-4;
    private const double Passing = 1e-6;
    private const ulong Seed = 20_260;

    /// <summary>Entries of dL/dU compared.</summary>
    public required int RowEntries { get; init; }

    /// <summary>Entries of dL/dh compared.</summary>
    public required int VectorEntries { get; init; }

    /// <summary>Largest |formula − difference|.</summary>
    public required double LargestDifference { get; init; }

    /// <summary>Largest entry compared, to judge the difference by.</summary>
    public required double LargestEntry { get; init; }

    /// <summary>The largest difference is at most a millionth of the largest entry.</summary>
    public bool Passed => LargestDifference <= Passing * LargestEntry;

    internal static GradientCheck Of(
        LossGradient gradient, StoredMatrix rows, Matrix vectors, double[][] products, int[] targets, LogitShape shape, Workers workers)
    {
        var random = new SeededRandom(Seed);
        var comparison = new Comparison();
        int[] drawn = [.. Enumerable.Range(0, DrawnRows).Select(_ => random.NextInt32(gradient.BiasGradient.Length))];
        int rowEntries = 0, vectorEntries = 0;
        foreach (int id in targets.Take(1).Concat(gradient.LargestRows(MostMoved)).Concat(drawn).Distinct())
        {
            double[] formula = gradient.RowGradient(id);
            foreach (int column in LargestColumns(vectors, EntriesOfRow))
            {
                double reach = Enumerable.Range(0, vectors.Rows).Max(p => Math.Abs(vectors[p, column]));
                double step = LogitChange / Math.Max(reach, 1e-30) / Math.Max(1e-30, Math.Abs(shape.Scale));
                comparison.Add(formula[column], (Loss(+step) - Loss(-step)) / (2 * step));
                rowEntries++;

                double Loss(double by) => MeanLoss(products, targets, shape, (p, i) => i == id ? by * vectors[p, column] : 0);
            }
        }

        double[] vector = gradient.VectorGradient(0);
        double longest = Embeddings.TableScan.Norms(rows, workers).Max() * Math.Abs(shape.Scale);
        for (int k = 0; k < Math.Min(EntriesOfVector, vectors.Columns) && longest > 0; k++)
        {
            int column = (int)((long)k * vectors.Columns / Math.Min(EntriesOfVector, vectors.Columns));
            var across = new double[rows.Rows]; // the table's column
            Embeddings.TableScan.Run(rows, workers, (first, count, tile) =>
            {
                for (int i = 0; i < count; i++)
                    across[first + i] = tile[i * rows.Columns + column];
            });
            double step = 10 * LogitChange / longest;
            comparison.Add(vector[column], (Loss(+step) - Loss(-step)) / (2 * step));
            vectorEntries++;

            double Loss(double by) => MeanLoss(products, targets, shape, (p, i) => p == 0 ? by * across[i] : 0);
        }

        return new GradientCheck { RowEntries = rowEntries, VectorEntries = vectorEntries, LargestDifference = comparison.Difference, LargestEntry = comparison.Entry };
    }

    private static double MeanLoss(double[][] products, int[] targets, LogitShape shape, Func<int, int, double> change)
    {
        double sum = 0;
        for (int p = 0; p < products.Length; p++)
        {
            var moved = new double[products[p].Length];
            for (int i = 0; i < moved.Length; i++)
                moved[i] = products[p][i] + change(p, i);
            sum += LossFunction.Loss(LossFunction.Logits(moved, shape), targets[p], shape.Temperature);
        }

        return sum / products.Length;
    }

    /// <summary>Where the vectors are largest: elsewhere a row's gradient says little.</summary>
    private static int[] LargestColumns(Matrix vectors, int count) =>
        [.. Enumerable.Range(0, vectors.Columns).OrderByDescending(c => Enumerable.Range(0, vectors.Rows).Max(p => Math.Abs(vectors[p, c]))).Take(count)];

    private sealed class Comparison
    {
        internal double Difference { get; private set; }

        internal double Entry { get; private set; }

        internal void Add(double formula, double measured)
        {
            Difference = Math.Max(Difference, Math.Abs(formula - measured));
            Entry = Math.Max(Entry, Math.Abs(formula));
        }
    }
}
