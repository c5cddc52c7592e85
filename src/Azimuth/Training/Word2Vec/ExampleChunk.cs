namespace Azimuth.Training.Word2Vec;

/// <summary>
/// The predictions of a stretch of text, drawn and in order, ready to be learned: an <see cref="ExampleList"/> for each pair of a block of input rows and a block of output rows
/// (row modulo blocks). Filled again and again; one thread at a time.
/// </summary>
internal sealed class ExampleChunk
{
    private readonly int _blocks;
    private readonly ExampleList[] _lists;
    private readonly int[][] _parts;
    private readonly int[] _counts;
    private readonly bool[] _distinct;
    private int _targetCount;

    public ExampleChunk(int blocks)
    {
        _blocks = blocks;
        _lists = new ExampleList[blocks * blocks];
        for (int i = 0; i < _lists.Length; i++)
            _lists[i] = new ExampleList();
        _parts = new int[blocks][];
        Array.Fill(_parts, []);
        _counts = new int[blocks];
        _distinct = new bool[blocks];
    }

    /// <summary>Learning rate of all its predictions.</summary>
    public float Rate { get; set; }

    /// <summary>Words of the text, those left out by subsampling too.</summary>
    public int Words { get; set; }

    /// <summary>Predictions.</summary>
    public int Predictions { get; private set; }

    /// <summary>Targets of all of them.</summary>
    public int Targets { get; private set; }

    /// <summary>Predictions between the rows of two blocks.</summary>
    public ExampleList List(int inputBlock, int outputBlock) => _lists[inputBlock * _blocks + outputBlock];

    public void Clear()
    {
        foreach (ExampleList list in _lists)
            list.Clear();
        (Words, Predictions, Targets) = (0, 0, 0);
    }

    /// <summary>What the following predictions are told by: 2·row + label each. Parted by the blocks of the rows.</summary>
    public void SetTargets(ReadOnlySpan<int> targets)
    {
        Array.Clear(_counts);
        _targetCount = targets.Length;
        foreach (int target in targets)
        {
            int block = _blocks == 1 ? 0 : (int)((uint)(target >> 1) % (uint)_blocks);
            if (_parts[block].Length < targets.Length)
                _parts[block] = new int[targets.Length];
            _parts[block][_counts[block]++] = target;
        }

        for (int block = 0; block < _blocks; block++)
            _distinct[block] = !HasTwice(_parts[block].AsSpan(0, _counts[block]));
    }

    /// <summary>A context word's row predicts; cut up where the targets are in several blocks.</summary>
    public void AddRow(int input)
    {
        int inputBlock = _blocks == 1 ? 0 : (int)((uint)input % (uint)_blocks);
        for (int block = 0; block < _blocks; block++)
        {
            if (_counts[block] > 0)
                List(inputBlock, block).Add([input], _parts[block].AsSpan(0, _counts[block]), _distinct[block]);
        }

        Predictions++;
        Targets += _targetCount;
    }

    /// <summary>The mean of several rows predicts: not cut up, so there must be one block.</summary>
    public void AddMean(ReadOnlySpan<int> inputs)
    {
        _lists[0].Add(inputs, _parts[0].AsSpan(0, _counts[0]), _distinct[0]);
        Predictions++;
        Targets += _targetCount;
    }

    /// <summary>Whether a row comes twice.</summary>
    internal static bool HasTwice(ReadOnlySpan<int> targets)
    {
        for (int i = 1; i < targets.Length; i++)
        {
            int row = targets[i] & ~1;
            if (targets[..i].ContainsAny(row, row | 1))
                return true;
        }

        return false;
    }
}

/// <summary>Predictions one after the other: number of inputs, number of targets (negative when a target row comes twice), inputs, targets.</summary>
internal sealed class ExampleList
{
    private int[] _numbers = new int[1024];
    private int _count;

    public void Clear() => _count = 0;

    public void Add(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, bool distinct)
    {
        int needed = 2 + inputs.Length + targets.Length;
        if (_count + needed > _numbers.Length)
            Array.Resize(ref _numbers, Math.Max(2 * _numbers.Length, _count + needed));
        Span<int> place = _numbers.AsSpan(_count, needed);
        place[0] = inputs.Length;
        place[1] = distinct ? targets.Length : -targets.Length;
        inputs.CopyTo(place[2..]);
        targets.CopyTo(place[(2 + inputs.Length)..]);
        _count += needed;
    }

    /// <summary>From the first on.</summary>
    public Reader Read() => new(_numbers.AsSpan(0, _count));

    /// <summary>Goes through the predictions.</summary>
    public ref struct Reader(ReadOnlySpan<int> rest)
    {
        private ReadOnlySpan<int> _rest = rest;

        public ReadOnlySpan<int> Inputs { get; private set; }

        public ReadOnlySpan<int> Targets { get; private set; }

        /// <summary>No target row comes twice.</summary>
        public bool Distinct { get; private set; }

        public bool Next()
        {
            if (_rest.Length == 0)
                return false;
            int inputs = _rest[0], targets = Math.Abs(_rest[1]);
            Distinct = _rest[1] >= 0;
            Inputs = _rest.Slice(2, inputs);
            Targets = _rest.Slice(2 + inputs, targets);
            _rest = _rest[(2 + inputs + targets)..];
            return true;
        }
    }
}
