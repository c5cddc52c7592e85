using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azimuth.Checkpoints;

namespace Azimuth.Studio.Reports;

/// <summary>
/// Turns a report's data into one HTML file that opens without network: the built page (<c>web/</c>), embedded in this assembly, with the data in
/// a script element that no browser runs.
/// </summary>
public static class ReportWriter
{
    private const string Place = "<script type=\"application/json\" id=\"report-data\"></script>";
    private const string TemplateName = "Azimuth.Studio.report.html";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        // The default encoder writes < > & ' " and every character beyond ASCII as \uXXXX: no token's text can end the element or the line.
        Encoder = JavaScriptEncoder.Default,
        Converters = { new FiniteDoubleConverter(), new FiniteFloatConverter(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The program and its version.</summary>
    internal static string Generator { get; } = $"Azimuth {typeof(ReportWriter).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>The whole page.</summary>
    /// <param name="report">What it shows.</param>
    /// <exception cref="InvalidOperationException">This build of the program carries no page.</exception>
    public static string ToHtml(ReportData report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return Page(ToJson(report));
    }

    /// <summary>The whole page about a training run.</summary>
    /// <param name="report">What it shows.</param>
    /// <exception cref="InvalidOperationException">This build of the program carries no page.</exception>
    public static string ToHtml(TrainingReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return Page(JsonSerializer.Serialize(report, Options));
    }

    private static string Page(string json)
    {
        string template = Template();
        int at = template.IndexOf(Place, StringComparison.Ordinal);
        if (at < 0 || template.IndexOf(Place, at + 1, StringComparison.Ordinal) >= 0)
            throw new InvalidOperationException($"{TemplateName}: expected one place for the report's data, found {(at < 0 ? "none" : "several")}. Build web/ again.");
        int inside = at + Place.Length - "</script>".Length;
        return string.Concat(template.AsSpan(0, inside), json, template.AsSpan(inside));
    }

    /// <summary>The report's data as it stands in the page: camelCase, infinite temperature as "inf", other numbers JSON cannot hold as null.</summary>
    public static string ToJson(ReportData report) => JsonSerializer.Serialize(report, Options);

    /// <summary>Writes the page to a temporary file beside <paramref name="path"/>, flushes it and renames it.</summary>
    /// <param name="report">What it shows.</param>
    /// <param name="path">The HTML file; replaced when it exists.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="IOException">It cannot be written there: one sentence naming the path. Nothing is left behind.</exception>
    public static long Write(ReportData report, string path) => WritePage(ToHtml(report), path);

    /// <summary>The same for a page about a training run.</summary>
    /// <inheritdoc cref="Write(ReportData, string)"/>
    public static long Write(TrainingReport report, string path) => WritePage(ToHtml(report), path);

    private static long WritePage(string html, string path)
    {
        byte[] page = Encoding.UTF8.GetBytes(html);
        AtomicFile.Write(path, stream => stream.Write(page));
        return page.LongLength;
    }

    private static string Template()
    {
        using Stream stream = typeof(ReportWriter).Assembly.GetManifestResourceStream(TemplateName)
            ?? throw new InvalidOperationException($"{TemplateName}: missing from this build. Build the project with Node installed.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private sealed class FiniteDoubleConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }

    private sealed class FiniteFloatConverter : JsonConverter<float>
    {
        public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? float.NaN : reader.GetSingle();

        public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
        {
            if (float.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
