using System.Collections.Concurrent;
using Azimuth.Numerics;

namespace Azimuth.Training.Corpora;

/// <summary>
/// Goes through a corpus once, cuts it into words and writes them down as numbers. Lines are dealt out in blocks; each thread numbers the words of its blocks by a table of its own,
/// and <see cref="Join"/> makes one of them, numbered in the order in which words first come, whoever got which block. Memory: each thread's different words, and a few blocks a thread.
/// </summary>
internal sealed class WordNumbering(VocabularyOptions options, Workers workers)
{
    private const int BlocksAThread = 4, WordsAtATime = 256;
    private readonly ConcurrentBag<Table> _free = [];
    private readonly List<Table> _tables = [];
    private readonly List<(long End, Table Table)> _parts = [];

    /// <summary>The parts of what was written, each in a table's own numbers: where it ends, and what they are among the words joined.</summary>
    public IReadOnlyList<(long End, int[] Numbers)> Parts() => [.. _parts.Select(part => (part.End, part.Table.Numbers))];

    /// <summary>The same with other numbers in place of those of the words joined.</summary>
    public IReadOnlyList<(long End, int[] Numbers)> Parts(int[] others)
    {
        var numbers = _tables.ToDictionary(table => table, table => Array.ConvertAll(table.Numbers, number => others[number]));
        return [.. _parts.Select(part => (part.End, numbers[part.Table]))];
    }

    /// <summary>Reads all of it.</summary>
    /// <returns>What was no UTF-8.</returns>
    public ReplacedBytes ReadAll(TextCorpus corpus, Stream stream, IProgress<double>? progress, CancellationToken cancellation)
    {
        using CorpusReader reader = corpus.Read();
        Blocks now = new(BlocksAThread * workers.ThreadCount), next = new(BlocksAThread * workers.ThreadCount);
        var writer = new IdWriter(stream);
        long written = 0;
        int begun = 0;
        bool goesOn = false;
        for (next.Fill(reader); next.Count > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report((double)reader.StoredBytesRead / Math.Max(1, corpus.SizeBytes));
            (now, next) = (next, now);
            int taken = 0;
            workers.Run(now.Count + 1, part =>
            {
                if (part > 0)
                {
                    Number(now, begun, ref taken);
                    return;
                }

                Write(next);
                next.Fill(reader);
            });
            begun += now.Count;
        }

        Write(now);
        if (goesOn)
        {
            writer.Add([IdFile.LineEnd]);
            _parts[^1] = (written + 1, _parts[^1].Table);
        }

        writer.Flush();
        return reader.Replaced;

        void Write(Blocks blocks)
        {
            for (int i = 0; i < blocks.Count; i++)
            {
                Block block = blocks[i];
                writer.Add(block.Ids);
                written += block.Ids.Length;
                _parts.Add((written, block.Table!));
                goesOn = options.WholeLines && block.Lines.GoesOn(block.Lines.Count - 1);
            }
        }
    }

    /// <summary>All words in the order in which they first come, with the counts of all threads.</summary>
    public WordTable Join(CancellationToken cancellation)
    {
        var words = new WordTable(_tables.Count == 0 ? 0 : _tables.Max(table => table.Words.Count));
        foreach (Table table in _tables)
            table.Numbers = new int[table.Words.Count];
        // A block's new words were numbered in the order they came in it, and a word's first block is first in some table, too.
        foreach (var (_, from, to, table) in _tables.SelectMany(table => table.News()).OrderBy(news => news.Block))
        {
            cancellation.ThrowIfCancellationRequested();
            words.AddAll(table.Words, from, table.Numbers.AsSpan(from, to - from));
        }

        return words;
    }

    private void Number(Blocks blocks, int begun, ref int taken)
    {
        if (!_free.TryTake(out Table? table))
        {
            table = new Table();
            lock (_tables)
                _tables.Add(table);
        }

        // Behind the table: then a table's blocks come in their order, whatever a thread was held up for in between.
        int block = Interlocked.Increment(ref taken) - 1;
        table.Begin(begun + block);
        blocks[block].Number(table, options);
        _free.Add(table);
    }

    /// <summary>A thread's words; their numbers are its own until they are joined.</summary>
    private sealed class Table
    {
        private readonly List<(int Block, int WordsBefore)> _blocks = [];

        public WordTable Words { get; } = new();

        public int[] Numbers { get; set; } = [];

        /// <summary>Words found and not looked up yet: where each begins and ends, and their keys.</summary>
        public int[] Bounds { get; } = new int[2 * WordsAtATime];

        public WordKey[] Keys { get; } = new WordKey[WordsAtATime];

        public void Begin(int block) => _blocks.Add((block, Words.Count));

        /// <summary>Which words were new in which block.</summary>
        public IEnumerable<(int Block, int From, int To, Table Table)> News() =>
            _blocks.Select((block, i) => (block.Block, block.WordsBefore, i + 1 < _blocks.Count ? _blocks[i + 1].WordsBefore : Words.Count, this));
    }

    /// <summary>What is numbered side by side, while one thread writes down and reads the next.</summary>
    private sealed class Blocks(int most)
    {
        private readonly Block[] _blocks = [.. Enumerable.Range(0, most).Select(_ => new Block())];

        /// <summary>Those that hold lines.</summary>
        public int Count { get; private set; }

        public Block this[int index] => _blocks[index];

        public void Fill(CorpusReader reader)
        {
            Count = 0;
            while (Count < _blocks.Length && _blocks[Count].Lines.Fill(reader, withEnds: false))
                Count++;
        }
    }

    /// <summary>Lines, and what became of them.</summary>
    private sealed class Block
    {
        private int[] _ids = [];
        private int _count;

        public LineBlock Lines { get; } = new();

        public ReadOnlySpan<int> Ids => _ids.AsSpan(0, _count);

        public Table? Table { get; private set; }

        public void Number(Table table, VocabularyOptions options)
        {
            Table = table;
            _count = 0;
            // A word has a byte, and another one parts it from the next; each line has an end, and so has each piece of one.
            int most = (Lines.Length / 2) + (2 * Lines.Count) + (Lines.Length / TrainingText.LongestLine);
            if (_ids.Length < most)
                _ids = new int[most];
            for (int line = 0; line < Lines.Count; line++)
            {
                Add(Lines[line], options);
                if (options.WholeLines && !Lines.GoesOn(line))
                    _ids[_count++] = IdFile.LineEnd;
            }
        }

        /// <summary>The words of a line: some are found at a time, then looked up, so that the table's places are fetched side by side.</summary>
        private void Add(ReadOnlySpan<byte> line, VocabularyOptions options)
        {
            var (words, bounds, keys) = (Table!.Words, Table.Bounds, Table.Keys);
            int room = options.WholeLines ? int.MaxValue : TrainingText.LongestLine, left = room;
            var splitter = new WordSplitter(line, options.AsciiBlanks);
            while (splitter.Next(bounds) is int count and > 0)
            {
                for (int i = 0; i < count; i++)
                {
                    keys[i] = WordKey.Of(line, bounds[2 * i], bounds[(2 * i) + 1] - bounds[2 * i]);
                    words.Fetch(keys[i]);
                }

                for (int i = 0; i < count; i++)
                {
                    if (left-- == 0)
                    {
                        _ids[_count++] = IdFile.LineEnd;
                        left = room - 1;
                    }

                    _ids[_count++] = words.Add(line[bounds[2 * i]..bounds[(2 * i) + 1]], keys[i]);
                }
            }

            if (!options.WholeLines && left < room)
                _ids[_count++] = IdFile.LineEnd;
        }
    }
}
