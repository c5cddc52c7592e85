using Azimuth.Numerics;

namespace Azimuth.Training.Word2Vec;

/// <summary>
/// The predictions of a stretch of text, drawn and in order, ready to be learned: an <see cref="ExampleList"/> for each pair of a block of input rows and a block of output rows.
/// Filled again and again; one thread at a time.
/// </summary>
internal sealed class ExampleChunk
{
    private readonly ExampleList[] _lists;

    public ExampleChunk(int blocks)
    {
        _lists = new ExampleList[blocks * blocks];
        for (int i = 0; i < _lists.Length; i++)
            _lists[i] = new ExampleList();
        Dealing = new RowDealing(blocks, 0);
    }

    /// <summary>Which rows are in which block.</summary>
    public RowDealing Dealing { get; private set; }

    /// <summary>Learning rate of all its predictions.</summary>
    public float Rate { get; set; }

    /// <summary>Words of the text, those left out by subsampling too.</summary>
    public int Words { get; set; }

    /// <summary>Predictions.</summary>
    public long Predictions { get; private set; }

    /// <summary>Targets of all of them.</summary>
    public long Targets { get; private set; }

    /// <summary>Predictions between the rows of two blocks.</summary>
    public ExampleList List(int inputBlock, int outputBlock) => _lists[inputBlock * Dealing.Blocks + outputBlock];

    /// <summary>Empties it, for rows dealt like this.</summary>
    public void Clear(RowDealing dealing)
    {
        if (dealing.Blocks * dealing.Blocks != _lists.Length)
            throw new ArgumentException($"expected another number of blocks than {dealing.Blocks}", nameof(dealing));
        Dealing = dealing;
        foreach (ExampleList list in _lists)
            list.Clear();
        (Words, Predictions, Targets) = (0, 0, 0);
    }

    /// <summary>Context words that each predict the same targets, 2·row + label: cut up by the blocks of both.</summary>
    /// <param name="inputs">The context words.</param>
    /// <param name="targets">What they predict.</param>
    /// <param name="outputBlock">The block of all targets; null when they are in several.</param>
    public void AddRows(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int? outputBlock)
    {
        Predictions += inputs.Length;
        Targets += (long)inputs.Length * targets.Length;
        for (; inputs.Length > 0; inputs = inputs[Math.Min(LogisticTile.MostInputs, inputs.Length)..])
        {
            ReadOnlySpan<int> together = inputs[..Math.Min(LogisticTile.MostInputs, inputs.Length)];
            if (outputBlock is int one)
                AddRows(together, targets, one);
            else
                AddParted(together, targets);
        }
    }

    /// <summary>The mean of several rows predicts: not cut up, so there must be one block.</summary>
    public void AddMean(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets)
    {
        _lists[0].Add(inputs, targets);
        Predictions++;
        Targets += targets.Length;
    }

    private void AddParted(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets)
    {
        Span<int> part = targets.Length <= 128 ? stackalloc int[targets.Length] : new int[targets.Length];
        for (int block = 0; block < Dealing.Blocks; block++)
        {
            int count = 0;
            foreach (int target in targets)
            {
                if (Dealing.BlockOf(target >> 1) == block)
                    part[count++] = target;
            }

            if (count > 0)
                AddRows(inputs, part[..count], block);
        }
    }

    private void AddRows(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int outputBlock)
    {
        Span<int> part = stackalloc int[LogisticTile.MostInputs];
        for (int block = 0; block < Dealing.Blocks; block++)
        {
            int count = 0;
            foreach (int input in inputs)
            {
                part[count] = input;
                count += Dealing.BlockOf(input) == block ? 1 : 0;
            }

            if (count > 0)
                List(block, outputBlock).Add(part[..count], targets);
        }
    }
}

/// <summary>Predictions one after the other: number of inputs, number of targets, inputs, targets.</summary>
internal sealed class ExampleList
{
    private int[] _numbers = new int[1024];
    private int _count;

    public void Clear() => _count = 0;

    public void Add(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets)
    {
        int needed = 2 + inputs.Length + targets.Length;
        // The maker has seen to it that they fit into an array.
        if (needed > _numbers.Length - _count)
            Array.Resize(ref _numbers, (int)Math.Min(Array.MaxLength, Math.Max(2L * _numbers.Length, (long)_count + needed)));
        Span<int> place = _numbers.AsSpan(_count, needed);
        place[0] = inputs.Length;
        place[1] = targets.Length;
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
        public readonly bool Distinct
        {
            get
            {
                for (int i = 1; i < Targets.Length; i++)
                {
                    int row = Targets[i] & ~1;
                    if (Targets[..i].ContainsAny(row, row | 1))
                        return false;
                }

                return true;
            }
        }

        public bool Next()
        {
            if (_rest.Length == 0)
                return false;
            int inputs = _rest[0], targets = _rest[1];
            Inputs = _rest.Slice(2, inputs);
            Targets = _rest.Slice(2 + inputs, targets);
            _rest = _rest[(2 + inputs + targets)..];
            return true;
        }
    }
}
