using System.Numerics.Tensors;
using System.Text;
using Azimuth.Checkpoints.Compression;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// fastText's .bin (versions 11 and 12 and the form before them, skip-gram, cbow and supervised): words, and the subwords from which words it has
/// never seen get vectors. A word's vector is the mean of its own row and those of its n-grams (Bojanowski et al. 2017; fastText's
/// getWordVector). Immutable, safe for many threads, nobody disposes it.
/// </summary>
public sealed class FastTextModel
{
    private readonly Subwords _subwords;
    private readonly StoredMatrix _input; // [words + buckets, dimension]
    private readonly WordList _words;
    private readonly int[] _inputRows; // of the table's rows; differs only where words come twice
    private readonly StoredBytes _memory; // the table's rows, and room for a few more behind them
    private readonly Lock _adding = new();
    private string[] _added = []; // whose vectors stand behind the table's rows

    private FastTextModel(string path, FastTextHeader header, FastTextDictionary dictionary, StoredMatrix input, StoredBytes memory)
    {
        (_subwords, _words, _inputRows, Labels) = (dictionary.Subwords, dictionary.Words, dictionary.InputRows, dictionary.Labels);
        (_input, _memory) = (input, memory);
        long bytes = (long)_words.Count * input.RowBytes;
        StoredMatrix rows = new(TensorType.F32, _words.Count, input.Columns, memory.Slice(0, bytes));
        (Path, Version, MinN, MaxN, Bucket, IsSupervised) = (path, header.Version, header.MinN, header.MaxN, header.Bucket, header.Supervised);
        Table = new EmbeddingTable("word vectors", rows, _words.Text, _words.Find);
        Rows = new ReadRows(TableFormat.FastText, rows, _words, dictionary.Warnings) { FastText = this };
    }

    /// <summary>The file it was read from.</summary>
    public string Path { get; }

    /// <summary>The format's version, 11 or 12; 0 for files of before 2017, which have none.</summary>
    public int Version { get; }

    /// <summary>Values of a vector.</summary>
    public int Dimension => _input.Columns;

    /// <summary>Characters of the shortest n-gram.</summary>
    public int MinN { get; }

    /// <summary>Characters of the longest n-gram; 0 where there are none, and unknown words have no vector.</summary>
    public int MaxN { get; }

    /// <summary>Rows that n-grams share.</summary>
    public int Bucket { get; }

    /// <summary>True for a text classifier.</summary>
    public bool IsSupervised { get; }

    /// <summary>A classifier's labels, which are no rows of the table.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The vocabulary's vectors, n-grams included [words, dimension].</summary>
    public EmbeddingTable Table { get; }

    /// <summary>Remarks that did not stop the reading.</summary>
    public IReadOnlyList<string> Warnings => Rows.Warnings;

    internal ReadRows Rows { get; }

