using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.LanguageModels;

/// <summary>
/// A corpus as token ids in one file, mapped and never held in memory: 16 bytes of header (mark, bytes of an id, 0, count), then the ids with two or four bytes each, little-endian. Made
/// once in a run. Safe for many threads.
/// </summary>
public sealed class TokenSpool
{
    private const int HeaderBytes = 16;
    private const int PieceBytes = 1 << 18;
    private const int LongestPiece = 1 << 20;
    private const int MarginCharacters = 2048;
    private static readonly byte[] Mark = "AZIDS1"u8.ToArray();
    private readonly StoredBytes _bytes;
    private readonly int _size;

    private TokenSpool(string path, StoredBytes bytes, int size, long count) => (Path, _bytes, _size, Count) = (path, bytes, size, count);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Number of ids.</summary>
    public long Count { get; }

    /// <summary>Opens a finished spool.</summary>
    /// <exception cref="CheckpointFormatException">Another file, or a part of one.</exception>
    public static TokenSpool Open(string path)
    {
        StoredBytes bytes = MappedFile.Open(path);
        ReadOnlySpan<byte> header = bytes.Length >= HeaderBytes ? bytes.Span(0, HeaderBytes) : default;
        int size = header.StartsWith(Mark) ? header[6] : 0;
        long count = size is 2 or 4 ? BinaryPrimitives.ReadInt64LittleEndian(header[8..]) : -1;
        if (count < 0 || count > (bytes.Length - HeaderBytes) / size || bytes.Length != HeaderBytes + count * size)
            throw new CheckpointFormatException(path, "expected the token ids of a training run, found another file. Delete it: it is made again");
        return new TokenSpool(path, bytes, size, count);
    }

    /// <summary>
    /// Writes a corpus as ids, unless that has been done. Bytes that are not UTF-8 are read as U+FFFD. Each file begins with what the tokenizer puts before a text and ends with what it
    /// puts behind one, or with its end token where that is nothing. Lines end in LF whatever they ended in.
    /// </summary>
    /// <param name="path">The file; there only when it is whole.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="tokenizer">Text to ids.</param>
    /// <param name="vocabSize">Rows of the table: ids are below.</param>
    /// <param name="workers">Threads; the ids do not depend on their number.</param>
    /// <param name="warn">Told in a sentence when bytes were no UTF-8.</param>
    /// <param name="progress">Gets the share of the corpus that is done, 0 to 1.</param>
    /// <param name="cancellation">Ends it; nothing is left behind.</param>
    /// <exception cref="CheckpointFormatException">A file cannot be read, an id is beyond the table, or the corpus is empty.</exception>
    public static TokenSpool Create(
        string path, TextCorpus corpus, Tokenizer tokenizer, int vocabSize, Workers workers, Action<string>? warn = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(workers);
        if (File.Exists(path))
            return Open(path);
        ReplacedBytes replaced = ReplacedBytes.None;
        AtomicFile.Write(path, stream =>
        {
            var writer = new Writer(stream, tokenizer, vocabSize, workers);
            writer.Write(corpus, progress, cancellation);
            replaced = writer.Replaced;
        });
        if (replaced.Complaint is { } complaint)
            warn?.Invoke(complaint);
        return Open(path);
    }

