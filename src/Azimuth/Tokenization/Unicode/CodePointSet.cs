namespace Azimuth.Tokenization.Unicode;

/// <summary>A set of code points as sorted ranges. Immutable, thread-safe.</summary>
internal sealed class CodePointSet
{
    private readonly int[] _starts;
    private readonly int[] _ends;

    /// <summary>The union of ranges, in any order, ends included.</summary>
    public CodePointSet(IEnumerable<TextRange> inclusive)
    {
        List<TextRange> joined = [];
        foreach (TextRange range in inclusive.OrderBy(range => range.Start))
        {
            if (joined.Count > 0 && range.Start <= joined[^1].End + 1)
                joined[^1] = joined[^1] with { End = Math.Max(joined[^1].End, range.End) };
            else
                joined.Add(range);
        }

        _starts = [.. joined.Select(range => range.Start)];
        _ends = [.. joined.Select(range => range.End)];
    }

    /// <summary>Whether the code point is one of the set.</summary>
    public bool Contains(int point)
    {
        int at = Array.BinarySearch(_starts, point);
        return at >= 0 || (~at > 0 && point <= _ends[~at - 1]);
    }
}
