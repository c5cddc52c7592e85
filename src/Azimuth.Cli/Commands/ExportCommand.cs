using System.CommandLine;
using System.Globalization;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Vocabulary;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth export</c>: a token table in a file that other programs read.</summary>
internal static class ExportCommand
{
    private static readonly (string Name, TableFormat Format)[] Formats =
    [
        ("word2vec", TableFormat.Word2VecText), ("word2vec-binary", TableFormat.Word2VecBinary), ("glove", TableFormat.GloveText), ("npy", TableFormat.Npy),
        ("npz", TableFormat.Npz), ("tsv", TableFormat.ProjectorTsv), ("jsonl", TableFormat.JsonLines), ("csv", TableFormat.Csv),
    ];

    private static readonly Option<string?> File = Options.Text("--output", "FILE", "the file to write: .vec .bin .txt .npy .npz .tsv .jsonl .csv, with .gz behind it to compress", "-o");
    private static readonly Option<string?> Format = Options.Text("--format", "FORMAT", $"{string.Join(", ", Formats.Select(f => f.Name))}; what the file's ending says when left out (.vec word2vec, .bin word2vec-binary, .txt glove)");
    private static readonly Option<string> Table = TableOption.Create();
    private static readonly Option<string?> Columns = Options.Text("--columns", "A,B,…", "for jsonl, csv and tsv: id, token, norm, class, rank, neighbor, coordinates, vector (default id,token,norm,vector; token for tsv)");
    private static readonly Option<int?> Top = Options.WholeNumber("--top", "N", "the first N rows only", 1, int.MaxValue);
    private static readonly Option<int[]?> Ids = Options.Ids("--ids", "these rows only, in this order");
    private static readonly Option<string?> Counts = Options.Text("--counts", "FILE", "a word and its count a line, for the column rank; without it the rank is the row's number + 1");
    private static readonly Option<int?> Dimensions = Options.WholeNumber("--dimensions", "2|3", "principal components in the column coordinates (default 2)", 2, 3);

    public static Verb Create() => Verb.Create(
        "export",
        "Writes a token table or word vectors to a file that gensim, NumPy, the embedding projector or a data frame reads. Numbers are 32-bit floats and come back to the bit.",
        [File, Format, Table, Columns, Top, Ids, Counts, Dimensions],
        Run,
        new("azimuth export -m novels-gpt -o novels.vec", "word2vec text, which gensim reads"),
        new("azimuth export -m novels-gpt -o novels.csv --columns id,token,class,neighbor,coordinates --top 500", "a map for a data frame, without the vectors"),
        new("azimuth export -m tests/fixtures/word-vectors/fasttext.bin -o vectors.tsv", "the embedding projector's two files"));

    private static Task<int> Run(Session session)
    {
        string file = session.Value(File) ?? throw new UsageException("azimuth export: expected --output FILE, found none.");
        TableFormat format = FormatOf(session, file);
        session.Outputs.CheckTable(file, File.Name, format);
        TableExportOptions options = new()
        {
            Format = format,
            Columns = ColumnsOf(session, format),
            Dimensions = session.Value(Dimensions) ?? 2,
        };
        CheckNeeded(session, options);
        if (session.Value(Top) is not null && session.IsGiven(Ids))
            throw new UsageException("--top and --ids: expected one of them, found both.");
        OpenedTable opened = session.OpenTable();
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        int[]? ids = session.List(Ids) ?? (session.Value(Top) is int top ? [.. Enumerable.Range(0, Math.Min(top, table.Count))] : null);
        if (ids?.FirstOrDefault(id => id >= table.Count, -1) is int beyond and >= 0)
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--ids: expected rows of the {table.Name}, 0 to {table.Count - 1}, found {beyond}."));
        TokenCounts? counts = session.Value(Counts) is string countFile ? TokenCounts.Load(countFile, table, session.Cancel) : null;
        options = options with { Ids = ids, Counts = counts?.ById, Classes = ClassesOf(session, opened, table, options) };
        TableExport export = TableWriter.Save(file, table, options, session.Workers, new ShareProgress(session.Progress, "writing " + Path.GetFileName(file)), session.Cancel);
        foreach (string warning in export.Warnings)
            session.Warn(warning);
        if (opened.LostSubwords is string lost)
            session.Warn(lost);
        if (counts is { Unknown: > 0 })
            session.Warn(string.Create(CultureInfo.InvariantCulture, $"{counts.Unknown:N0} of the words counted {(counts.Unknown == 1 ? "is no token" : "are no tokens")}; {counts.Known:N0} of {table.Count:N0} tokens have a count"));
        return Show(session, opened, table, export, file, counts is not null);
    }

