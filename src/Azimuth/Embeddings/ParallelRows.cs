using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>
/// Rows whose direction another row of lower id already has. By cosine every row's own score is 1, and only such rows do not come back as
/// themselves. Directions count as one when their cosine is within 2⁻²⁴ of 1: nearer than that, single precision cannot tell them apart.
/// </summary>
internal static class ParallelRows
{
    /// <summary>1 − cosine up to which two directions count as one: half a unit in the last place of a float at 1.</summary>
    internal const double SameDirection = 1.0 / (1 << 24);

    /// <summary>Fixed directions that unit rows are projected on, to sort them and tell most pairs apart cheaply.</summary>
    private const int Projections = 8;

    /// <summary>True when the cosine of two directions counts as 1.</summary>
    internal static bool Same(double cosine) => 1 - cosine <= SameDirection;

    /// <summary>
    /// Number of rows with an earlier row of the same direction; zero rows, which have none, are counted too. Unit vectors u, v with cosine c are
    /// √(2 − 2c) apart, and no projection on a unit vector is farther apart than that: sorted by one projection, only near rows need a look.
    /// </summary>
    internal static int CountRepeats(StoredMatrix matrix, double[] norms, Workers workers, CancellationToken cancellation)
    {
        float[] projections = Project(matrix, norms, workers, cancellation); // [row, 8]
        int[] order = [.. Enumerable.Range(0, norms.Length).Where(id => norms[id] > 0)];
        int zeros = norms.Length - order.Length;
        Array.Sort(order, (a, b) => Compare(projections, a, b));
        double reach = Math.Sqrt(2 * SameDirection) + 1e-6; // with room for the projections' own rounding to float
        const int perPart = 256;
        var repeats = new bool[norms.Length];
        workers.Run((order.Length + perPart - 1) / perPart, part =>
        {
            cancellation.ThrowIfCancellationRequested();
            float[] row = new float[matrix.Columns], other = new float[matrix.Columns];
            for (int at = part * perPart; at < Math.Min(order.Length, (part + 1) * perPart); at++)
            {
                int id = order[at];
                matrix.ReadRow(id, row);
                repeats[id] = Found(at, -1) || Found(at, +1);

                bool Found(int from, int step)
                {
                    for (int i = from + step; i >= 0 && i < order.Length; i += step)
                    {
                        int rival = order[i];
                        if (Math.Abs(projections[rival * Projections] - projections[id * Projections]) > reach)
                            return false;
                        if (rival > id || !Near(projections, rival, id, reach))
                            continue;
                        matrix.ReadRow(rival, other);
                        if (Same(Vectors.DotDouble(row, other) / (norms[id] * norms[rival])))
                            return true;
                    }

                    return false;
                }
            }
        });
        return zeros + repeats.Count(repeated => repeated);
    }

    private static int Compare(float[] projections, int a, int b)
    {
        int order = projections[a * Projections].CompareTo(projections[b * Projections]);
        return order != 0 ? order : a.CompareTo(b);
    }

    private static bool Near(float[] projections, int a, int b, double reach)
    {
        for (int p = 1; p < Projections; p++)
        {
            if (Math.Abs(projections[a * Projections + p] - projections[b * Projections + p]) > reach)
                return false;
        }

        return true;
    }

    /// <summary>Every unit row on fixed directions of ±1/√d, whose signs are the bits of a SplitMix64 sequence (Steele, Lea and Flood 2014).</summary>
    private static float[] Project(StoredMatrix matrix, double[] norms, Workers workers, CancellationToken cancellation)
    {
        int columns = matrix.Columns;
        var signs = new float[Projections][];
        ulong state = 0;
        for (int p = 0; p < Projections; p++)
        {
            signs[p] = new float[columns];
            for (int c = 0; c < columns; c++)
            {
                ulong z = state += 0x9E3779B97F4A7C15;
                z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
                z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
                signs[p][c] = ((z ^ (z >> 31)) & 1) == 0 ? 1 : -1;
            }
        }

        var projections = new float[norms.Length * Projections]; // [row, 8]
        TableScan.Run(matrix, workers, (first, count, rows) =>
        {
            for (int i = 0; i < count; i++)
            {
                double scale = 1 / (norms[first + i] * Math.Sqrt(columns));
                for (int p = 0; p < Projections; p++)
                    projections[(first + i) * Projections + p] = (float)(Vectors.DotDouble(rows.Slice(i * columns, columns), signs[p]) * scale);
            }
        }, cancellation);
        return projections;
    }
}
