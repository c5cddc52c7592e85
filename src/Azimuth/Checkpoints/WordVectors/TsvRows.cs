using Azimuth.Embeddings;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>Writes the projector's metadata of several columns: a header, then one line a row, fields separated by tabs.</summary>
internal static class TsvRows
{
    public static void Write(Stream stream, EmbeddingTable table, TableExportOptions options, RowFacts facts, WordSpelling words, IReadOnlyList<int> ids, CancellationToken cancellation)
    {
        TextBuffer text = new(stream);
        text.Write(string.Join('\t', facts.Names));
        text.Write('\n');
        foreach (int id in ids)
        {
            cancellation.ThrowIfCancellationRequested();
            text.Write(string.Join('\t', ColumnTexts.Of(table, options, facts, id, words.Of)));
            text.Write('\n');
        }

        text.Flush();
    }
}
