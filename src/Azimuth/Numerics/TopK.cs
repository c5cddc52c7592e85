using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>An index and its value.</summary>
public readonly record struct Scored(int Index, float Value);

/// <summary>The largest values of a vector: highest first, equal values by lower index; NaN ranks last.</summary>
public static class TopK
{
    /// <summary>The <paramref name="count"/> largest, or all when there are fewer; one pass over the values with a heap of the best so far.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative count.</exception>
    public static Scored[] Largest(ReadOnlySpan<float> values, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var best = new RunningTop(Math.Min(count, values.Length));
        best.Offer(values, 0);
        return best.Sorted();
    }

    /// <summary>1 + the number of values that come before <paramref name="index"/>: larger ones, and equal ones at a lower index.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such index.</exception>
    public static int Rank(ReadOnlySpan<float> values, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, values.Length);
        return 1 + CountBefore(values, 0, index, values[index]);
    }

    /// <summary>How many of values[i], index <paramref name="firstIndex"/> + i, come before <paramref name="value"/> at <paramref name="index"/>.</summary>
    internal static int CountBefore(ReadOnlySpan<float> values, int firstIndex, int index, float value)
    {
        int lower = Math.Clamp(index - firstIndex, 0, values.Length), count = 0;
        if (!float.IsNaN(value))
            return CountAtLeast(values[..lower], value) + CountAbove(values[lower..], value);
        for (int i = 0; i < values.Length; i++)
            count += !float.IsNaN(values[i]) || i < lower ? 1 : 0;
        return count;
    }

    private static int CountAtLeast(ReadOnlySpan<float> values, float limit)
    {
        ref float first = ref MemoryMarshal.GetReference(values);
        int count = 0, i = 0;
        for (; i + 16 <= values.Length; i += 16)
            count += BitOperations.PopCount(Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref first, (nuint)i), Vector512.Create(limit)).ExtractMostSignificantBits());
        for (; i < values.Length; i++)
            count += values[i] >= limit ? 1 : 0;
        return count;
    }

    private static int CountAbove(ReadOnlySpan<float> values, float limit)
    {
        ref float first = ref MemoryMarshal.GetReference(values);
        int count = 0, i = 0;
        for (; i + 16 <= values.Length; i += 16)
            count += BitOperations.PopCount(Vector512.GreaterThan(Vector512.LoadUnsafe(ref first, (nuint)i), Vector512.Create(limit)).ExtractMostSignificantBits());
        for (; i < values.Length; i++)
            count += values[i] > limit ? 1 : 0;
        return count;
    }
}
