using System.Text.Encodings.Web;
using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Vocabulary;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>Writes rows as JSON Lines: one object a line, its keys the columns' names.</summary>
internal static class JsonRows
{
    // Texts stay readable; what would end a line is escaped by every encoder.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Stream stream, EmbeddingTable table, TableExportOptions options, RowFacts facts, IEnumerable<ExportedRow> rows)
    {
        using Utf8JsonWriter json = new(stream, Options);
        foreach (ExportedRow row in rows)
        {
            json.WriteStartObject();
            foreach (TableColumn column in facts.Columns)
                WriteColumn(json, column, table, options, facts, row);
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            stream.WriteByte((byte)'\n');
        }
    }

    private static void WriteColumn(Utf8JsonWriter json, TableColumn column, EmbeddingTable table, TableExportOptions options, RowFacts facts, ExportedRow row)
    {
        int id = row.Id;
        switch (column)
        {
            case TableColumn.Id:
                json.WriteNumber("id", id);
                break;
            case TableColumn.Token:
                json.WriteString("token", table.Text(id));
                break;
            case TableColumn.Norm:
                json.WriteNumber("norm", facts.Norms![id]);
                break;
            case TableColumn.Class:
                json.WriteString("class", ClassName(options.Classes![id]));
                break;
            case TableColumn.Rank:
                json.WriteNumber("rank", facts.Ranks![id]);
                if (options.Counts?[id] is long count)
                    json.WriteNumber("count", count);
                else if (options.Counts is not null)
                    json.WriteNull("count");
                break;
            case TableColumn.Neighbor:
                WriteNeighbor(json, table, facts, id);
                break;
            case TableColumn.Coordinates:
                for (int i = 0; i < options.Dimensions; i++)
                    json.WriteNumber("xyz".AsSpan(i, 1), facts.Coordinates![(id * options.Dimensions) + i]);
                break;
            default:
                json.WriteStartArray("vector");
                foreach (float value in row.Vector.Span)
                    json.WriteNumberValue(value);
                json.WriteEndArray();
                break;
        }
    }

    /// <summary>"ok", "special", "unreachable", "partialUtf8", "padding".</summary>
    public static string ClassName(TokenClass value) => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static void WriteNeighbor(Utf8JsonWriter json, EmbeddingTable table, RowFacts facts, int id)
    {
        int nearest = facts.Neighbors![id];
        if (nearest < 0)
        {
            json.WriteNull("neighborId");
            json.WriteNull("neighborToken");
            json.WriteNull("neighborCosine");
            return;
        }

        json.WriteNumber("neighborId", nearest);
        json.WriteString("neighborToken", table.Text(nearest));
        json.WriteNumber("neighborCosine", facts.NeighborCosines![id]);
    }
}