    /// <summary>Reads a fastText .bin; its matrix stays mapped.</summary>
    /// <exception cref="CheckpointFormatException">No such file, another format, a quantized model (.ftz), or damage.</exception>
    public static FastTextModel Load(string path, IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Read(TableInput.Open(path, progress, cancellation));

    /// <summary>Whether a word is in the vocabulary; the others have n-grams only.</summary>
    public bool Contains(string word) => _words.Find(word) is not null;

    /// <summary>The vector of any word [dimension]: the table's for a word it has, otherwise the mean of its n-grams' rows; zeros for a word without n-grams.</summary>
    /// <exception cref="CheckpointFormatException">The rows hold NaN or infinities.</exception>
    public float[] Vector(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        if (_words.Find(word) is int id)
            return Table.Vector(id);
        var vector = new float[Dimension];
        new SubwordMean(_input, _subwords, default).Of(Encoding.UTF8.GetBytes(word), null, vector);
        return TensorPrimitives.IsFiniteAll<float>(vector) ? vector
            : throw new CheckpointFormatException(Path, $"the n-grams of \"{word}\" hold numbers that are not finite. The file is damaged", kind: "NotFinite");
    }

    /// <summary>
    /// The table with rows for further words behind its own, from their n-grams, so that whatever looks at rows can look at words the vocabulary does not
    /// have. Words it has and words named twice are passed over; the table itself stays as it is.
    /// </summary>
    /// <exception cref="CheckpointFormatException">The rows of an n-gram hold NaN or infinities.</exception>
    public EmbeddingTable TableWith(IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        string[] more = [.. words.Where(word => !Contains(word)).Distinct(StringComparer.Ordinal)];
        if (more.Length == 0)
            return Table;
        float[][] vectors = [.. more.Select(Vector)];
        StoredBytes rows = RowsWith(more, vectors);
        int count = Table.Count;
        return new EmbeddingTable(
            Table.Name, new StoredMatrix(TensorType.F32, count + more.Length, Dimension, rows), id => id < count ? _words.Text(id) : more[id - count],
            text => _words.Find(text) ?? (Array.IndexOf(more, text) is >= 0 and var at ? count + at : null));
    }

    /// <summary>What the vector of a word is the mean of: the word itself where the vocabulary has it, then its n-grams by place and length.</summary>
    public IReadOnlyList<Subword> SubwordsOf(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        byte[] bytes = Encoding.UTF8.GetBytes(word);
        List<Subword> parts = [];
        if (_words.Find(word) is int id)
            parts.Add(new Subword(word, _inputRows[id]));
        byte[] marked = Subwords.Marked(bytes);
        _subwords.Visit(bytes, (from, to, row) => parts.Add(Subword.Of(marked, from, to, row)));
        return parts;
    }

    internal static FastTextModel Read(TableInput input)
    {
        FastTextCursor cursor = new(input, input.Whole());
        FastTextHeader header = FastTextHeader.Read(cursor);
        FastTextDictionary dictionary = FastTextDictionary.Read(cursor, header, input.Cancellation);
        if (header.Version > 0 && cursor.Byte("the quantization mark") != 0)
            throw cursor.Error("the model is quantized (.ftz), which is not read. Use the .bin it was made from", "Quantized");
        StoredMatrix matrix = ReadMatrix(cursor, "the input matrix");
        if (matrix.Columns != header.Dimension)
            throw cursor.Error($"expected {header.Dimension} columns in the input matrix, found {matrix.Columns}. The file is damaged", "BadMatrix");
        long needed = dictionary.WordCount + (long)(header.MaxN == 0 ? 0 : dictionary.SubwordRows);
        if (matrix.Rows < needed || needed > int.MaxValue)
            throw cursor.Error($"expected {needed} rows in the input matrix, for words and n-grams, found {matrix.Rows}. The file is damaged", "BadMatrix");
        // The table needs nothing of it, but a file that ends inside it was not copied whole.
        if (header.Version == 0 || cursor.Byte("the quantization mark") == 0)
            ReadMatrix(cursor, "the output matrix");
        RequireOrdinaryWords(cursor, dictionary, header.MaxN);
        return new FastTextModel(input.Path, header, dictionary, matrix, Vectors(input, dictionary, matrix));
    }

    /// <summary>
    /// Refuses words whose n-grams would be work out of proportion to the file: a word has one row of its own in it, so what counts is n-grams a word.
    /// Ordinary words have dozens.
    /// </summary>
    private static void RequireOrdinaryWords(FastTextCursor cursor, FastTextDictionary dictionary, int maxN)
    {
        const long MostOfWord = 2048, Free = 1 << 14;
        WordList words = dictionary.Words;
        long grams = 0;
        for (int i = 0; i < words.Count; i++)
        {
            long marked = words.Utf8Of(i).Length + 2;
            grams += marked * Math.Min(marked, maxN);
        }

        if (grams > Free + (MostOfWord * words.Count))
            throw cursor.Error(FormattableString.Invariant($"expected words of at most {MostOfWord} n-grams on average, found {words.Count} with {grams} or so. The file is damaged"), "BadWord");
    }

    /// <summary>The table's rows and these behind them: in the room left for them the first time, copied when other words stand there.</summary>
    private unsafe StoredBytes RowsWith(string[] words, float[][] vectors)
    {
        long tableBytes = Table.Count * Table.Rows.RowBytes, bytes = tableBytes + (words.Length * Table.Rows.RowBytes);
        lock (_adding)
        {
            if (_added.SequenceEqual(words))
                return _memory.Slice(0, bytes);
            if (_added.Length == 0 && bytes <= _memory.Length)
            {
                _added = words;
                return Filled(_memory);
            }
        }

        var copy = AlignedMemory.Of<byte>(bytes);
        Buffer.MemoryCopy(_memory.Pointer, copy.Pointer, bytes, tableBytes);
        return Filled(new StoredBytes(copy.Pointer, bytes, copy));

        StoredBytes Filled(StoredBytes memory)
        {
            for (int i = 0; i < vectors.Length; i++)
                vectors[i].CopyTo(new Span<float>((float*)(memory.Pointer + tableBytes) + ((long)i * Dimension), Dimension));
            return memory.Slice(0, bytes);
        }
    }

    private static StoredMatrix ReadMatrix(FastTextCursor cursor, string what)
    {
        long rows = cursor.Int64(what), columns = cursor.Int64(what);
        if (rows < 0 || columns < 1 || columns > int.MaxValue)
            throw cursor.Error($"expected a shape of rows and columns for {what}, found [{rows}, {columns}]. The file is damaged", "BadMatrix");
        return new StoredMatrix(TensorType.F32, rows, (int)columns, cursor.Part((Int128)rows * columns * sizeof(float), what));
    }

    /// <summary>The vectors of all words [words, dimension], with room behind them; each is its own sum, so threads change nothing.</summary>
    private static unsafe StoredBytes Vectors(TableInput input, FastTextDictionary dictionary, StoredMatrix matrix)
    {
        const int Block = 1024, Small = 1 << 20, SpareRows = 16;
        int count = dictionary.Words.Count, dimension = matrix.Columns, blocks = (count + Block - 1) / Block;
        using GrowingMemory memory = new((long)dimension * sizeof(float), (long)(count + Math.Min(count, SpareRows)) * dimension * sizeof(float), bytes => TableInput.RequireProportion(bytes, matrix.Bytes.Length));
        StoredBytes result = memory.Whole();
        bool small = (long)count * dimension < Small;
        using Workers? own = small || input.Workers is null ? new Workers(small ? 1 : 0) : null;
        int done = 0;
        (own ?? input.Workers!).Run(blocks, block =>
        {
            SubwordMean mean = new(matrix, dictionary.Subwords, input.Cancellation);
            for (int i = block * Block; i < Math.Min(count, (block + 1) * Block); i++)
            {
                var row = new Span<float>((float*)result.Pointer + ((long)i * dimension), dimension);
                ReadOnlySpan<byte> word = dictionary.Words.Utf8Of(i);
                mean.Of(word, dictionary.InputRows[i], row);
                if (!TensorPrimitives.IsFiniteAll<float>(row))
                    throw new CheckpointFormatException(input.Path, FormattableString.Invariant($"the vector of word {i} (\"{RowStore.Shown(word)}\") is not finite. The file is damaged"), kind: "NotFinite");
            }

            input.Progress?.Report((double)Interlocked.Increment(ref done) / blocks);
        });
        return result;
    }

    /// <summary>Means of rows, with scratch memory of its own: one for each thread.</summary>
    private sealed class SubwordMean(StoredMatrix rows, Subwords subwords, CancellationToken cancellation)
    {
        private readonly double[] _sum = new double[rows.Columns], _wide = new double[rows.Columns];
        private readonly float[] _row = new float[rows.Columns];

        /// <summary>The mean of a word's own row, if it has one, and its n-grams' rows; zeros when there are none.</summary>
        public void Of(ReadOnlySpan<byte> word, int? own, Span<float> mean)
        {
            Array.Clear(_sum);
            int count = 0;
            if (own is int first)
                Add(first);
            subwords.Visit(word, (_, _, row) => Add(row));
            for (int i = 0; i < mean.Length; i++)
                mean[i] = count == 0 ? 0 : (float)(_sum[i] / count);

            void Add(int row)
            {
                // For every row, since a word may have thousands of long ones.
                cancellation.ThrowIfCancellationRequested();
                rows.ReadRow(row, _row);
                TensorPrimitives.ConvertTruncating<float, double>(_row, _wide);
                TensorPrimitives.Add<double>(_sum, _wide, _sum);
                count++;
            }
        }
    }
}
