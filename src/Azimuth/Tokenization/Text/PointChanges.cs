namespace Azimuth.Tokenization.Text;

/// <summary>
/// A new text as changes to an old one, from the left, for normalizers that know only afterwards what vanishes behind a character: <see cref="TextRewriter"/> gives
/// the origins.
/// </summary>
internal sealed class PointChanges(AlignedText text)
{
    private readonly List<(int Point, int Change)> _changes = new(text.Count);

    /// <summary>The next character, kept or replaced by one.</summary>
    public void Keep(int point) => _changes.Add((point, 0));

    /// <summary>A character more than there was.</summary>
    public void Insert(int point)
    {
        if (_changes.Count == _changes.Capacity)
            text.CheckLength(_changes.Count + 1L);
        _changes.Add((point, 1));
    }

    /// <summary>So many characters vanish. Before the first new one there is nothing to hang that on, and the library forgets it: all origins that follow lag behind.</summary>
    public void Remove(int count)
    {
        if (_changes.Count > 0)
            _changes[^1] = (_changes[^1].Point, _changes[^1].Change - count);
    }

    /// <summary>The new text.</summary>
    public AlignedText Apply()
    {
        TextRewriter renewed = new(text);
        foreach ((int point, int change) in _changes)
        {
            if (change > 0)
                renewed.Insert(point);
            else
                renewed.Replace(point, -change);
        }

        return renewed.Result;
    }
}
