using System.Globalization;
using Azimuth.Checkpoints.Torch;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// A table of vectors in a file of its own, without a model: word vectors, arrays, exported rows. Immutable, safe for many threads, nobody
/// disposes it.
/// </summary>
public sealed class TableFile
{
    private TableFile(string path, string format, EmbeddingTable table, IReadOnlyList<string> warnings, FastTextModel? fastText) =>
        (Path, Format, Table, Warnings, FastText) = (path, format, table, warnings, fastText);

    /// <summary>The file it was read from.</summary>
    public string Path { get; }

    /// <summary>The format's name: "GloVe text", "GloVe text, gzip".</summary>
    public string Format { get; }

    /// <summary>The rows and their words.</summary>
    public EmbeddingTable Table { get; }

    /// <summary>Remarks that do not stop the reading, such as words that come twice.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>For fastText's own files the model that also gives vectors to words the table does not have; otherwise null.</summary>
    public FastTextModel? FastText { get; }

    /// <summary>
    /// True for a path whose ending is one of the formats read here (.txt .vec .w2v .bin .npy .npz .tsv .jsonl .ndjson .csv, each also with .gz).
    /// A model's weights have other endings, but for PyTorch's .bin: what is called pytorch_model or begins as torch.save's files do is none.
    /// </summary>
    public static bool IsTableFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return TableFormats.IsKnownEnding(path) && !Directory.Exists(path)
            && !System.IO.Path.GetFileName(path).StartsWith("pytorch_model", StringComparison.OrdinalIgnoreCase)
            && !(path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase) && TorchFile.Looks(path));
    }

    /// <summary>
    /// Reads a file of vectors. The format is told by the first bytes, and by the ending where several begin alike; a compressed file by its
    /// bytes alone. Plain .npy and .npz of floats are mapped, all others take about the memory of their table.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told the share of the file that has been read, 0 to 1.</param>
    /// <param name="cancellation">Checked between blocks.</param>
    /// <exception cref="CheckpointFormatException">No such file, or one that breaks its format's rules.</exception>
    public static TableFile Load(string path, IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Load(TableInput.Open(path, progress, cancellation));

    /// <summary>As <see cref="Load(string, IProgress{double}?, CancellationToken)"/>, computing with these threads where a format needs computing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="workers">The threads; the same numbers for any number of them.</param>
    /// <param name="progress">Told the share of the file that has been read, 0 to 1.</param>
    /// <param name="cancellation">Checked between blocks.</param>
    /// <exception cref="CheckpointFormatException">No such file, or one that breaks its format's rules.</exception>
    public static TableFile Load(string path, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Load(TableInput.Open(path, progress, cancellation) with { Workers = workers });

    internal static TableFile Load(TableInput input)
    {
        ReadRows read = Read(input);
        WordList? words = read.Words;
        var table = words is null
            ? new EmbeddingTable("rows", read.Rows, id => id.ToString(CultureInfo.InvariantCulture)) { File = input.Path }
            : new EmbeddingTable("word vectors", read.Rows, words.Text, words.Find) { File = input.Path };
        string format = read.Format.Name() + (input.IsGzip ? ", gzip" : "");
        GC.KeepAlive(input.Bytes);
        return new TableFile(input.Path, format, table, read.Warnings, read.FastText);
    }

    private static ReadRows Read(TableInput input)
    {
        using ByteReader reader = input.Read();
        reader.SkipMark();
        TableFormat format = FormatDetection.Of(input, reader);
        return format switch
        {
            TableFormat.Word2VecBinary => Binary(input, reader),
            TableFormat.FastText => FastTextModel.Read(input).Rows,
            TableFormat.Npy => ArrayTable.OfNpy(input),
            TableFormat.Npz => ArrayTable.OfNpz(input),
            TableFormat.ProjectorTsv => ProjectorTsv.Read(input, reader, ProjectorTsv.FindMetadata(input)),
            TableFormat.JsonLines => JsonLines.Read(input, reader),
            TableFormat.Csv => CsvTable.Read(input, reader),
            _ => WordVectorText.Read(input, reader),
        };
    }

    private static ReadRows Binary(TableInput input, ByteReader reader)
    {
        reader.TryReadLine(out ReadOnlySpan<byte> line);
        return WordVectorBinary.Read(input, reader, TextHeader.Parse(line, input)!.Value);
    }
}