    private static Task<int> Show(Session session, OpenedTable opened, EmbeddingTable table, TableExport export, string file, bool counted)
    {
        List<string> notes = ["written as 32-bit floats"];
        if (export.Columns.Contains("rank"))
            notes.Add(counted ? "rank by falling count, equal counts by lower id" : "rank is the row's number + 1");
        if (export.Columns.Contains("neighborId"))
            notes.Add("neighbour by cosine, among all rows of the table");
        if (export.VarianceShown is double shown)
            notes.Add($"coordinates on principal components of the centred table, which show {Numbers.Percent(shown)} of its variance");
        Conventions conventions = new() { Table = table.Name, Tied = opened.Tied, StoredType = table.Rows.Type.ToString(), Notes = notes };
        return session.Show(opened.Name, conventions, export, screen =>
        {
            screen.Heading($"{Plural.Of(export.Rows, "row")} of {Plural.Of(export.ModelDim, "number")} as {export.Format}");
            List<(string, string)> facts = [("file", $"{file} ({Numbers.Bytes(export.SizeBytes)}{(export.MetadataPath is null ? "" : " with its metadata")})")];
            if (export.MetadataPath is not null)
                facts.Add(("metadata", Path.Combine(Path.GetDirectoryName(file)!, Path.GetFileName(export.MetadataPath))));
            if (export.Columns.Count > 0)
                facts.Add(("columns", string.Join(", ", export.Columns)));
            if (export.VarianceShown is double variance)
                facts.Add(("variance in the coordinates", Numbers.Percent(variance)));
            screen.Facts(facts);
        });
    }

    private static TableFormat FormatOf(Session session, string file)
    {
        string names = string.Join(", ", Formats.Select(f => f.Name));
        if (session.Value(Format) is string name)
        {
            int index = Array.FindIndex(Formats, f => f.Name == name);
            return index >= 0 ? Formats[index].Format : throw new UsageException($"--format: expected {names}, found \"{name}\".");
        }

        return TableFormats.OfEnding(file)
            ?? throw new UsageException($"--output: expected an ending that names a format (.vec .bin .txt .npy .npz .tsv .jsonl .csv), found {file}; or give --format, one of {names}.");
    }

    private static TableColumn[]? ColumnsOf(Session session, TableFormat format)
    {
        if (session.Value(Columns) is not string list)
            return null;
        if (format is not (TableFormat.JsonLines or TableFormat.Csv or TableFormat.ProjectorTsv))
            throw new UsageException($"--columns: expected a file of jsonl, csv or tsv, found {format.Name()}, which has words and numbers only.");
        List<TableColumn> columns = [];
        foreach (string name in list.Split(',', StringSplitOptions.TrimEntries))
        {
            if (name.Length == 0 || !char.IsAsciiLetter(name[0]) || !Enum.TryParse(name, ignoreCase: true, out TableColumn column))
                throw new UsageException($"--columns: expected {string.Join(", ", Enum.GetNames<TableColumn>().Select(n => n.ToLowerInvariant()))}, found \"{name}\".");
            if (columns.Contains(column))
                throw new UsageException($"--columns: expected each column once, found {name} twice.");
            columns.Add(column);
        }

        return [.. columns];
    }

    /// <summary>An option for a column that is not written would be forgotten silently.</summary>
    private static void CheckNeeded(Session session, TableExportOptions options)
    {
        if (session.IsGiven(Counts) && options.Columns?.Contains(TableColumn.Rank) != true)
            throw new UsageException("--counts: expected the column rank in --columns, which the counts are for; found it without.");
        if (session.IsGiven(Dimensions) && options.Columns?.Contains(TableColumn.Coordinates) != true)
            throw new UsageException("--dimensions: expected the column coordinates in --columns, which they are for; found it without.");
    }

    private static TokenClass[]? ClassesOf(Session session, OpenedTable opened, EmbeddingTable table, TableExportOptions options)
    {
        if (options.Columns?.Contains(TableColumn.Class) != true)
            return null;
        if (opened.Tokenizer is null)
            throw new UsageException($"--columns: the column class needs a tokenizer, which says what each token is; {opened.Name} has none.");
        session.Progress.Say("classifying tokens");
        return TokenClasses.Of(opened.Tokenizer, table.Count, session.Workers, session.Cancel);
    }
}
