using Azimuth.Numerics;

namespace Azimuth.Transformers.Positions;

/// <summary>
/// Biases on scores by distance (Raffel et al. 2020, §2.1): the distance key − query falls into a bucket, alone up to a quarter of the buckets, then in
/// logarithmic steps; half of the buckets are for keys after the query. One trained value a bucket and head. Immutable.
/// </summary>
internal sealed class RelativeBias
{
    private readonly float[][] _byDistance; // [head][key − query + longest − 1]
    private readonly int _longest;

    /// <param name="config">The buckets.</param>
    /// <param name="table">[bucket, head].</param>
    /// <param name="longest">Longest run.</param>
    public RelativeBias(RelativeBiasConfig config, StoredMatrix table, int longest)
    {
        _longest = longest;
        _byDistance = new float[table.Columns][];
        for (int head = 0; head < _byDistance.Length; head++)
            _byDistance[head] = new float[2 * longest - 1];
        var row = new float[table.Columns];
        for (int distance = 1 - longest; distance < longest; distance++)
        {
            table.ReadRow(Bucket(distance, config), row);
            for (int head = 0; head < row.Length; head++)
                _byDistance[head][distance + longest - 1] = row[head];
        }
    }

    /// <summary>What is added to the scores of one query with the keys from <paramref name="firstKey"/> on.</summary>
    public ReadOnlySpan<float> Of(int head, int query, int firstKey, int count) => _byDistance[head].AsSpan(firstKey - query + _longest - 1, count);

    /// <summary>The bucket of a distance. In single precision, as the reference: on a step's edge one rounding more would fall into the next bucket.</summary>
    /// <param name="distance">key − query.</param>
    /// <param name="config">The buckets.</param>
    public static int Bucket(int distance, RelativeBiasConfig config)
    {
        int side = config.Buckets / 2, exact = side / 2;
        int first = distance > 0 ? side : 0, away = Math.Abs(distance);
        if (away < exact)
            return first + away;
        float steps = MathF.Log((float)away / exact) / (float)Math.Log((double)config.Farthest / exact) * (side - exact);
        return first + Math.Min(exact + (int)steps, side - 1);
    }
}
