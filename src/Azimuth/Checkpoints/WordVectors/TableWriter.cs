using System.Globalization;
using System.IO.Compression;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Azimuth.Checkpoints.Npy;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// Writes a table's rows to a file of their own, as 32-bit floats, in the formats that <see cref="TableFile"/> reads: numbers come back to the bit, words as
/// they are or as <see cref="TableExport.Warnings"/> says. Files appear whole or not at all.
/// </summary>
public static class TableWriter
{
    /// <summary>Writes rows of a table.</summary>
    /// <param name="path">The file; replaced when it is there. The projector's second file is named after it.</param>
    /// <param name="table">Words and rows.</param>
    /// <param name="options">Format, rows, columns.</param>
    /// <param name="workers">The threads to measure columns with.</param>
    /// <param name="progress">Told the share of the work done, 0 to 1.</param>
    /// <param name="cancellation">Checked between rows; nothing is left behind.</param>
    /// <exception cref="ArgumentException">fastText's format, no rows, a row that does not exist, a column whose facts are missing, or words that the format cannot hold in any spelling.</exception>
    /// <exception cref="CheckpointFormatException">A row holds NaN or infinities and the format is not npy or npz.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static TableExport Save(
        string path, EmbeddingTable table, TableExportOptions options, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        options = options with
        {
            Columns = options.Columns ?? (options.Format == TableFormat.ProjectorTsv ? [TableColumn.Token] : [TableColumn.Id, TableColumn.Token, TableColumn.Norm, TableColumn.Vector]),
        };
        IReadOnlyList<int> ids = options.Ids ?? [.. Enumerable.Range(0, table.Count)];
        options = options with { Gzip = options.Gzip ?? TableInput.IsGzipName(path) };
        Check(table, options, ids);
        return new Run(path, table, options, ids, workers, progress, cancellation).Save();
    }

    /// <summary>The second file that a format writes beside <paramref name="path"/>, the projector's words; null for the others.</summary>
    public static string? MetadataPath(string path, TableFormat format)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return format == TableFormat.ProjectorTsv ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, ProjectorTsv.MetadataName(Path.GetFileName(path))) : null;
    }

    private static void Check(EmbeddingTable table, TableExportOptions options, IReadOnlyList<int> ids)
    {
        if (options.Format == TableFormat.FastText)
            throw new ArgumentException("fastText's .bin holds a whole model and is not written. Write word2vec text, which fastText reads too", nameof(options));
        if (options is { Format: TableFormat.Npz, Gzip: true })
            throw new ArgumentException("npz is an archive itself and is not compressed again", nameof(options));
        if (ids.Count == 0)
            throw new ArgumentException("a table of no rows is not written", nameof(options));
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)table.Count)
                throw new ArgumentException(FormattableString.Invariant($"the {table.Name} has rows 0 to {table.Count - 1}, found {id}"), nameof(options));
        }

        if (options.Columns!.Distinct().Count() != options.Columns!.Count)
            throw new ArgumentException("a column is named twice", nameof(options));
        if (options.Columns!.Contains(TableColumn.Class) && options.Classes?.Count != table.Count)
            throw new ArgumentException("the column class needs a tokenizer, which says what each token is", nameof(options));
        if (options.Counts is not null && options.Counts.Count != table.Count)
            throw new ArgumentException("counts are one for each row", nameof(options));
        if (options.Columns!.Contains(TableColumn.Coordinates) && (options.Dimensions is not (2 or 3) || options.Dimensions > table.ModelDim))
            throw new ArgumentException(FormattableString.Invariant($"coordinates have 2 or 3 dimensions, at most the table's {table.ModelDim}, found {options.Dimensions}"), nameof(options));
        if (options.Format == TableFormat.GloveText && table.ModelDim == 1)
            throw new ArgumentException("GloVe text of one number a row could be mistaken for a header. Write word2vec text", nameof(options));
    }

    /// <summary>One export under way.</summary>
    private sealed class Run(
        string path, EmbeddingTable table, TableExportOptions options, IReadOnlyList<int> ids, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        private readonly List<string> _warnings = [];
        private readonly float[] _row = new float[table.ModelDim];
        private readonly bool _gzip = options.Gzip == true;
        private RowFacts? _facts;

        private bool HasColumns => options.Format is TableFormat.JsonLines or TableFormat.Csv or TableFormat.ProjectorTsv;

        public TableExport Save()
        {
            string? metadata = MetadataPath(path, options.Format);
            if (options.Format == TableFormat.Npy && ids.Any(id => table.Text(id) != id.ToString(CultureInfo.InvariantCulture)))
                _warnings.Add("npy holds numbers alone, so the words are not in it; npz holds both");
            if (HasColumns)
            {
                // The projector has words even where nothing else is asked for, and numbers in the other file.
                TableExportOptions told = metadata is null ? options : options with { Columns = [.. options.Columns!.Where(c => c != TableColumn.Vector)] };
                bool neighbours = told.Columns!.Contains(TableColumn.Neighbor);
                _facts = RowFacts.Measure(table, told, ids, workers, neighbours ? new PartProgress(progress, 0, 0.7) : null, cancellation);
                progress = neighbours ? new PartProgress(progress, 0.7, 1) : progress;
            }

            Action<Stream> write = options.Format switch
            {
                TableFormat.Word2VecText => stream => WriteText(stream, header: true),
                TableFormat.GloveText => stream => WriteText(stream, header: false),
                TableFormat.Word2VecBinary => WriteBinary,
                TableFormat.Npy => stream => NpyWriter.Write(stream, ids.Count, table.ModelDim, Rows(finite: false)),
                TableFormat.Npz => WriteNpz,
                TableFormat.ProjectorTsv => WriteVectors,
                TableFormat.JsonLines => stream => JsonRows.Write(stream, table, options, _facts!, Places()),
                _ => stream => CsvRows.Write(stream, table, options, _facts!, Places()),
            };
            // Both appear together: words beside the numbers of another table would go unnoticed.
            AtomicFile.WriteAll(metadata is null ? [(path, Packed(write))] : [(metadata, Packed(WriteMetadata)), (path, Packed(write))]);
            long bytes = AtomicFile.Length(path) + (metadata is null ? 0 : AtomicFile.Length(metadata));
            return new TableExport(
                Path.GetFullPath(path), metadata, options.Format.Name() + (_gzip ? ", gzip" : ""), ids.Count, table.ModelDim, bytes, _facts?.Names ?? [], _facts?.VarianceShown, _warnings);
        }

        private Action<Stream> Packed(Action<Stream> write) => !_gzip ? write : stream =>
        {
            using GZipStream gzip = new(stream, CompressionLevel.Optimal, leaveOpen: true);
            write(gzip);
        };

        private void WriteText(Stream stream, bool header)
        {
            WordSpelling words = Spelling(WordSpelling.Rules.Blanks);
            TextBuffer text = new(stream);
            if (header)
                text.Write(FormattableString.Invariant($"{ids.Count} {table.ModelDim}\n"));
            int at = 0;
            foreach (ReadOnlyMemory<float> row in Rows(finite: true))
            {
                text.Write(at == 0 && !header ? First(words.Of(ids[at])) : words.Of(ids[at]));
                at++;
                foreach (float value in row.Span)
                {
                    text.Write(' ');
                    text.Write(value);
                }

                text.Write('\n');
            }

            text.Flush();
        }

        private void WriteBinary(Stream stream)
        {
            WordSpelling words = Spelling(WordSpelling.Rules.Blanks);
            TextBuffer text = new(stream);
            text.Write(FormattableString.Invariant($"{ids.Count} {table.ModelDim}\n"));
            int at = 0;
            foreach (ReadOnlyMemory<float> row in Rows(finite: true))
            {
                text.Write(words.Of(ids[at++]));
                text.Write(' ');
                text.Write(MemoryMarshal.AsBytes(row.Span));
            }

            text.Flush();
        }

        private void WriteNpz(Stream stream) => NpyWriter.WriteArchive(stream, ids.Count, table.ModelDim, Rows(finite: false), [.. ids.Select(table.Text)], _warnings);

        private void WriteVectors(Stream stream)
        {
            TextBuffer text = new(stream);
            foreach (ReadOnlyMemory<float> row in Rows(finite: true))
            {
                for (int i = 0; i < row.Length; i++)
                {
                    if (i > 0)
                        text.Write('\t');
                    text.Write(row.Span[i]);
                }

                text.Write('\n');
            }

            text.Flush();
        }

        private void WriteMetadata(Stream stream)
        {
            WordSpelling words = Spelling(WordSpelling.Rules.Tabs);
            if (_facts!.Columns.Where(c => c != TableColumn.Vector).SequenceEqual([TableColumn.Token]))
            {
                TextBuffer text = new(stream);
                for (int i = 0; i < ids.Count; i++)
                {
                    text.Write(i == 0 ? First(words.Of(ids[i])) : words.Of(ids[i]));
                    text.Write('\n');
                }

                text.Flush();
            }
            else
                TsvRows.Write(stream, table, options, _facts!, words, ids, cancellation);
        }

        /// <summary>The first word of a text: readers would take a U+FEFF at its beginning for a byte order mark.</summary>
        private static string First(string word) => word.StartsWith('\uFEFF') ? "\uFEFF" + word : word;

        private WordSpelling Spelling(WordSpelling.Rules rules)
        {
            WordSpelling spelling = new(table, ids, rules);
            if (spelling.Remark() is string remark)
                _warnings.Add(remark);
            return spelling;
        }

        /// <summary>The rows in order, each valid until the next.</summary>
        private IEnumerable<ReadOnlyMemory<float>> Rows(bool finite)
        {
            foreach (ExportedRow row in Places(finite))
                yield return row.Vector;
        }

        private IEnumerable<ExportedRow> Places(bool finite = true)
        {
            const int Step = 256;
            for (int i = 0; i < ids.Count; i++)
            {
                if (i % Step == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                    progress?.Report((double)i / ids.Count);
                }

                table.Rows.ReadRow(ids[i], _row);
                if (finite && !TensorPrimitives.IsFiniteAll<float>(_row))
                    throw new CheckpointFormatException(table.Name, FormattableString.Invariant($"row {ids[i]} (\"{table.Text(ids[i])}\") holds NaN or an infinity, which {options.Format.Name()} cannot hold. Write npy or npz, or leave the row out"), kind: "NonFiniteRow");
                yield return new ExportedRow(ids[i], _row);
            }

            progress?.Report(1);
        }
    }

    /// <summary>One part's share as part of a whole.</summary>
    private sealed class PartProgress(IProgress<double>? whole, double from, double to) : IProgress<double>
    {
        public void Report(double value) => whole?.Report(from + (value * (to - from)));
    }
}

/// <summary>A row about to be written; its numbers are valid until the next.</summary>
internal readonly record struct ExportedRow(int Id, ReadOnlyMemory<float> Vector);
