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
    private const int Blocks = 16;
    private readonly TokenizerTrainingOptions _options;
    private readonly Workers _workers;
    private readonly CorpusReader _reader;
    private readonly LineBlock[] _blocks = [.. Enumerable.Range(0, Blocks).Select(_ => new LineBlock())];
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

    /// <summary>What was no UTF-8.</summary>
    public ReplacedBytes Replaced => _reader.Replaced;

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
            for (int line = 0; line < _blocks[part].Count; line++)
                table.Splitter.Count(_blocks[part][line], table.Words);
            _tables.Add(table);
        });
    }

    /// <summary>The words so far, in the order of their bytes.</summary>
    public WordTable Words()
    {
        var words = new WordTable();
        foreach (var (_, table) in _tables)
            words.AddAll(table, 0, new int[table.Count]);
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

    private bool Fill(LineBlock block)
    {
        if (!block.Fill(_reader, withEnds: true))
            return false;
        _lines += block.Count;
        TextBytes += block.Length;
        return true;
    }
}
