using System.Globalization;
using System.Text;
using Azimuth.Checkpoints.Npy;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>One array of a NumPy file.</summary>
/// <param name="Name">Its name in an archive; "" in a .npy.</param>
/// <param name="Type">As NumPy spells it.</param>
/// <param name="Shape">Slowest dimension first.</param>
public sealed record InspectedArray(string Name, string Type, IReadOnlyList<long> Shape);

/// <summary>What the beginning of a file of vectors tells; the rows are not read. Serialises to JSON as it is.</summary>
/// <param name="Path">The file, absolute.</param>
/// <param name="Format">"GloVe text, gzip".</param>
/// <param name="FileBytes">Its size.</param>
/// <param name="Rows">Rows as the file announces them; null where only counting would tell.</param>
/// <param name="EstimatedRows">Where rows are not announced and the file is not compressed: its size by the mean length of the first lines.</param>
/// <param name="ModelDim">Numbers of a row; null where there is no one table.</param>
/// <param name="Arrays">Of NumPy's files, at most the first 1,000.</param>
/// <param name="Details">What else the header says, by name.</param>
/// <param name="FirstTokens">The first words, where they stand at the beginning.</param>
/// <param name="Warnings">What a reading would stumble over, as far as the beginning shows it.</param>
public sealed record TableInspection(
    string Path, string Format, long FileBytes, long? Rows, long? EstimatedRows, int? ModelDim,
    IReadOnlyList<InspectedArray> Arrays, IReadOnlyDictionary<string, string> Details, IReadOnlyList<string> FirstTokens, IReadOnlyList<string> Warnings)
{
    private const int ShownWords = 8;
    private const int ShownArrays = 1000;
    private const int Looked = 1 << 20; // bytes of text

    /// <summary>Looks at the beginning of a file; it takes the same moment for any size.</summary>
    /// <exception cref="CheckpointFormatException">No such file, or its beginning breaks its format's rules.</exception>
    public static TableInspection Of(string path, CancellationToken cancellation = default)
    {
        TableInput input = TableInput.Open(path, null, cancellation);
        TableInspection inspection = Of(input);
        GC.KeepAlive(input.Bytes);
        return inspection with { Path = System.IO.Path.GetFullPath(path) };
    }

    internal static TableInspection Of(TableInput input)
    {
        using ByteReader reader = input.Read();
        reader.SkipMark();
        TableFormat format = FormatDetection.Of(input, reader);
        var empty = new TableInspection(
            input.Path, format.Name() + (input.IsGzip ? ", gzip" : ""), input.Bytes.Length, null, null, null, [], new Dictionary<string, string>(), [], []);
        return format switch
        {
            TableFormat.Npy => OfNpy(input, reader, empty),
            TableFormat.Npz => OfNpz(input, empty),
            TableFormat.FastText => OfFastText(input, reader, empty),
            TableFormat.Word2VecBinary => OfBinary(input, reader, empty),
            _ => OfText(input, reader, empty, format),
        };
    }

    private static TableInspection OfNpy(TableInput input, ByteReader reader, TableInspection empty)
    {
        NpyHeader header = NpyHeader.Parse(input.Path, StoredBytes.FromBytes(reader.Peek(1 << 17)));
        return empty with
        {
            Rows = header.Shape.Count == 2 ? header.Shape[0] : null,
            ModelDim = header.Shape.Count == 2 ? (int)Math.Min(header.Shape[1], int.MaxValue) : null,
            Arrays = [new InspectedArray("", header.ElementType, header.Shape)],
            Details = new Dictionary<string, string> { ["order"] = header.FortranOrder ? "columns first" : "rows first" },
            Warnings = [.. Unreadable(input.Path, header.ElementType), .. header.Shape.Count == 2 ? Array.Empty<string>() : [$"expected two axes for a table, found {header.Shape.Count}"]],
        };
    }

    /// <summary>Why an array's elements would not be read.</summary>
    private static string[] Unreadable(string path, string elementType)
    {
        try
        {
            NpyElement.Parse(path, elementType);
            return [];
        }
        catch (CheckpointFormatException e)
        {
            return [e.Message];
        }
    }

    private static TableInspection OfNpz(TableInput input, TableInspection empty)
    {
        NpzArchive archive = NpzArchive.FromBytes(input.Whole(), input.Path);
        List<InspectedArray> arrays = [.. archive.Names.Take(ShownArrays).Select(Header)];
        InspectedArray? table = ArrayTable.MatrixNameOf(archive.Names) is string name ? Header(name) : null;
        bool matrix = table is { Shape.Count: 2 };
        return empty with
        {
            Arrays = arrays,
            Rows = matrix ? table!.Shape[0] : null,
            ModelDim = matrix ? (int)Math.Min(table!.Shape[1], int.MaxValue) : null,
            Warnings =
            [
                .. matrix ? Array.Empty<string>() : ["it is not plain which array is the table: expected one called vectors with two axes"],
                .. archive.Names.Count > ShownArrays ? [FormattableString.Invariant($"the archive has {archive.Names.Count} arrays, of which the first {ShownArrays} are listed")] : Array.Empty<string>(),
            ],
        };

        InspectedArray Header(string array)
        {
            input.Cancellation.ThrowIfCancellationRequested();
            NpyHeader header = archive.Header(array);
            return new InspectedArray(array, header.ElementType, header.Shape);
        }
    }

    private static TableInspection OfFastText(TableInput input, ByteReader reader, TableInspection empty)
    {
        FastTextCursor cursor = new(input, StoredBytes.FromBytes(reader.Peek(1 << 16)));
        FastTextHeader header = FastTextHeader.Read(cursor);
        cursor.Int32("the dictionary");
        int words = cursor.Int32("the dictionary"), labels = cursor.Int32("the dictionary");
        long tokens = cursor.Int64("the dictionary"), pruned = header.Version > 0 ? cursor.Int64("the dictionary") : -1;
        List<string> first = [];
        while (first.Count < Math.Min(ShownWords, words) && cursor.Remaining > 1 << 10)
        {
            first.Add(Encoding.UTF8.GetString(cursor.Word()));
            cursor.Int64("a word's count");
            cursor.Byte("a word's type");
        }

        return empty with
        {
            Rows = words,
            ModelDim = header.Dimension,
            FirstTokens = first,
            Details = new Dictionary<string, string>
            {
                ["version"] = header.Version == 0 ? "before 11" : header.Version.ToString(CultureInfo.InvariantCulture),
                ["model"] = header.Supervised ? "supervised" : "word vectors",
                ["labels"] = labels.ToString(CultureInfo.InvariantCulture),
                ["subwords"] = header.MaxN == 0 || header.Bucket == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{header.MinN} to {header.MaxN} characters in {header.Bucket} buckets{(pruned >= 0 ? ", pruned" : "")}"),
                ["trainedTokens"] = tokens.ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    private static TableInspection OfBinary(TableInput input, ByteReader reader, TableInspection empty)
    {
        reader.TryReadLine(out ReadOnlySpan<byte> line);
        TextHeader header = TextHeader.Parse(line, input)!.Value;
        header.RequireRoom((header.Dimension * (long)sizeof(float)) + 1, reader.Remaining, input);
        return empty with { Rows = header.Rows, ModelDim = header.Dimension };
    }

    private static TableInspection OfText(TableInput input, ByteReader reader, TableInspection empty, TableFormat format)
    {
        ReadOnlySpan<byte> start = reader.Peek(Looked);
        bool whole = start.Length < Looked;
        TextHeader? header = null;
        int begin = 0;
        if (format == TableFormat.Word2VecText)
        {
            begin = start.IndexOf((byte)'\n') is >= 0 and var at ? at + 1 : start.Length;
            header = TextHeader.Parse(start[..begin].TrimEnd("\r\n"u8), input);
            header!.Value.RequireRoom((2L * header.Value.Dimension) + 1, input.IsGzip ? null : input.Bytes.Length - begin + 1, input);
        }

        int end = whole ? start.Length : begin + CompleteLines(start[begin..], format);
        if (end <= begin)
            throw input.Error("expected rows, found none in the first mebibyte. It is no text of rows", kind: "UnknownFormat");
        ReadRows rows = Beginning(input, start[begin..end], format, header);
        TableInput? metadata = format == TableFormat.ProjectorTsv ? ProjectorTsv.FindMetadata(input) : null;
        long perRow = Math.Max(1, (end - begin) / Math.Max(1, rows.Rows.Rows));
        return empty with
        {
            Rows = header?.Rows ?? (whole ? rows.Rows.Rows : null),
            EstimatedRows = header is null && !whole && !input.IsGzip ? input.Bytes.Length / perRow : null,
            ModelDim = rows.Rows.Columns,
            FirstTokens = metadata is not null
                ? [.. ProjectorTsv.Words(metadata).Take(ShownWords).Select(Encoding.UTF8.GetString)]
                : [.. Enumerable.Range(0, Math.Min(ShownWords, rows.Words!.Count)).Select(rows.Words.Text)],
            Details = metadata is null ? empty.Details : new Dictionary<string, string> { ["metadata"] = System.IO.Path.GetFileName(metadata.Path) },
            Warnings = whole && metadata is null ? rows.Warnings : [],
        };
    }

    /// <summary>Rows from the beginning of a text, read as a small file of their own.</summary>
    private static ReadRows Beginning(TableInput input, ReadOnlySpan<byte> rows, TableFormat format, TextHeader? header)
    {
        TableInput beginning = new(input.Path, StoredBytes.FromBytes(rows), null, input.Cancellation);
        using ByteReader reader = new(beginning, header is null ? 0 : 1);
        return format switch
        {
            TableFormat.Word2VecText => WordVectorText.ReadOn(beginning, reader, header!.Value.Dimension, default),
            TableFormat.ProjectorTsv => ProjectorTsv.Read(beginning, reader, null),
            TableFormat.JsonLines => JsonLines.Read(beginning, reader),
            TableFormat.Csv => CsvTable.Read(beginning, reader),
            _ => WordVectorText.Read(beginning, reader),
        };
    }

    /// <summary>The length of the rows that are complete; a line end inside a quoted field of CSV ends none.</summary>
    private static int CompleteLines(ReadOnlySpan<byte> text, TableFormat format)
    {
        if (format != TableFormat.Csv)
            return text.LastIndexOf((byte)'\n') + 1;
        bool quoted = false;
        int complete = 0;
        for (int i = 0; i < text.Length; i++)
        {
            quoted ^= text[i] == '"';
            if (text[i] == '\n' && !quoted)
                complete = i + 1;
        }

        return complete;
    }
}
