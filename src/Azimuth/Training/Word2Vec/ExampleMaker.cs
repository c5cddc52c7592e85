using Azimuth.Training.Corpora;

namespace Azimuth.Training.Word2Vec;

/// <summary>
/// Draws the predictions of a stretch of text, in the order of the original program: words left out of each line by subsampling, then for each position a window, and for it or for
/// each of its context words from left to right the targets. Every stretch has random numbers of its own, so that any of them can be drawn first, on any thread. Safe for many threads.
/// </summary>
internal sealed class ExampleMaker
{
    /// <summary>Numbers of the id file that begin in one stretch.</summary>
    public const int ChunkLength = 4096;

    private readonly IdFile _ids;
    private readonly Word2VecOptions _options;
    private readonly ulong[] _keep;
    private readonly HuffmanCodes? _tree;
    private readonly NegativeSampler? _sampler;
    private readonly bool _pooled;

    public ExampleMaker(TrainingText text, Word2VecOptions options, int blocks = 1)
    {
        (_ids, _options) = (text.Ids, options);
        _keep = Subsampling.Thresholds(text.Counts, options.Sample);
        _pooled = blocks > 1 && !options.HierarchicalSoftmax && NegativePool.IsFair(text.Counts, blocks);
        if (options.HierarchicalSoftmax)
            _tree = new HuffmanCodes(text.Counts);
        else
            _sampler = new NegativeSampler(text.Counts, _pooled ? blocks : 1);
        ChunksAnEpoch = Math.Max(1, (_ids.Length + ChunkLength - 1) / ChunkLength);
        RequireRoom(_tree is null ? 1 + options.Negatives : Enumerable.Range(0, text.Words.Count).Max(word => _tree.Path(word).Length));
    }

    public long ChunksAnEpoch { get; }

    /// <summary>Fills a chunk with those of the lines that begin in stretch <paramref name="index"/>, counted over all epochs.</summary>
    public void Fill(ExampleChunk chunk, long index, RowDealing dealing)
    {
        chunk.Clear(dealing);
        long total = ChunksAnEpoch * _options.Epochs, at = index % ChunksAnEpoch * ChunkLength;
        chunk.Rate = (float)(_options.Rate + (_options.LastRate - _options.Rate) * index / total);
        ulong seed = _options.Seed ^ unchecked((ulong)(index + 1) * 0xD1342543DE82EF95);
        var random = new OriginalRandom(Numerics.SeededRandom.SplitMix(ref seed));
        Fill(chunk, _ids.LineFrom(at), _ids.LineFrom(at + ChunkLength), random);
    }

    /// <summary>Adds those of the lines from one place of the id file to another.</summary>
    public void Fill(ExampleChunk chunk, long from, long to, OriginalRandom random)
    {
        Span<int> kept = new int[TrainingText.LongestLine];
        var room = new Room(_options, _pooled ? new NegativePool(_sampler!, chunk.Dealing) : null);
        ReadOnlySpan<int> lines = _ids.Lines(from, to, _keep.Length, ChunkLength + TrainingText.LongestLine + 1);
        while (lines.Length > 0)
        {
            ReadOnlySpan<int> line = lines[..lines.IndexOf(IdFile.LineEnd)];
            lines = lines[(line.Length + 1)..];
            chunk.Words += line.Length;
            int count = 0;
            foreach (int word in line)
            {
                // Without a branch, which would be guessed wrong.
                kept[count] = word;
                count += _options.Sample <= 0 || random.Next() >> 32 < _keep[word] ? 1 : 0;
            }

            AddLine(chunk, kept[..count], ref random, room);
        }
    }

    /// <summary>A stretch of the longest lines, each position with its widest window, must fit into one <see cref="ExampleList"/>.</summary>
    private void RequireRoom(long targets)
    {
        const int Lengths = 2;
        long contexts = 2L * _options.Window, tiles = (contexts + Numerics.LogisticTile.MostInputs - 1) / Numerics.LogisticTile.MostInputs;
        long position = _options.Cbow ? Lengths + contexts + targets
            : _tree is not null || _options.NegativesPerPair ? contexts * (Lengths + 1 + targets)
            : tiles * (Lengths + Numerics.LogisticTile.MostInputs + targets);
        if (position > Array.MaxLength / (ChunkLength + TrainingText.LongestLine))
            throw new TrainingException(FormattableString.Invariant($"a window of {_options.Window:N0} words to each side and {targets:N0} targets of each prediction: expected at most {Array.MaxLength / (ChunkLength + TrainingText.LongestLine):N0} numbers for a position of the text, found {position:N0}. Give a smaller window{(_tree is null ? " or fewer negatives" : "")}{(_options.NegativesPerPair ? ", or draw negatives once for a position" : "")}"));
    }

    private void AddLine(ExampleChunk chunk, ReadOnlySpan<int> line, ref OriginalRandom random, Room room)
    {
        for (int position = 0; position < line.Length; position++)
        {
            int width = _options.Window - random.NextShrink(_options.Window);
            int from = Math.Max(0, position - width), to = Math.Min(line.Length - 1, position + width);
            if (to == from)
                continue;
            ReadOnlySpan<int> contexts = room.Contexts(line, from, position, to);
            int word = line[position];
            // Known where there is one, and where negatives come from that of the word.
            int? block = room.Pool is not null || chunk.Dealing.Blocks == 1 ? chunk.Dealing.BlockOf(word) : null;
            if (_options.Cbow)
            {
                chunk.AddMean(contexts, Targets(word, ref random, room));
            }
            else if (_tree is null && !_options.NegativesPerPair)
            {
                chunk.AddRows(contexts, Targets(word, ref random, room), block);
            }
            else
            {
                for (int i = 0; i < contexts.Length; i++)
                    chunk.AddRows(contexts.Slice(i, 1), Targets(word, ref random, room), block);
            }
        }
    }

    /// <summary>What the word in the middle is told by: itself and words drawn, or the nodes of its path; 2·row + label each.</summary>
    private ReadOnlySpan<int> Targets(int word, ref OriginalRandom random, Room room)
    {
        if (_tree is not null)
            return _tree.Path(word);
        Span<int> targets = room.Targets;
        int count = 0;
        targets[count++] = 2 * word + 1;
        for (int i = 0; i < _options.Negatives; i++)
        {
            int negative = room.Pool is null ? _sampler!.Draw(random.Next()) : room.Pool.Draw(word, ref random);
            // One equal to the word itself is skipped, not drawn again.
            if (negative != word)
                targets[count++] = 2 * negative;
        }

        return targets[..count];
    }

    private sealed class Room(Word2VecOptions options, NegativePool? pool)
    {
        private readonly int[] _contexts = new int[2 * options.Window];

        /// <summary>Null where there is one block.</summary>
        public NegativePool? Pool => pool;

        public int[] Targets { get; } = new int[1 + options.Negatives];

        public ReadOnlySpan<int> Contexts(ReadOnlySpan<int> line, int from, int position, int to)
        {
            line[from..position].CopyTo(_contexts);
            line[(position + 1)..(to + 1)].CopyTo(_contexts.AsSpan(position - from));
            return _contexts.AsSpan(0, to - from);
        }
    }
}
