using System.Globalization;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.WordVectors;

namespace Azimuth.Embeddings;

/// <summary>How often each token of a table occurs in some text. Immutable.</summary>
/// <param name="ById">The count of each row's token; null where the file has none [rows].</param>
/// <param name="Known">Rows that have a count.</param>
/// <param name="Unknown">Lines whose word is no token of the table.</param>
public sealed record TokenCounts(IReadOnlyList<long?> ById, int Known, int Unknown)
{
    /// <summary>
    /// Reads a text file, also gzip, of one word and its count a line, with a tab or blank between them; the count is the last field, so words may hold blanks
    /// before it; <c>id:5</c> names a row where no word is spelled so. Of tokens with the same text the lowest id gets the count.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="table">Whose tokens they are.</param>
    /// <param name="cancellation">Checked between blocks.</param>
    /// <exception cref="CheckpointFormatException">No such file, a line without a count, a word twice, or no word that the table has.</exception>
    public static TokenCounts Load(string path, EmbeddingTable table, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        TableInput input = TableInput.Open(path, null, cancellation);
        using ByteReader reader = input.Read();
        reader.SkipMark();
        var counts = new long?[table.Count];
        int known = 0, unknown = 0;
        while (reader.TryReadLine(out ReadOnlySpan<byte> line))
        {
            if (line.Length == 0)
                continue;
            int separator = line.LastIndexOfAny((byte)'\t', (byte)' ');
            if (separator < 0 || !long.TryParse(line[(separator + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long count))
                throw input.Error($"expected a word, a tab or blank, and a whole number, found \"{RowStore.Shown(line)}\"", reader.Line, "BadRow");
            string word = Encoding.UTF8.GetString(line[..separator]);
            if ((table.Find(word) ?? table.RowNamed(word)) is not int id)
                unknown++;
            else if (counts[id] is not null)
                throw input.Error($"\"{RowStore.Shown(line[..separator])}\" has a count already. Add the two up", reader.Line, "BadRow");
            else
            {
                counts[id] = count;
                known++;
            }
        }

        GC.KeepAlive(input.Bytes);
        return known > 0 ? new TokenCounts(counts, known, unknown)
            : throw input.Error($"expected counts of tokens of the {table.Name}, found none of them among {unknown} {(unknown == 1 ? "word" : "words")}. Tokens may begin with a blank", kind: "NoTokens");
    }
}
