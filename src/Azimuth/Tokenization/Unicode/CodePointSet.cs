namespace Azimuth.Tokenization.Unicode;

/// <summary>A set of code points as sorted ranges that do not touch. Immutable, thread-safe.</summary>
internal sealed class CodePointSet
{
    /// <summary>The largest code point.</summary>
    public const int Last = 0x10FFFF;

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

    /// <summary>The ranges in order, ends included.</summary>
    public IEnumerable<TextRange> Ranges => _starts.Zip(_ends, (start, end) => new TextRange(start, end));

    /// <summary>These code points.</summary>
    public static CodePointSet Of(params IEnumerable<int> points) => new(points.Select(point => new TextRange(point, point)));

    /// <summary>The code points for which a rule holds; asks it for each of them.</summary>
    public static CodePointSet Where(Func<int, bool> rule)
    {
        List<TextRange> ranges = [];
        for (int point = 0; point <= Last; point++)
        {
            if (!rule(point))
                continue;
            int start = point;
            while (point < Last && rule(point + 1))
                point++;
            ranges.Add(new TextRange(start, point));
        }

        return new CodePointSet(ranges);
    }

    /// <summary>What is in any of the sets.</summary>
    public static CodePointSet Union(params IEnumerable<CodePointSet> sets) => new(sets.SelectMany(set => set.Ranges));

    /// <summary>What is in both sets.</summary>
    public CodePointSet And(CodePointSet other) => Union(Not(), other.Not()).Not();

    /// <summary>What is not in the set.</summary>
    public CodePointSet Not()
    {
        List<TextRange> gaps = [];
        int from = 0;
        foreach (TextRange range in Ranges)
        {
            if (range.Start > from)
                gaps.Add(new TextRange(from, range.Start - 1));
            from = range.End + 1;
        }

        if (from <= Last)
            gaps.Add(new TextRange(from, Last));
        return new CodePointSet(gaps);
    }

    /// <summary>Whether the code point is one of the set.</summary>
    public bool Contains(int point)
    {
        int at = Array.BinarySearch(_starts, point);
        return at >= 0 || (~at > 0 && point <= _ends[~at - 1]);
    }
}
