using System.Globalization;
using System.Text;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry.Maps;

namespace Azimuth.Cli.Commands;

/// <summary>Every token's place on a map, with full precision.</summary>
internal static class MapFile
{
    /// <summary>One line a token; empty fields where a row has no point.</summary>
    public static void WriteCsv(string path, EmbeddingTable table, TableMap map) => AtomicFile.Write(path, stream =>
    {
        int axes = map.AxisShares.Count;
        using StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("id,text,x,y," + string.Concat(Enumerable.Range(1, axes).Select(axis => $"axis{Numbers.Id(axis)},")) + "shown");
        for (int id = 0; id < map.Rows; id++)
        {
            writer.Write($"{Numbers.Id(id)},{Csv.Text(table.Text(id))},{Number(map.Points[2 * id])},{Number(map.Points[2 * id + 1])},");
            for (int axis = 0; axis < axes; axis++)
                writer.Write(Number(map.Coordinates[id * axes + axis]) + ",");
            writer.WriteLine(Number(map.Shown[id]));
        }
    });

    /// <summary>One document: the map's own numbers, then <c>points</c>.</summary>
    public static void WriteJson(string path, string model, EmbeddingTable table, TableMap map) => AtomicFile.Write(path, stream =>
    {
        int axes = map.AxisShares.Count;
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Encoder = JsonDocumentWriter.Options.Encoder });
        json.WriteStartObject();
        json.WriteString("model", model);
        json.WritePropertyName("conventions");
        JsonSerializer.Serialize(json, map.Conventions, JsonDocumentWriter.Options);
        json.WritePropertyName("map");
        JsonSerializer.Serialize(json, map, JsonDocumentWriter.Options);
        json.WriteStartArray("points");
        for (int id = 0; id < map.Rows; id++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("text", table.Text(id));
            Write("x", map.Points[2 * id]);
            Write("y", map.Points[2 * id + 1]);
            json.WriteStartArray("axes");
            for (int axis = 0; axis < axes && map.HasPoint(id); axis++)
                json.WriteNumberValue(map.Coordinates[id * axes + axis]);
            json.WriteEndArray();
            Write("shown", map.Shown[id]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();

        void Write(string name, float value)
        {
            if (float.IsNaN(value))
                json.WriteNull(name);
            else
                json.WriteNumber(name, value);
        }
    });

    private static string Number(float value) => float.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);
}
