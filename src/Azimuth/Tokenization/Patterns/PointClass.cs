using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tokenization.Patterns;

/// <summary>A set of code points to match; the answers for the first few hundred are kept in a table. Immutable, thread-safe.</summary>
internal sealed class PointClass
{
    private const int TableLength = 0x300;

    private readonly CodePointSet _set;
    private readonly bool[] _table = new bool[TableLength];

    public PointClass(CodePointSet set)
    {
        _set = set;
        foreach (TextRange range in set.Ranges.TakeWhile(range => range.Start < TableLength))
            _table.AsSpan(range.Start..Math.Min(range.End + 1, TableLength)).Fill(true);
    }

    /// <summary>Whether the code point belongs to the set.</summary>
    public bool Contains(int point) => (uint)point < TableLength ? _table[point] : _set.Contains(point);
}
