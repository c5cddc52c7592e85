using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>
/// The best values seen so far, in the order of <see cref="TopK"/>. Values may be offered in any order of indices: the outcome is the same.
/// Not synchronised.
/// </summary>
internal sealed class RunningTop(int count)
{
    private readonly Scored[] _heap = new Scored[count]; // the worst on top: parents never come before their children
    private int _size;

    /// <summary>Offers values[i] as index <paramref name="firstIndex"/> + i.</summary>
    public void Offer(ReadOnlySpan<float> values, int firstIndex)
    {
        if (_heap.Length == 0)
            return;
        int i = 0;
        for (; i < values.Length && (_size < _heap.Length || float.IsNaN(_heap[0].Value)); i++)
            Offer(new Scored(firstIndex + i, values[i]));
        ref float first = ref MemoryMarshal.GetReference(values);
        for (; i + 16 <= values.Length; i += 16)
        {
            // Most vectors hold nothing as good as the worst kept.
            ulong candidates = Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref first, (nuint)i), Vector512.Create(_heap[0].Value)).ExtractMostSignificantBits();
            for (; candidates != 0; candidates &= candidates - 1)
            {
                int at = i + BitOperations.TrailingZeroCount(candidates);
                Offer(new Scored(firstIndex + at, values[at]));
            }
        }

        for (; i < values.Length; i++)
            Offer(new Scored(firstIndex + i, values[i]));
    }

    /// <summary>Offers one value.</summary>
    public void Offer(Scored candidate)
    {
        if (_size < _heap.Length)
        {
            int at = _size++;
            for (; at > 0 && Before(_heap[(at - 1) / 2], candidate); at = (at - 1) / 2)
                _heap[at] = _heap[(at - 1) / 2];
            _heap[at] = candidate;
        }
        else if (_size > 0 && Before(candidate, _heap[0]))
            ReplaceWorst(candidate);
    }

    /// <summary>Offers all that another one kept.</summary>
    public void Merge(RunningTop other)
    {
        for (int i = 0; i < other._size; i++)
            Offer(other._heap[i]);
    }

    /// <summary>Values below it need not be offered; −∞ until as many are kept as asked for.</summary>
    public float Threshold => _size < _heap.Length || _size == 0 ? float.NegativeInfinity : _heap[0].Value;

    /// <summary>The first index from <paramref name="start"/> on where a value reaches its threshold; the length when there is none. NaN reaches none.</summary>
    public static int FirstAtLeast(ReadOnlySpan<float> values, ReadOnlySpan<float> thresholds, int start)
    {
        ref float value = ref MemoryMarshal.GetReference(values), threshold = ref MemoryMarshal.GetReference(thresholds[..values.Length]);
        int i = start;
        for (; i + 16 <= values.Length; i += 16)
        {
            ulong reached = Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref value, (nuint)i), Vector512.LoadUnsafe(ref threshold, (nuint)i)).ExtractMostSignificantBits();
            if (reached != 0)
                return i + BitOperations.TrailingZeroCount(reached);
        }

        for (; i < values.Length; i++)
        {
            if (values[i] >= thresholds[i])
                return i;
        }

        return values.Length;
    }

    /// <summary>What was kept, best first.</summary>
    public Scored[] Sorted()
    {
        var sorted = _heap[.._size];
        Array.Sort(sorted, static (a, b) => Before(a, b) ? -1 : Before(b, a) ? 1 : 0);
        return sorted;
    }

    private void ReplaceWorst(Scored candidate)
    {
        int at = 0;
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= _size)
                break;
            if (child + 1 < _size && Before(_heap[child], _heap[child + 1]))
                child++;
            if (Before(_heap[child], candidate))
                break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = candidate;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Before(Scored a, Scored b)
    {
        if (a.Value > b.Value)
            return true;
        if (a.Value < b.Value)
            return false;
        bool aIsNumber = !float.IsNaN(a.Value), bIsNumber = !float.IsNaN(b.Value);
        return aIsNumber == bIsNumber ? a.Index < b.Index : aIsNumber;
    }
}
