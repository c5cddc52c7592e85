using Azimuth.Embeddings;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>Writes rows as comma-separated values (RFC 4180 with line feeds): a header, then one record a row; its numbers, d0 and on, come last.</summary>
internal static class CsvRows
{
    public static void Write(Stream stream, EmbeddingTable table, TableExportOptions options, RowFacts facts, IEnumerable<ExportedRow> rows)
    {
        TextBuffer text = new(stream);
        bool vector = facts.Columns.Contains(TableColumn.Vector);
        IEnumerable<string> names = facts.Names.Where(n => n != "vector");
        if (vector)
            names = names.Concat(Enumerable.Range(0, table.ModelDim).Select(i => FormattableString.Invariant($"d{i}")));
        text.Write(string.Join(',', names));
        text.Write('\n');
        foreach (ExportedRow row in rows)
        {
            bool first = true;
            foreach (string? field in ColumnTexts.Of(table, options, facts, row.Id, table.Text))
            {
                Separate(text, ref first);
                text.Write(field is null ? "" : Quoted(field));
            }

            if (vector)
            {
                foreach (float value in row.Vector.Span)
                {
                    Separate(text, ref first);
                    text.Write(value);
                }
            }

            text.Write('\n');
        }

        text.Flush();
    }

    private static void Separate(TextBuffer text, ref bool first)
    {
        if (!first)
            text.Write(',');
        first = false;
    }

    /// <summary>In quotes where commas, quotes, line ends or outer blanks need them; an empty text too, to tell it from one that does not exist.</summary>
    private static string Quoted(string field)
    {
        bool plain = field.Length > 0 && field.AsSpan().IndexOfAny(",\"\r\n") < 0 && field[0] > ' ' && field[^1] > ' ';
        return plain ? field : "\"" + field.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }
}
