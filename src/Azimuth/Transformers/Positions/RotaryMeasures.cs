using Azimuth.Numerics;

namespace Azimuth.Transformers.Positions;

/// <summary>What rotary positions do to queries and keys: measured on the table that runs use, except where a formula is exact.</summary>
public static class RotaryMeasures
{
    /// <summary>Vectors that norms and products are measured on.</summary>
    private const int Samples = 16;

    private const ulong Seed = 1;

    /// <summary>Measured are positions below this: the table of a context of millions would not be worth its memory.</summary>
    private const int MeasuredPositions = 1 << 16;

    /// <summary>
    /// Cosine of a vector turned by position p with itself turned by p + <paramref name="distance"/>, on average over all directions: the mean of cos(distance · f_i)
    /// over the head's values, those that are not turned counting as 1 (Su et al. 2021, §3.4.3, with equal query and key).
    /// </summary>
    /// <param name="config">The rotation.</param>
    /// <param name="headDim">Width of a head.</param>
    /// <param name="distance">Positions between query and key.</param>
    /// <param name="length">Length of the run, which matters to some scalings.</param>
    public static double Similarity(RotaryConfig config, int headDim, int distance, int length)
    {
        double[] frequencies = RotaryFrequencies.Of(config, length);
        ArgumentOutOfRangeException.ThrowIfLessThan(headDim, 2 * frequencies.Length);
        double factor = RotaryFrequencies.AttentionFactor(config.Scaling), turned = 0, rest = headDim - 2 * frequencies.Length;
        foreach (double frequency in frequencies)
            turned += 2 * Math.Cos(distance * frequency);
        return (factor * factor * turned + rest) / (factor * factor * 2 * frequencies.Length + rest);
    }

    /// <summary>
    /// The largest |‖turned‖ − ‖x‖| / ‖x‖ over 16 random vectors and positions below 65,536, the attention factor of the turned values counted into ‖x‖: 0 but for rounding, because a
    /// rotation keeps lengths.
    /// </summary>
    /// <inheritdoc cref="Similarity" path="/param"/>
    public static double NormError(RotaryConfig config, int headDim, int length)
    {
        RotaryTable table = RotaryTable.Create(config, length);
        length = Math.Min(length, MeasuredPositions);
        double factor = RotaryFrequencies.AttentionFactor(config.Scaling), largest = 0;
        foreach (float[] x in RandomVectors(headDim, Seed))
        {
            double turnedPart = factor * Vectors.Norm(x.AsSpan(0, config.Dim)), rest = Vectors.Norm(x.AsSpan(config.Dim));
            double expected = Math.Sqrt(turnedPart * turnedPart + rest * rest);
            foreach (int position in Places(length))
                largest = Math.Max(largest, Math.Abs(Vectors.Norm(Turned(table, x, headDim, position)) - expected) / expected);
        }

        return largest;
    }

    /// <summary>
    /// The largest |q_m·k_n − q_0·k_(n−m)| / (|q||k|) over 16 random queries and keys and positions m ≤ n of a run below 65,536: 0 but for rounding, because a score depends on the
    /// distance only (Su et al. 2021, eq. 16).
    /// </summary>
    /// <inheritdoc cref="Similarity" path="/param"/>
    public static double OffsetError(RotaryConfig config, int headDim, int length)
    {
        RotaryTable table = RotaryTable.Create(config, length);
        length = Math.Min(length, MeasuredPositions);
        int[] places = [.. Places(length)];
        double largest = 0;
        foreach ((float[] q, float[] k) in RandomVectors(headDim, Seed).Zip(RandomVectors(headDim, Seed + 1)))
        {
            double lengths = Vectors.Norm(Turned(table, q, headDim, 0)) * Vectors.Norm(Turned(table, k, headDim, 0));
            foreach (int distance in places)
            {
                double near = Vectors.DotDouble(Turned(table, q, headDim, distance), Turned(table, k, headDim, 0));
                foreach (int shift in places.Where(shift => shift + distance < length))
                {
                    double far = Vectors.DotDouble(Turned(table, q, headDim, distance + shift), Turned(table, k, headDim, shift));
                    largest = Math.Max(largest, Math.Abs(far - near) / lengths);
                }
            }
        }

        return largest;
    }

    /// <summary>0, 1, 2, 4, … and the last position.</summary>
    private static IEnumerable<int> Places(int length)
    {
        yield return 0;
        for (long place = 1; place < length - 1; place *= 2)
            yield return (int)place;
        if (length > 1)
            yield return length - 1;
    }

    private static IEnumerable<float[]> RandomVectors(int headDim, ulong seed)
    {
        var random = new SeededRandom(seed);
        for (int i = 0; i < Samples; i++)
            yield return [.. Enumerable.Range(0, headDim).Select(_ => (float)random.NextGaussian())];
    }

    private static float[] Turned(RotaryTable table, float[] x, int headDim, int position)
    {
        float[] turned = [.. x];
        table.Rotate(turned, headDim, position);
        return turned;
    }
}
