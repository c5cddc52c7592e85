namespace Azimuth.Transformers.Positions;

/// <summary>Attention with linear biases (Press, Smith, Lewis 2022, §3): head h adds slope(h) · (key − query) to its scores, so they fall with the distance.</summary>
public static class Alibi
{
    /// <summary>One slope a head: 2^(−8/n), 2^(−16/n), … for a power of two; otherwise those of the power below, then every second of the power above.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than one head.</exception>
    public static float[] Slopes(int headCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(headCount, 1);
        int below = 1 << (int)Math.Floor(Math.Log2(headCount));
        var slopes = new float[headCount];
        for (int h = 0; h < headCount; h++)
        {
            slopes[h] = h < below
                ? (float)Math.Pow(2, -8.0 * (h + 1) / below)
                : (float)Math.Pow(2, -4.0 * (2 * (h - below) + 1) / below);
        }

        return slopes;
    }

    /// <summary>What is added to the scaled score of two positions: 0 at the query's own position, negative before it.</summary>
    public static float Bias(float slope, int query, int key) => slope * (key - query);

    /// <summary>
    /// The same where slope · position is a bfloat16, as Falcon was trained: the products of key and query are rounded, each by itself. The query's is a
    /// constant that softmax does not see; taking it off makes the bias 0 at the query's own position.
    /// </summary>
    public static float RoundedBias(float slope, int query, int key) => Bfloat16(slope * key) - Bfloat16(slope * query);

    /// <summary>The nearest bfloat16 (ties to even) of a finite number.</summary>
    public static float Bfloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000);
    }

    /// <summary>
    /// BLOOM's form [head][key]: slope · position of the key, the same for every query. It differs from <see cref="Bias"/> by a constant for each query,
    /// which softmax does not see. Positions count from the first token that is no padding: padding has 0.
    /// </summary>
    /// <param name="slopes">One a head.</param>
    /// <param name="isToken">For each key, false where it is padding.</param>
    public static float[][] KeyBias(ReadOnlySpan<float> slopes, ReadOnlySpan<bool> isToken)
    {
        var places = new int[isToken.Length];
        int seen = 0;
        for (int key = 0; key < isToken.Length; key++)
            places[key] = isToken[key] ? seen++ : 0;
        var bias = new float[slopes.Length][];
        for (int h = 0; h < bias.Length; h++)
        {
            float slope = slopes[h];
            bias[h] = Array.ConvertAll(places, place => slope * place);
        }

        return bias;
    }
}
