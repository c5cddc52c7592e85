namespace Azimuth.Numerics;

/// <summary>An index and its value.</summary>
public readonly record struct Scored(int Index, float Value);

/// <summary>The largest values of a vector: highest first, equal values by lower index; NaN ranks last.</summary>
public static class TopK
{
    /// <summary>The <paramref name="count"/> largest, or all when there are fewer.</summary>
    public static Scored[] Largest(ReadOnlySpan<float> values, int count)
    {
        var all = new Scored[values.Length];
        for (int i = 0; i < all.Length; i++)
            all[i] = new Scored(i, values[i]);
        Array.Sort(all, static (a, b) => a.Value != b.Value ? b.Value.CompareTo(a.Value) : a.Index.CompareTo(b.Index));
        return all[..Math.Min(count, all.Length)];
    }

    /// <summary>1 + the number of values that come before <paramref name="index"/>: larger ones, and equal ones at a lower index.</summary>
    public static int Rank(ReadOnlySpan<float> values, int index)
    {
        int rank = 1;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] > values[index] || (values[i] == values[index] && i < index))
                rank++;
        }

        return rank;
    }
}