    /// <summary>Ids from <paramref name="from"/> on.</summary>
    /// <param name="from">The first.</param>
    /// <param name="ids">Filled.</param>
    /// <param name="rows">Of the table: ids are below.</param>
    /// <exception cref="ArgumentOutOfRangeException">They reach beyond the end.</exception>
    /// <exception cref="CheckpointFormatException">The file is damaged.</exception>
    public void Read(long from, Span<int> ids, int rows = int.MaxValue)
    {
        ReadOnlySpan<byte> bytes = _bytes.Span(HeaderBytes + from * _size, ids.Length * _size);
        for (int i = 0; i < ids.Length; i++)
            ids[i] = _size == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) : BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]);
        GC.KeepAlive(_bytes);
        if (ids.Length > 0 && (TensorPrimitives.Min<int>(ids) < 0 || TensorPrimitives.Max<int>(ids) >= rows))
            throw new CheckpointFormatException(Path, FormattableString.Invariant($"expected token ids below the table's {rows} rows, found others behind number {from}. Delete it and begin the run again"));
    }

    private sealed class Writer(Stream stream, Tokenizer tokenizer, int vocabSize, Workers workers)
    {
        private readonly List<Piece> _pieces = [];
        private readonly int _size = vocabSize <= 1 << 16 ? 2 : 4, _together = 4 * workers.ThreadCount;
        private long _count;

        /// <summary>What was no UTF-8.</summary>
        public ReplacedBytes Replaced { get; private set; } = ReplacedBytes.None;

        public void Write(TextCorpus corpus, IProgress<double>? progress, CancellationToken cancellation)
        {
            stream.Write(new byte[HeaderBytes]);
            long before = 0;
            foreach (string file in corpus.Files)
            {
                Put(tokenizer.TokensBefore, file);
                using (var reader = corpus.Read(file))
                {
                    foreach (Piece piece in WithMargins(Pieces(reader)))
                    {
                        cancellation.ThrowIfCancellationRequested();
                        _pieces.Add(piece);
                        if (_pieces.Count < _together)
                            continue;
                        Encode(file);
                        progress?.Report((double)(before + reader.StoredBytesRead) / Math.Max(1, corpus.SizeBytes));
                    }

                    Replaced = Replaced.And(reader.Replaced);
                }

                Encode(file);
                Put(tokenizer.TokensAfter.Count > 0 ? tokenizer.TokensAfter : tokenizer.EndId is int end ? [end] : [], file);
                before += AtomicFile.Length(file);
                progress?.Report((double)before / Math.Max(1, corpus.SizeBytes));
            }

            if (_count == 0)
                throw new CheckpointFormatException(corpus.Files[0], "expected text to learn from, found none. Give other files");
            var header = new byte[HeaderBytes];
            Mark.CopyTo(header, 0);
            header[6] = (byte)_size;
            BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), _count);
            stream.Position = 0;
            stream.Write(header);
            stream.Seek(0, SeekOrigin.End);
        }

        /// <summary>
        /// Pieces and what stands around them. A tokenizer may put a blank before a text, take blanks away at its ends or look for the likeliest way through a whole line, so a piece by
        /// itself has other tokens near its ends; with its surroundings they are those of the whole text, and tokens of the surroundings are left out again.
        /// </summary>
        private static IEnumerable<Piece> WithMargins(IEnumerable<string> pieces)
        {
            string before = "";
            string? held = null;
            foreach (string next in pieces)
            {
                if (held is not null)
                {
                    yield return new Piece(before, held, next[..Cut(next, Math.Min(MarginCharacters, next.Length))]);
                    before = held[Cut(held, Math.Max(0, held.Length - MarginCharacters))..];
                }

                held = next;
            }

            if (held is not null)
                yield return new Piece(before, held, "");
        }

        /// <summary>The place, or the one before it where it would cut a character.</summary>
        private static int Cut(string text, int at) => at > 0 && at < text.Length && char.IsLowSurrogate(text[at]) ? at - 1 : at;

        /// <summary>Pieces of a text, cut behind a line feed that stands between two lines of text: there hardly any tokenizer's pattern goes on.</summary>
        private static IEnumerable<string> Pieces(CorpusReader reader)
        {
            var piece = new MemoryStream();
            bool endsInText = false;
            while (Next(reader, out byte[] line))
            {
                bool beginsInText = line.Length > 0 && line[0] > ' ';
                if (piece.Length >= LongestPiece || (piece.Length >= PieceBytes && endsInText && beginsInText))
                {
                    yield return Encoding.UTF8.GetString(piece.GetBuffer(), 0, (int)piece.Length);
                    piece.SetLength(0);
                }

                piece.Write(line);
                bool ended = reader.LineEnd.Length > 0;
                if (ended)
                    piece.WriteByte((byte)'\n');
                endsInText = ended && line.Length > 0 && line[^1] > ' ';
            }

            if (piece.Length > 0)
                yield return Encoding.UTF8.GetString(piece.GetBuffer(), 0, (int)piece.Length);
        }

        private static bool Next(CorpusReader reader, out byte[] line)
        {
            bool found = reader.TryNextLine(out ReadOnlySpan<byte> span);
            line = span.ToArray();
            return found;
        }

        private void Encode(string file)
        {
            var ids = new IReadOnlyList<int>[_pieces.Count];
            workers.Run(ids.Length, i => ids[i] = _pieces[i].Encode(tokenizer));
            foreach (IReadOnlyList<int> of in ids)
                Put(of, file);
            _pieces.Clear();
        }

        private void Put(IReadOnlyList<int> ids, string file)
        {
            var bytes = new byte[ids.Count * _size];
            for (int i = 0; i < ids.Count; i++)
            {
                int id = ids[i];
                if ((uint)id >= (uint)vocabSize)
                    throw new CheckpointFormatException(file, FormattableString.Invariant($"expected token ids below the table's {vocabSize} rows, found {id}. Give the tokenizer that belongs to the model, or resize the model"));
                if (_size == 2)
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)id);
                else
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), id);
            }

            stream.Write(bytes);
            _count += ids.Count;
        }
    }

    /// <summary>A piece of a text and some of the text on both its sides.</summary>
    private sealed record Piece(string Before, string Text, string After)
    {
        /// <summary>The tokens that begin in the piece: each of a text begins in one piece alone.</summary>
        public IReadOnlyList<int> Encode(Tokenizer tokenizer)
        {
            if ((Before.Length == 0 || tokenizer.IsCut(Before, Text)) && (After.Length == 0 || tokenizer.IsCut(Text, After)))
                return tokenizer.EncodeIds(Text, addSpecialTokens: false);
            TokenEncoding encoding = tokenizer.Encode(Before + Text + After, addSpecialTokens: false);
            // A model without an unknown token drops characters, and its ranges, as the reference library counts them, fall behind: then they cannot tell what begins where.
            if (encoding.Count == 0 || encoding.Characters[^1].End + MarginCharacters / 8 < Points((Before + Text + After).TrimEnd()))
                return tokenizer.EncodeIds(Text, addSpecialTokens: false);
            int from = Before.Length == 0 ? 0 : Points(Before), to = After.Length == 0 ? int.MaxValue : Points(Before) + Points(Text);
            return [.. encoding.Ids.Where((_, i) => encoding.Characters[i].Start >= from && encoding.Characters[i].Start < to)];
        }

        private static int Points(string text)
        {
            int count = 0;
            foreach (Rune _ in text.EnumerateRunes())
                count++;
            return count;
        }
    }
}
