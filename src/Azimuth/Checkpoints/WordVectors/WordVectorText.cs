namespace Azimuth.Checkpoints.WordVectors;

/// <summary>Reads word2vec text (also as fastText writes it) and GloVe text, which is the same without the first line.</summary>
internal static class WordVectorText
{
    /// <summary>Reads all rows; <paramref name="reader"/> stands at the beginning.</summary>
    public static ReadRows Read(TableInput input, ByteReader reader)
    {
        if (!reader.TryReadLine(out ReadOnlySpan<byte> first))
            throw input.Error("expected rows of words and numbers, found an empty file", kind: "Empty");
        if (TextHeader.Parse(first, input) is not TextHeader header)
            return ReadGlove(input, reader, TextRow.Trimmed(first));
        // Each row: its numbers, a blank before each, a line end, which the last may lack.
        header.RequireRoom((2L * header.Dimension) + 1, reader.Remaining + 1, input);
        long? expected = reader.Remaining is null ? null : header.Rows;
        if (expected is null)
            RequireFirstRow(input, reader, header.Dimension);
        using RowStore store = new(reader, header.Dimension, expected);
        while (NextRow(input, reader, out ReadOnlySpan<byte> line))
        {
            if (store.Offered == header.Rows)
                throw WrongCount(input, header, $"more follow in line {reader.Line}", first: false);
            store.Add(TextRow.Parse(line, store.Row(), input, reader.Line), reader.Line);
        }

        if (store.Offered < header.Rows)
            throw WrongCount(input, header, FormattableString.Invariant($"the file has {store.Offered}"), first: store.Offered < 2);
        return new ReadRows(TableFormat.Word2VecText, store.Join(), store.Words, store.Warnings("line"));
    }

    private static ReadRows ReadGlove(TableInput input, ByteReader reader, ReadOnlySpan<byte> first)
    {
        int dimension = TextRow.TrailingNumbers(first);
        if (dimension == 0)
        {
            throw input.Error(
                first.Contains((byte)'\t')
                    ? "expected fields separated by single blanks, found tabs. Replace them by blanks, or name the file .tsv if it holds vectors only"
                    : "expected a header of two whole numbers (word2vec) or a word and its numbers (GloVe), found neither. It is another format or damaged", 1, "UnknownFormat");
        }

        return ReadOn(input, reader, dimension, first);
    }

    /// <summary>All rows that follow, of which <paramref name="first"/> was read already; nothing announces how many.</summary>
    public static ReadRows ReadOn(TableInput input, ByteReader reader, int dimension, ReadOnlySpan<byte> first)
    {
        if (first.Length == 0)
            RequireFirstRow(input, reader, dimension);
        using RowStore store = new(reader, dimension, null);
        if (first.Length > 0)
            store.Add(TextRow.Parse(first, store.Row(), input, reader.Line), reader.Line);
        while (NextRow(input, reader, out ReadOnlySpan<byte> line))
            store.Add(TextRow.Parse(line, store.Row(), input, reader.Line), reader.Line);
        return new ReadRows(TableFormat.GloveText, store.Join(), store.Words, store.Warnings("line"));
    }

    /// <summary>The next row; empty lines are allowed only where nothing follows them.</summary>
    private static bool NextRow(TableInput input, ByteReader reader, out ReadOnlySpan<byte> line)
    {
        long empty = 0;
        while (reader.TryReadLine(out line))
        {
            if (line.Length > 0)
            {
                line = empty == 0 ? TextRow.Trimmed(line) : throw input.Error("expected a word and its numbers, found an empty line. Remove it", empty, "BadRow");
                return true;
            }

            if (empty == 0)
                empty = reader.Line;
        }

        return false;
    }

    /// <summary>A compressed file does not tell its size: it must be long enough for one row of the dimension before memory for one is taken.</summary>
    private static void RequireFirstRow(TableInput input, ByteReader reader, int dimension)
    {
        if (reader.Peek(2 * dimension).Length < 2 * dimension)
            throw input.Error(FormattableString.Invariant($"the header promises rows of {dimension} numbers, the file is too short for one. The header is wrong or the file is cut off"), 1, "BadHeader");
    }

    private static CheckpointFormatException WrongCount(TableInput input, TextHeader header, string found, bool first) => input.Error(
        FormattableString.Invariant($"the first line, read as word2vec's header, promises {header.Rows} {(header.Rows == 1 ? "row" : "rows")} of {header.Dimension} numbers; {found}. Correct the header or take another copy")
        + (first ? "; a file without a header must not begin with two whole numbers" : ""), kind: "WrongRowCount");
}
