using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Output;

/// <summary>Writes a command's result as one JSON document that starts with <c>command</c>, <c>model</c>, <c>conventions</c>.</summary>
internal static class JsonDocumentWriter
{
    /// <summary>camelCase names; infinities and NaN as words, since JSON has no numbers for them.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new DoubleConverter(), new SingleConverter(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Write(TextWriter output, string command, string? model, Conventions conventions, object result)
    {
        using MemoryStream head = new();
        using (Utf8JsonWriter json = new(head, new JsonWriterOptions { Encoder = Options.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("command", command);
            json.WriteString("model", model);
            json.WritePropertyName("conventions");
            JsonSerializer.Serialize(json, conventions, Options);
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(head.GetBuffer(), 0, (int)head.Length - 1));
        using JsonText text = new(output);
        JsonSerializer.Serialize(text, result, result.GetType(), Options);
        output.WriteLine();
    }

    private static string Word(double value) => double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

    private sealed class DoubleConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteStringValue(Word(value));
        }
    }

    private sealed class SingleConverter : JsonConverter<float>
    {
        public override float Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.GetSingle();

        public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
        {
            if (float.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteStringValue(Word(value));
        }
    }
}
