namespace Azimuth.Transformers.Positions;

/// <summary>Attention with linear biases (Press, Smith, Lewis 2022, §3): head h subtracts slope(h) · distance from its scores.</summary>
internal static class Alibi
{
    /// <summary>One slope a head: 2^(−8/n), 2^(−16/n), … for a power of two; otherwise those of the power below, then every second of the power above.</summary>
    public static float[] Slopes(int headCount)
    {
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
}
