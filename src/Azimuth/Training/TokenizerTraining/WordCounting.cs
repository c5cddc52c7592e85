using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>
/// Goes through the corpus once and counts its words. A line with its end is one text, as where the tokenizers library reads files. Lines are dealt out in blocks; each thread
/// has a table of its own, and what they sum up to does not depend on who got which block. Memory: each thread's different words, and 16 blocks of text.
/// </summary>
internal sealed class WordCounting : IDisposable
{
    private const int Blocks = 16, BlockBytes = 1 << 20;
    private readonly TokenizerTrainingOptions _options;
    private readonly Workers _workers;
    private readonly CorpusReader _reader;
    private readonly Block[] _blocks = [.. Enumerable.Range(0, Blocks).Select(_ => new Block())];
    private readonly ConcurrentBag<(PieceSplitter Splitter, WordTable Words)> _tables = [];
    private long _lines;

    /// <summary>Begins at the beginning, or behind the lines that a saved state has counted.</summary>
    public WordCounting(TextCorpus corpus, TokenizerTrainingOptions options, Workers workers, StateReader? state = null)
    {
        (_options, _workers, _reader) = (options, workers, corpus.Read());
        if (state is null)
            return;
        _tables.Add((new PieceSplitter(options), state.Words()));
        long lines = state.Number("lines");
        while (_lines < lines)
        {
            if (!_reader.TryNextLine(out _))
                throw state.Damaged(FormattableString.Invariant($"expected a corpus of at least {lines} lines, found {_lines}. Name the corpus that the run was begun with"));
            _lines++;
        }

        (Finished, TextBytes) = (state.Number("counted", 1) == 1, state.Number("bytes"));
    }

    /// <summary>True at the end of the corpus.</summary>
    public bool Finished { get; private set; }

    /// <summary>Bytes of the stored files taken in.</summary>
    public long StoredBytesRead => _reader.StoredBytesRead;

    /// <summary>Characters put in for what was no UTF-8.</summary>
    public long Replaced => _reader.Replaced;

    /// <summary>Bytes of text gone through since the run began.</summary>
    public long TextBytes { get; private set; }

    /// <summary>Counts the next sixteen mebibytes or so.</summary>
    public void Advance()
    {
        int filled = 0;
        while (filled < Blocks && Fill(_blocks[filled]))
            filled++;
        Finished = filled < Blocks;
        _workers.Run(filled, part =>
        {
            if (!_tables.TryTake(out var table))
                table = (new PieceSplitter(_options), new WordTable());
            _blocks[part].Count(table.Splitter, table.Words);
            _tables.Add(table);
        });
    }

    /// <summary>The words so far, in the order of their bytes.</summary>
    public WordTable Words()
    {
        var words = new WordTable();
        foreach (var (_, table) in _tables)
            words.AddAll(table);
        return words.Sorted();
    }

    /// <summary>Writes down what there is to go on from.</summary>
    public void Save(JsonObject values, List<SafetensorsEntry> tensors)
    {
        values["lines"] = _lines;
        values["bytes"] = TextBytes;
        values["counted"] = Finished ? 1 : 0;
        StateReader.Add(tensors, Words());
    }

    public void Dispose() => _reader.Dispose();

    private bool Fill(Block block)
    {
        block.Clear();
        while (block.Length < BlockBytes && _reader.TryNextLine(out var line))
        {
            block.Add(line, _reader.LineEnd);
            _lines++;
        }

        TextBytes += block.Length;
        return block.Length > 0;
    }

    /// <summary>Lines of text, one behind the other.</summary>
    private sealed class Block
    {
        private readonly List<int> _ends = [];
        private byte[] _bytes = new byte[BlockBytes + (BlockBytes / 4)];

        public int Length { get; private set; }

        public void Clear()
        {
            _ends.Clear();
            Length = 0;
        }

        public void Add(ReadOnlySpan<byte> line, ReadOnlySpan<byte> end)
        {
            int length = Length + line.Length + end.Length;
            if (length > _bytes.Length)
                Array.Resize(ref _bytes, 2 * length);
            line.CopyTo(_bytes.AsSpan(Length));
            end.CopyTo(_bytes.AsSpan(Length + line.Length));
            Length = length;
            _ends.Add(length);
        }

        public void Count(PieceSplitter splitter, WordTable words)
        {
            int start = 0;
            foreach (int end in _ends)
            {
                splitter.Count(_bytes.AsSpan(start, end - start), words);
                start = end;
            }
        }
    }
}
