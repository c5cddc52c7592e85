using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Vocabulary;

/// <summary>
/// Finds the direction around which most rows of a table gather within a few degrees. Rows that were never trained got the same updates and lie together;
/// rows that were trained do not. Candidates come from random hyperplanes (Charikar 2002: near directions share their signs), then each moves to the mean
/// of the rows near it until it stands (mean shift). Seeds are fixed and sums have a fixed order: the same table gives the same rows.
/// </summary>
internal static class DenseCluster
{
    /// <summary>Cosine of the centred row with the cluster's direction from which on a row belongs to it: 11.5 degrees.</summary>
    internal const double LeastCosine = 0.98;

    /// <summary>Fewer rows than this are no cluster.</summary>
    internal const int LeastRows = 5;

    private const int Signatures = 8; // of 24 signs each
    private const int Signs = 24;
    private const int SeedsPerSignature = 6;
    private const int Steps = 6;
    private static readonly double[] Reach = [0.9, 0.95, 0.97, LeastCosine];

    /// <summary>The rows of the largest cluster, ascending; none when there is no cluster of <see cref="LeastRows"/> rows.</summary>
    /// <param name="rows">The table.</param>
    /// <param name="mean">Its mean row [columns], subtracted before directions are compared.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="cancellation">Checked between tiles.</param>
    internal static int[] Find(StoredMatrix rows, double[] mean, Workers workers, CancellationToken cancellation)
    {
        int columns = rows.Columns;
        float[] centre = Array.ConvertAll(mean, m => (float)m);
        uint[][] signatures = Sign(rows, centre, workers, cancellation);
        int[][] seeds = [.. signatures.SelectMany(Largest)];
        if (seeds.Length == 0)
            return [];
        var directions = new float[seeds.Length * columns]; // [seed, columns], unit rows
        for (int s = 0; s < seeds.Length; s++)
            Direction(rows, centre, seeds[s], directions.AsSpan(s * columns, columns));
        for (int step = 0; step < Steps; step++)
            directions = Shift(rows, centre, directions, Reach[Math.Min(step, Reach.Length - 1)], workers, cancellation);
        return Members(rows, centre, directions, workers, cancellation);
    }

    /// <summary>One number of 24 signs for each row and signature: [signature][row].</summary>
    private static uint[][] Sign(StoredMatrix rows, float[] centre, Workers workers, CancellationToken cancellation)
    {
        int columns = rows.Columns, count = checked((int)rows.Rows);
        var random = new SeededRandom(1);
        var planes = new float[Signatures * Signs * columns]; // [signature · sign, columns]
        for (int i = 0; i < planes.Length; i++)
            planes[i] = (float)random.NextGaussian();
        PackedMatrix packed = PackedMatrix.Pack(StoredMatrix.FromFloats(planes, Signatures * Signs, columns));
        var shift = new float[Signatures * Signs]; // −plane·mean, so that centred rows are signed
        for (int i = 0; i < shift.Length; i++)
            shift[i] = -Vectors.Dot(planes.AsSpan(i * columns, columns), centre);
        var signatures = new uint[Signatures][];
        for (int s = 0; s < Signatures; s++)
            signatures[s] = new uint[count];
        TableScan.Run(rows, workers, (first, tileRows, tile) =>
        {
            var sides = new float[tileRows * Signatures * Signs];
            MatrixProduct.Multiply(tile, tileRows, packed, shift, sides, workers);
            for (int i = 0; i < sides.Length; i++)
                signatures[i / Signs % Signatures][first + i / (Signatures * Signs)] |= sides[i] > 0 ? 1u << (i % Signs) : 0;
        }, cancellation);
        return signatures;
    }

    /// <summary>The largest groups of rows with equal signatures: up to six of at least three rows, largest first, equal sizes by lowest row.</summary>
    private static IEnumerable<int[]> Largest(uint[] signatures) => Enumerable.Range(0, signatures.Length)
        .GroupBy(row => signatures[row])
        .Select(group => group.ToArray())
        .Where(group => group.Length >= 3)
        .OrderByDescending(group => group.Length).ThenBy(group => group[0])
        .Take(SeedsPerSignature);

    private static void Direction(StoredMatrix rows, float[] centre, int[] members, Span<float> direction)
    {
        var row = new float[rows.Columns];
        foreach (int id in members.Take(64))
        {
            rows.ReadRow(id, row);
            TensorPrimitives.Subtract(row, centre, row);
            double norm = Vectors.Norm(row);
            if (norm > 0)
                TensorPrimitives.MultiplyAdd(row, (float)(1 / norm), direction, direction);
        }

        Normalise(direction);
    }

    /// <summary>Each direction moves to the mean of the unit rows within reach of it; one without any stays.</summary>
    private static float[] Shift(StoredMatrix rows, float[] centre, float[] directions, double reach, Workers workers, CancellationToken cancellation)
    {
        const int parts = 32; // fixed, so that the order of summation never depends on the threads
        int columns = rows.Columns, seeds = directions.Length / columns, count = checked((int)rows.Rows), perPart = (count + parts - 1) / parts;
        var sums = new float[parts][];
        workers.Run(parts, part =>
        {
            var sum = sums[part] = new float[directions.Length];
            ForNear(rows, centre, directions, part * perPart, Math.Min(count, (part + 1) * perPart), reach, cancellation,
                (_, seed, unit) => TensorPrimitives.Add(sum.AsSpan(seed * columns, columns), unit, sum.AsSpan(seed * columns, columns)));
        });
        var moved = new float[directions.Length];
        foreach (float[] sum in sums)
            TensorPrimitives.Add(moved, sum, moved);
        for (int s = 0; s < seeds; s++)
        {
            var to = moved.AsSpan(s * columns, columns);
            if (!Normalise(to))
                directions.AsSpan(s * columns, columns).CopyTo(to);
        }

        return moved;
    }

    private static int[] Members(StoredMatrix rows, float[] centre, float[] directions, Workers workers, CancellationToken cancellation)
    {
        int columns = rows.Columns, count = checked((int)rows.Rows);
        var near = new List<int>[directions.Length / columns];
        for (int s = 0; s < near.Length; s++)
            near[s] = [];
        workers.RunRanges(count, 256, (from, to) => ForNear(rows, centre, directions, from, to, LeastCosine, cancellation, (row, seed, _) =>
        {
            lock (near[seed])
                near[seed].Add(row);
        }));
        int[] largest = [.. near.MaxBy(list => list.Count)!];
        Array.Sort(largest);
        return largest.Length >= LeastRows ? largest : [];
    }

    private delegate void Visit(int row, int seed, ReadOnlySpan<float> unit);

    private static void ForNear(
        StoredMatrix rows, float[] centre, float[] directions, int from, int to, double reach, CancellationToken cancellation, Visit visit)
    {
        int columns = rows.Columns, seeds = directions.Length / columns;
        var row = new float[columns];
        for (int id = from; id < to; id++)
        {
            if ((id & 255) == 0)
                cancellation.ThrowIfCancellationRequested();
            rows.ReadRow(id, row);
            TensorPrimitives.Subtract(row, centre, row);
            if (!Normalise(row))
                continue;
            for (int seed = 0; seed < seeds; seed++)
            {
                if (Vectors.Dot(row, directions.AsSpan(seed * columns, columns)) >= reach)
                    visit(id, seed, row);
            }
        }
    }

    private static bool Normalise(Span<float> vector)
    {
        double norm = Vectors.Norm(vector);
        if (!(norm > 0) || !double.IsFinite(norm))
            return false;
        TensorPrimitives.Multiply(vector, (float)(1 / norm), vector);
        return true;
    }
}
