namespace Azimuth.Checkpoints.Torch.Pickle;

/// <summary>A pickle's stack, cut into sections by marks: no opcode takes what lies below the last mark. Belongs to one thread.</summary>
internal sealed class PickleStack(PickleSource source)
{
    private const int Deepest = 1 << 18;
    private const int ItemBytes = 48, TupleBytes = 64;

    private readonly List<PickleValue> _values = [];
    private readonly List<int> _marks = [];

    /// <summary>Where the section above the last mark begins.</summary>
    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    public void Clear()
    {
        _values.Clear();
        _marks.Clear();
    }

    public void Push(PickleValue value)
    {
        if (_values.Count >= Deepest)
            throw Deep();
        _values.Add(value);
    }

    public void Mark()
    {
        if (_marks.Count >= Deepest)
            throw Deep();
        _marks.Add(_values.Count);
    }

    public PickleValue Peek() => _values.Count > Floor ? _values[^1] : throw Underflow();

    public PickleValue Pop()
    {
        PickleValue top = Peek();
        _values.RemoveAt(_values.Count - 1);
        return top;
    }

    /// <summary>As in Python, a mark with nothing above it is taken away as a value would be.</summary>
    public void PopValueOrMark()
    {
        if (_values.Count == Floor && _marks.Count > 0)
            _marks.RemoveAt(_marks.Count - 1);
        else
            Pop();
    }

    /// <summary>The topmost values, the lowest first.</summary>
    public PickleValue[] PopMany(int count) => _values.Count - Floor >= count ? PopFrom(_values.Count - count) : throw Underflow();

    /// <summary>The values above the last mark, and the mark.</summary>
    public PickleValue[] PopToMark()
    {
        if (_marks.Count == 0)
            throw source.Error("an opcode ends what no mark began");
        int from = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        return PopFrom(from);
    }

    private PickleValue[] PopFrom(int from)
    {
        int count = _values.Count - from;
        source.Spend(TupleBytes + ((long)ItemBytes * count));
        PickleValue[] items = new PickleValue[count];
        _values.CopyTo(from, items, 0, count);
        _values.RemoveRange(from, count);
        return items;
    }

    private CheckpointFormatException Underflow() => source.Error("an opcode takes more values than there are");

    private CheckpointFormatException Deep() => source.Error($"more than {Deepest} values or marks wait on the stack");
}
